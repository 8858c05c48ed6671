"""Tests of harness.timing.instructions, with the real callgrind on tiny workloads."""

import shutil
from pathlib import Path

import pytest

from harness.errors import CoreError, UsageError
from harness.timing.instructions import (
    InstructionChange,
    compare_instructions,
    count_instructions,
    read_count,
)
from harness.timing.side import TimedSide, make_case
from harness.timing.workload import Workload

CORES = Path(__file__).with_name("timed_cores.py")
CASES = [make_case(Workload(size=16)), make_case(Workload(size=16, kernel="turbo"))]


def side(attribute: str) -> TimedSide:
    """Return a side with one of the cores beside this file."""
    return TimedSide(label=attribute, target=f"{CORES}:{attribute}")


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_counts_repeat_and_tell_twice_the_work() -> None:
    """The same code gives the same counts in another process; twice the loop gives twice those."""
    once, twice = compare_instructions(
        side("CountedCore"), side("CountedCore"), CASES, together=True
    )
    assert [once.workload, twice.workload] == [case.name for case in CASES]
    for change in (once, twice):
        assert change.ratio == pytest.approx(1.0, abs=1e-5)
        assert not change.changed
    assert twice.baseline / once.baseline == pytest.approx(2.0, rel=0.02)


def test_without_valgrind_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option alone needs it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="apt-get install valgrind"):
        count_instructions(side("CountedCore"), CASES)


def test_a_file_without_a_count_is_an_error(tmp_path: Path) -> None:
    """Neither a missing file nor one of something else passes for a count."""
    with pytest.raises(CoreError, match="callgrind left no count"):
        read_count(tmp_path / "count.1", side("CountedCore"))
    (tmp_path / "count.1").write_text("version: 1\nsummary: 4711 3\n", encoding="utf-8")
    assert read_count(tmp_path / "count.1", side("CountedCore")) == 4711


def test_a_change_is_more_than_what_repeats() -> None:
    """Half a per cent is the limit, in both directions."""
    for candidate, changed in [(1004, False), (1006, True), (994, True), (996, False)]:
        change = InstructionChange(workload="one", baseline=1000, candidate=candidate)
        assert change.changed is changed
