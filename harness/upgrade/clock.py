"""Both sides by the clock: time and memory of some workloads."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from harness.cores import cdriz_alone, stsci_drizzle
from harness.errors import CoreError
from harness.timing.clock import compare_sides
from harness.timing.comparison import ClockPlan, Comparison, Speed
from harness.timing.process import start_process
from harness.timing.record import clock_to_plain
from harness.timing.side import TimedCase, TimedSide, make_case, write_case
from harness.timing.workload import Workload
from harness.upgrade.check import Check, State, state_of_failures, undecided
from harness.upgrade.pair import Part

TARGETS = {
    "drizzle": f"{stsci_drizzle.__file__}:load",
    "drizzlepac": f"{cdriz_alone.__file__}:load",
}
"""Package to the adapter that its own environment loads by path; others are named by --core."""
STATES = {
    Speed.FASTER: State.FASTER,
    Speed.SAME: State.SAME,
    Speed.SLOWER: State.SLOWER,
    Speed.INCONCLUSIVE: State.INCONCLUSIVE,
    Speed.NOT_TIMED: State.INCONCLUSIVE,
}
ONE_CALL = 120.0
"""Seconds for one call of a workload."""
MORE_MEMORY = 1.25
"""Peak memory over the baseline's from which on it is more: the kernel counts whole pages, and
allocators round."""
LEAST_MEGABYTES = 4.0
"""And by so much: what the interpreter takes by itself changes by megabytes between releases."""
WORKLOADS: dict[str, tuple[Workload, ...]] = {
    "quick": (Workload(kernel="square", pixfrac=0.6, size=256, frames=1),),
    "standard": (
        Workload(kernel="square", pixfrac=0.6, size=256, frames=1),
        Workload(kernel="square", pixfrac=1.0, size=512, frames=1),
        Workload(kernel="turbo", pixfrac=0.6, size=256, frames=1),
        Workload(kernel="gaussian", pixfrac=0.6, size=256, frames=1),
        Workload(kernel="lanczos3", pixfrac=1.0, size=256, frames=1),
    ),
}
WORKLOADS["full"] = (
    *WORKLOADS["standard"],
    Workload(kernel="point", pixfrac=1.0, size=256, frames=1),
    Workload(kernel="square", pixfrac=0.6, size=1014, frames=4),
)
BUDGETS = {"quick": 60.0, "standard": 200.0, "full": 1200.0}
"""Seconds for all workloads of a profile."""


def timed_side(part: Part) -> TimedSide:
    """Return one side as the clock takes it."""
    return TimedSide(label=part.label, target=TARGETS.get(part.core, part.core), python=part.python)


def compare_speed(
    old: Part, new: Part, profile: str, *, sensitivity: float, budget: float | None = None
) -> tuple[list[Check], dict[str, Any] | None]:
    """Time both sides; return a check for each workload, and the clock's record of the run.

    Where a side's process cannot be opened, what was compared before is not lost: the checks are
    inconclusive, and there is no record.
    """
    plan = ClockPlan(sensitivity=sensitivity, budget=budget or BUDGETS[profile])
    cases = [make_case(workload) for workload in WORKLOADS[profile]]
    try:
        result = compare_sides(timed_side(old), timed_side(new), cases, plan)
    except CoreError as error:
        names = [case.name for case in cases]
        return undecided("clock", "runtime", names, f"not timed: {error}"), None
    checks = []
    for one, case in zip(result.comparisons, cases, strict=True):
        found = _checks(one)
        if one.speed is Speed.NOT_TIMED:
            found[0] = _blame(found[0], (old, new), case)
        checks += found
    return checks, clock_to_plain(result)


def _blame(check: Check, parts: tuple[Part, Part], case: TimedCase) -> Check:
    """Say of a workload that was not timed which side cannot do it, by one call on each."""
    old, new = (_fails(part, case) for part in parts)
    state = state_of_failures(bool(old), bool(new)) if old or new else check.state
    return dataclasses.replace(check, state=state, old=old or "a product", new=new or "a product")


def _fails(part: Part, case: TimedCase) -> str:
    """Return how a side fails on a workload, or ""."""
    with tempfile.TemporaryDirectory(prefix="drizzle-harness-time-") as folder:
        try:
            with start_process(timed_side(part), cpu=None, variables={}) as (process, _):
                request = {"do": "load", **write_case(case, Path(folder) / "case")}
                process.ask(request, limit=ONE_CALL)
        except CoreError as error:
            return str(error)
    return ""


def _checks(one: Comparison) -> list[Check]:
    sides = (one.baseline, one.candidate)
    told = [f"{side.seconds * 1e3:.3g} ms" if side else "" for side in sides]
    found = [
        Check(
            name=f"clock/{one.workload}",
            family="clock",
            state=STATES[one.speed],
            message=f"{one.workload}: {one.message}",
            old=told[0],
            new=told[1],
            metric="runtime",
            figures={
                "ratio": one.ratio,
                "low": one.low,
                "high": one.high,
                "detectable": one.detectable,
                "p_value": one.p_value,
                "blocks": one.blocks,
                "pairs": one.pairs,
                "ratios": list(one.ratios),
                "wall_ratio": one.wall_ratio,
                "processor_ratio": one.processor_ratio,
            },
        )
    ]
    if one.baseline is not None and one.candidate is not None:
        found.append(_memory_check(one))
    return found


def _memory_check(one: Comparison) -> Check:
    old, new = one.baseline, one.candidate
    assert old is not None and new is not None  # noqa: S101, PT018 - asked above
    state, told = State.SAME, "memory is as it was"
    if new.grows and not old.grows:
        state, told = State.REGRESSED, f"memory grows by {new.growth:.0f} bytes with each timing"
    elif old.grows and not new.grows:
        state, told = State.FIXED, "memory no longer grows with each timing"
    elif old.peak_megabytes is None or new.peak_megabytes is None:
        state, told = State.NOT_RUN, new.memory_method or old.memory_method
    elif _is_more(new.peak_megabytes, old.peak_megabytes):
        state, told = State.REGRESSED, "a call takes more memory at its peak"
    elif _is_more(old.peak_megabytes, new.peak_megabytes):
        state, told = State.FIXED, "a call takes less memory at its peak"
    return Check(
        name=f"memory/{one.workload}",
        family="memory",
        state=state,
        message=f"{one.workload}: {told}",
        old="" if old.peak_megabytes is None else f"{old.peak_megabytes:.3g} MB",
        new="" if new.peak_megabytes is None else f"{new.peak_megabytes:.3g} MB",
        metric="memory",
        figures={
            "peak_megabytes": [old.peak_megabytes, new.peak_megabytes],
            "growth_bytes": [old.growth, new.growth],
        },
    )


def _is_more(one: float, other: float) -> bool:
    return one > MORE_MEMORY * other and one - other > LEAST_MEGABYTES
