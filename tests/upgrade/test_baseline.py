"""Tests of harness.upgrade.baseline and its command."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.records import SCHEMA, VERSION


def verdict(specification: str, outcome: str = "PASS", value: float | None = 1.0):
    """Return a verdict of a gate record."""
    return {
        "core": "drizzle", "case": "scene/a", "specification": specification, "outcome": outcome,
        "core_version": "3.0.0", "level": "minimum", "message": "",
        "measurement": None if value is None else {"value": value},
    }  # fmt: skip


def gate_record(path: Path, *verdicts, **changed) -> str:
    """Write a gate record."""
    environment = {"python": "3.11.7", "platform": "Linux", "numpy": "2.1.0"}
    record = {
        "schema": SCHEMA, "version": VERSION, "harness": "0", "date": "", "profile": "quick",
        "environment": environment | changed.pop("environment", {}),
        "cores": {"drizzle": "3.0.0"}, "verdicts": list(verdicts),
    } | changed  # fmt: skip
    path.write_text(json.dumps(record))
    return str(path)


def run(*words: str) -> tuple[int, str]:
    """Run the command."""
    result = CliRunner().invoke(main, ["baseline", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def stored(tmp_path: Path) -> str:
    """Return a baseline with two verdicts that pass and one that fails."""
    record = gate_record(
        tmp_path / "old.json", verdict("a"), verdict("b"), verdict("c", "FAIL", 2.0)
    )
    code, output = run("store", record, str(tmp_path / "baseline.json"))
    assert code == 0, output
    return str(tmp_path / "baseline.json")


def test_the_same_is_as_before(tmp_path: Path, stored: str) -> None:
    """Roundoff in a measurement is no difference."""
    record = gate_record(
        tmp_path / "new.json", verdict("a", value=1 + 1e-6), verdict("b"), verdict("c", "FAIL", 2.0)
    )
    code, output = run("compare", record, stored)
    assert (code, output) == (0, "0 differ from the baseline, 0 for the worse\n")


def test_worse_gone_better_and_moved(tmp_path: Path, stored: str) -> None:
    """A verdict that got worse, or is gone, fails; one that got better is told."""
    record = gate_record(
        tmp_path / "new.json", verdict("a", "FAIL", 3.0), verdict("c", "PASS", 0.5)
    )
    code, output = run("compare", record, stored)
    assert code == 1
    lines = output.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["worse", "gone", "better"]
    assert lines[-1] == "3 differ from the baseline, 2 for the worse"
    moved = gate_record(
        tmp_path / "m.json", verdict("a", value=1.1), verdict("b"), verdict("c", "FAIL", 2.0)
    )
    assert run("compare", moved, stored)[0] == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cores": {"drizzlepac": "3.11.0"}}, "judges drizzlepac"),
        ({"profile": "full"}, "profile is 'full'"),
        ({"environment": {"numpy": "2.4.0"}}, "numpy is 2.4"),
        ({"environment": {"python": "3.13.0"}}, "python is 3.13"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, stored, changed, told) -> None:
    """Other cores, profiles and environments are refused, with what to do."""
    record = gate_record(tmp_path / "new.json", verdict("a"), **changed)
    code, output = run("compare", record, stored)
    assert code == 2
    assert told in output
    assert "new baseline" in output


def test_another_environment_may_be_allowed(tmp_path: Path, stored: str) -> None:
    """Who knows better can compare across environments, but never across metric versions."""
    record = gate_record(tmp_path / "new.json", verdict("a"), environment={"numpy": "2.4.0"})
    assert run("compare", record, stored, "--other-environment")[0] == 1
    baseline = json.loads(Path(stored).read_text())
    name = next(iter(baseline["metrics"]))
    baseline["metrics"][name] += 1
    Path(stored).write_text(json.dumps(baseline))
    code, output = run("compare", record, stored, "--other-environment")
    assert code == 2
    assert name in output
