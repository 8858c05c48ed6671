"""Both sides by the number of instructions that they take, which no other process can change."""

from __future__ import annotations

from harness.errors import CoreError
from harness.timing.instructions import InstructionChange, compare_instructions
from harness.timing.side import make_case
from harness.timing.workload import Workload
from harness.upgrade.check import Check, State, undecided
from harness.upgrade.clock import WORKLOADS, timed_side
from harness.upgrade.pair import Part

LARGEST = 300_000
"""Input pixels of the largest workload that is counted: valgrind is some fifty times slower."""


def list_counted(profile: str) -> tuple[Workload, ...]:
    """Return the workloads of the clock that are small enough to be counted."""
    return tuple(one for one in WORKLOADS[profile] if one.pixels <= LARGEST)


def compare_work(
    old: Part, new: Part, profile: str, *, sensitivity: float, processes: int = 1
) -> list[Check]:
    """Count the instructions of both sides; return a check for each workload.

    Where a side fails, or valgrind cannot run it, what was compared before is not lost: the checks
    are inconclusive and say why.

    Parameters
    ----------
    old, new : Part
    profile : str
    sensitivity : float
        Relative increase that must not pass.
    processes : int, optional
        Both sides are counted at once where there may be two.

    Raises
    ------
    UsageError
        If valgrind is not installed.
    """
    cases = [make_case(workload) for workload in list_counted(profile)]
    sides = (timed_side(old), timed_side(new))
    try:
        changes = compare_instructions(*sides, cases, together=processes > 1)
    except CoreError as error:
        names = [case.name for case in cases]
        return undecided("instructions", "instructions", names, f"not counted: {error}")
    return [check_work(one, sensitivity) for one in changes]


def check_work(change: InstructionChange, sensitivity: float) -> Check:
    """Return the check of one workload."""
    percent = f"{100 * (change.ratio - 1):+.2f} % instructions"
    if change.ratio > 1 + sensitivity:
        state, told = State.MORE_WORK, f"{percent}, more than the {100 * sensitivity:g} % allowed"
    elif change.ratio < 1 - sensitivity:
        state, told = State.LESS_WORK, percent
    elif change.changed:
        state, told = State.SAME, f"{percent}, within the {100 * sensitivity:g} % allowed"
    else:
        state, told = State.SAME, f"{percent}, the same work"
    return Check(
        name=f"instructions/{change.workload}",
        family="instructions",
        state=state,
        message=f"{change.workload}: {told}",
        old=f"{change.baseline:.6g}",
        new=f"{change.candidate:.6g}",
        metric="instructions" if state is not State.SAME else "",
        figures={
            "counts": [change.baseline, change.candidate],
            "ratio": change.ratio,
            "sensitivity": sensitivity,
        },
    )
