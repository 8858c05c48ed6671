"""Tests of harness.upgrade.instructions and .clock: what counts and failures make of a verdict."""

import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.timing.instructions import InstructionChange
from harness.timing.side import make_case
from harness.timing.workload import Workload
from harness.upgrade.check import Check, State
from harness.upgrade.clock import _blame, compare_speed
from harness.upgrade.instructions import check_work, compare_work, list_counted
from harness.upgrade.pair import Part
from harness.upgrade.policy import Policy, Ruling, rule

CORES = Path(__file__).parents[1] / "timing" / "timed_cores.py"


def part(attribute: str) -> Part:
    """Return a side with a small core."""
    return Part(
        label=attribute,
        core=f"{CORES}:{attribute}",
        name="tiny",
        version="1",
        python=sys.executable,
    )


@pytest.mark.parametrize(
    ("candidate", "state", "ruling"),
    [
        (1000, State.SAME, Ruling.PASS),
        (1040, State.SAME, Ruling.PASS),
        (1060, State.MORE_WORK, Ruling.FAIL),
        (900, State.LESS_WORK, Ruling.NOTE),
    ],
)
def test_more_work_fails(candidate: int, state: State, ruling: Ruling) -> None:
    """More instructions than the policy's sensitivity fail; fewer are told."""
    change = InstructionChange(workload="one", baseline=1000, candidate=candidate)
    check = check_work(change, 0.05)
    assert check.state is state
    assert check.figures["counts"] == [1000, candidate]
    assert rule([check], Policy()).rulings == (ruling,)


def test_counts_settle_what_the_clock_cannot() -> None:
    """The same work makes an undecided clock no hindrance; another workload's does not."""
    clock = Check(name="clock/one", family="clock", state=State.INCONCLUSIVE, message="")
    same = check_work(InstructionChange(workload="one", baseline=9, candidate=9), 0.05)
    other = check_work(InstructionChange(workload="two", baseline=9, candidate=9), 0.05)
    assert rule([clock, same], Policy()).verdict == "PASS"
    assert rule([clock, other], Policy()).verdict == "INCONCLUSIVE"


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_a_side_that_cannot_be_counted() -> None:
    """It is not decided, and nothing else of the run is lost."""
    checks = compare_work(part("Absent"), part("QuietCore"), "quick", sensitivity=0.05)
    assert len(checks) == len(list_counted("quick"))
    assert {check.state for check in checks} == {State.INCONCLUSIVE}
    assert "Absent" in checks[0].message


def test_who_fails_what_is_timed() -> None:
    """A workload that the new side alone cannot do is a regression, and back a fix."""
    case = make_case(Workload(size=16, kernel="gaussian"))
    check = Check(name="clock/one", family="clock", state=State.INCONCLUSIVE, message="")
    good, bad = part("QuietCore"), part("DyingCore")
    for sides, state in (
        ((good, bad), State.REGRESSED),
        ((bad, good), State.FIXED),
        ((bad, bad), State.NOT_RUN),
        ((good, good), State.INCONCLUSIVE),
    ):
        assert _blame(check, sides, case).state is state
    assert "SIGABRT" in _blame(check, (good, bad), case).new


def test_without_valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option ends the command before anything is installed, and says what to install."""
    monkeypatch.setenv("PATH", "")
    for words in (("--instructions",), ("--only", "instructions")):
        result = CliRunner().invoke(main, ["upgrade", "drizzle==3.0.0", "drizzle==3.0.0", *words])
        assert result.exit_code == 2
        assert "apt-get install valgrind" in result.output


def test_a_side_that_the_clock_cannot_open() -> None:
    """It is not decided, and nothing else of the run is lost."""
    checks, record = compare_speed(part("QuietCore"), part("Absent"), "quick", sensitivity=0.05)
    assert record is None
    assert {check.state for check in checks} == {State.INCONCLUSIVE}
    assert "Absent" in checks[0].message
