"""Tests of `drizzle-harness time`."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.cli.time import RELEASE
from harness.timing.comparison import ClockPlan, Speed
from harness.timing.record import read_clock
from harness.timing.side import make_side

CORES = Path(__file__).parents[1] / "timing" / "timed_cores.py"


def run_time(*options: str) -> tuple[int, str]:
    """Run the command on small frames and return its exit code and what it printed."""
    done = CliRunner().invoke(main, ["time", "--size", "32", *options])
    return done.exit_code, done.output


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every plan end after few blocks."""
    import harness.timing.comparison as comparison

    def make(**changes: object) -> ClockPlan:
        return ClockPlan(looks=(4,), fewest_pairs=4, most_pairs=4, **changes)

    monkeypatch.setattr(comparison, "ClockPlan", make)


@pytest.mark.usefixtures("short")
def test_a_slower_core_fails_and_leaves_a_record(tmp_path: Path) -> None:
    """Exit code 1, the verdict in words, and all of it as JSON."""
    record = tmp_path / "clock.json"
    code, told = run_time(
        f"{CORES}:ClockedCore", f"{CORES}:far_slower_core", "--record", str(record)
    )
    assert code == 1, told
    assert "SLOWER: square-p0.6-32x1: slower by" in told
    assert read_clock(record).comparisons[0].speed is Speed.SLOWER


@pytest.mark.usefixtures("short")
def test_a_core_of_the_present_folder_is_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command line finds in the folder where it stands, the timed processes find, too."""
    (tmp_path / "core_of_this_folder.py").write_text(CORES.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = "core_of_this_folder:QuietCore"
    code, told = run_time(spec, spec, "--quiet")
    assert code in (0, 3), told
    assert ": square-p0.6-32x1: " in told


@pytest.mark.usefixtures("short")
def test_what_dies_could_not_be_timed() -> None:
    """Exit code 4, the gravest, though another workload was timed."""
    code, told = run_time(
        f"{CORES}:QuietCore", f"{CORES}:DyingCore", "--kernel", "gaussian", "--kernel", "turbo",
        "--quiet",
    )  # fmt: skip
    assert code == 4, told
    assert "NOT_TIMED: gaussian-p0.6-32x1: " in told
    assert "died of SIGABRT" in told


def test_what_there_is_not_is_a_usage_error() -> None:
    """A kernel or core that does not exist is named, with what does."""
    code, told = run_time("oracle", "oracle", "--kernel", "round")
    assert code == 2
    assert "no kernel 'round'" in told
    code, told = run_time("oracle", "nothing")
    assert code == 2
    assert "no core is called 'nothing'" in told


def test_adapters_are_loaded_by_file_elsewhere() -> None:
    """In another environment, where the harness is not installed, its adapters still load."""
    assert make_side("drizzle").target == "harness.cores.stsci_drizzle:load"
    there = make_side("drizzle", python=sys.executable)
    assert there.target.endswith("stsci_drizzle.py:load")
    assert Path(there.target.rpartition(":")[0]).exists()
    assert make_side("mine.core:Core", python="/some/python").target == "mine.core:Core"


@pytest.mark.parametrize(
    "spec",
    ["drizzle==2.2.0", "drizzle<3", "./source", "dist/drizzle-3.0.0.tar.gz", "a.whl", ".",
     "git+https://example.org/drizzle.git@main"],
)  # fmt: skip
def test_what_names_a_release(spec: str) -> None:
    """Requirements with a version, paths and git URLs are installed first."""
    assert RELEASE.match(spec)


@pytest.mark.parametrize(
    "spec",
    ["drizzle", "oracle", "package.module:Core", "/some/where/core.py:Core", "fault:x:drizzle"],
)
def test_what_names_a_core(spec: str) -> None:
    """Names of cores, and their targets, are of an environment that is there."""
    assert not RELEASE.match(spec)


def test_a_release_that_cannot_be_installed(tmp_path: Path) -> None:
    """Exit code 4 for a folder whose build fails, with the end of the log."""
    source = tmp_path / "source"
    source.mkdir()
    source.joinpath("pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "absent_backend"\n'
        '[project]\nname = "drizzle"\nversion = "9.9"\n'
    )
    code, told = run_time(str(source), "oracle", "--cache", str(tmp_path / "cache"))
    assert code == 4, told
    assert "cannot be installed" in told
    assert "absent_backend" in told


@pytest.mark.usefixtures("short")
def test_a_real_old_release(tmp_path: Path) -> None:
    """A release on the index is installed, timed in its own environment, and named."""
    record = tmp_path / "clock.json"
    code, told = run_time("drizzle==2.2.0", "drizzle==3.0.0", "--record", str(record), "--quiet")
    assert code in (0, 1, 3), told
    clock = read_clock(record)
    assert (clock.baseline["version"], clock.candidate["version"]) == ("2.2.0", "3.0.0")
    assert clock.comparisons[0].speed is not Speed.NOT_TIMED
