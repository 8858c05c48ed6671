"""Tests of `drizzle-harness time`."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.timing.comparison import ClockPlan, Speed
from harness.timing.record import read_clock
from harness.timing.side import make_side

CORES = Path(__file__).parent / "timing" / "timed_cores.py"


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
