"""The clock: baseline and candidate in alternating processes, until it is known which is slower."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from harness.errors import UsageError
from harness.timing.block import BlockTimes, Sampler, find_running
from harness.timing.comparison import ClockPlan, ClockResult, Comparison, Speed
from harness.timing.conclusion import conclude, locate_ratio
from harness.timing.machine import choose_cpu, describe_machine
from harness.timing.sequential import (
    Look,
    adjust_holm,
    judge,
    look_at,
)
from harness.timing.side import TimedCase, TimedSide, write_cases

Sample = Callable[[Sequence[str]], Mapping[str, BlockTimes | str]]
Progress = Callable[[int, tuple[str, ...]], None]
KEPT = ("name", "version", "python", "numpy")
"""What is kept of what a side's process tells of itself."""


def compare_sides(
    baseline: TimedSide,
    candidate: TimedSide,
    cases: Sequence[TimedCase],
    plan: ClockPlan | None = None,
    *,
    progress: Progress | None = None,
) -> ClockResult:
    """Time two cores on some workloads, until for each the verdict is clear or the plan ends.

    Each block starts one process for each side, both on the same processor, of which only one
    works at a time. It calls them in pairs, in random order, on every workload that is still
    open. Time is taken inside the process around the call of `core.drizzle`, without garbage
    collection; see `harness.timing.block.find_running` for what is counted.

    Parameters
    ----------
    baseline, candidate : TimedSide
    cases : sequence of TimedCase
        Workloads; names must differ.
    plan : ClockPlan, optional
    progress : callable, optional
        Called after each block with its number, from 1, and the names that are still open.

    Returns
    -------
    ClockResult
        A workload on which a side failed is NOT_TIMED, with the reason.

    Raises
    ------
    UsageError
        If there are no workloads or two of one name.
    CoreError
        If a side's interpreter cannot be started or its core not be loaded.
    """
    plan = plan or ClockPlan()
    names = [case.name for case in cases]
    if not names or len(set(names)) != len(names):
        raise UsageError(
            f"the workloads are {names}", where="clock", allowed="one or more, of different names"
        )
    generator = np.random.default_rng(plan.seed)
    cpu = (choose_cpu() if plan.cpu is None else plan.cpu) if plan.pin else None
    machine = {**describe_machine(), "cpu": cpu}
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drizzle-clock-") as folder:
        sampler = Sampler(
            (baseline, candidate), write_cases(cases, Path(folder)), plan, cpu, generator
        )
        comparisons = run_sequence(sampler, names, plan, progress=progress)
    told = [
        {"label": side.label, **{key: opened.get(key, "") for key in KEPT}}
        for side, opened in zip((baseline, candidate), sampler.opened, strict=True)
    ]
    return ClockResult(
        comparisons=comparisons,
        plan=plan,
        baseline=told[0],
        candidate=told[1],
        machine=machine,
        seconds=time.monotonic() - start,
    )


def run_sequence(
    sample: Sample,
    names: Sequence[str],
    plan: ClockPlan,
    *,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Comparison, ...]:
    """Take blocks until every workload is decided.

    Parameters
    ----------
    sample : callable
        Given the names that are open, returns a block of each, or why it failed.
    names : sequence of str
    plan : ClockPlan
    progress : callable, optional
    clock : callable, optional
        Seconds, for the budget.

    Returns
    -------
    tuple of Comparison
    """
    start = clock()
    taken: dict[str, list[BlockTimes]] = {name: [] for name in names}
    logs: dict[str, list[float]] = {name: [] for name in names}
    looks: dict[str, Look] = {}
    p_values = dict.fromkeys(names, 1.0)
    speeds: dict[str, Speed] = {}
    failures: dict[str, str] = {}
    spent = False
    for number in range(1, plan.looks[-1] + 1):
        pending = [name for name in names if name not in speeds]
        spent = plan.budget is not None and clock() - start >= plan.budget
        if not pending or spent:
            break
        for name, block in sample(pending).items():
            if isinstance(block, str):
                failures[name], speeds[name] = block, Speed.NOT_TIMED
            else:
                taken[name].append(block)
                logs[name].append(locate_ratio(find_running(block)))
        if number in plan.looks:
            seen = [name for name in pending if name not in speeds]
            for name in seen:
                looks[name] = look_at(np.array(logs[name]), plan)
                # What was significant at one look stays so: the error was spent on each.
                p_values[name] = min(p_values[name], looks[name].p_value)
            adjusted = dict(zip(names, adjust_holm(list(p_values.values())), strict=True))
            for name in seen:
                speed = judge(looks[name], adjusted[name], plan)
                if speed is not Speed.INCONCLUSIVE:
                    speeds[name] = speed
        if progress is not None:
            progress(number, tuple(name for name in names if name not in speeds))
    adjusted = dict(zip(names, adjust_holm(list(p_values.values())), strict=True))
    return tuple(
        conclude(
            name,
            taken[name],
            looks.get(name),
            speed=speeds.get(name, Speed.INCONCLUSIVE),
            p_value=adjusted[name],
            plan=plan,
            workloads=len(names),
            failure=failures.get(name, ""),
            spent=spent,
        )
        for name in names
    )
