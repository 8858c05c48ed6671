"""The clock: baseline and candidate in alternating processes, until it is known which is slower."""

from __future__ import annotations

import dataclasses
import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from harness.errors import UsageError
from harness.timing.block import Array, BlockTimes, Sampler, find_running
from harness.timing.comparison import ClockPlan, ClockResult, Comparison, SideTimes, Speed
from harness.timing.machine import choose_cpu, describe_machine
from harness.timing.sequential import (
    Look,
    adjust_holm,
    find_detectable,
    judge,
    locate,
    look_at,
)
from harness.timing.side import TimedCase, TimedSide, write_cases

Sample = Callable[[Sequence[str]], Mapping[str, BlockTimes | str]]
Progress = Callable[[int, tuple[str, ...]], None]
KEPT = ("name", "version", "python", "numpy")
"""What is kept of what a side's process tells of itself."""
SETTLED = 4
"""Calls at the start of a block, as a share of it one in so many, that memory may still need to
settle; growth is looked for after them."""


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
                logs[name].append(_locate_ratio(find_running(block)))
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
        _conclude(
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


def _locate_ratio(seconds: Array) -> float:
    return locate(np.log(seconds[:, 1] / seconds[:, 0]))


def _conclude(
    name: str,
    blocks: list[BlockTimes],
    look: Look | None,
    *,
    speed: Speed,
    p_value: float,
    plan: ClockPlan,
    workloads: int,
    failure: str,
    spent: bool,
) -> Comparison:
    if speed is Speed.NOT_TIMED or not blocks:
        reason = failure or f"the budget of {plan.budget:g} s was over before the first block"
        return Comparison(workload=name, speed=Speed.NOT_TIMED, message=reason)
    ratios = [_locate_ratio(find_running(block)) for block in blocks]
    if look is None or look.blocks < len(blocks) > 1:
        # The budget ended between two looks: the estimate is of all blocks, the verdict is not.
        look = look_at(np.array(ratios), plan) if len(blocks) > 1 else None
    shared = {
        "workload": name,
        "speed": speed,
        "p_value": p_value,
        "blocks": len(blocks),
        "pairs": sum(len(block.wall) for block in blocks),
        "ratios": tuple(math.exp(ratio) for ratio in ratios),
        "wall_ratio": _mean_ratio([block.wall for block in blocks]),
        "processor_ratio": _mean_ratio([block.processor for block in blocks]),
        "baseline": _summarize(blocks, 0),
        "candidate": _summarize(blocks, 1),
    }
    if look is None:
        told = f"one block alone says nothing of its error; the budget was {plan.budget:g} s"
        return Comparison(**shared, ratio=math.exp(ratios[0]), message=told)  # type: ignore[arg-type]
    found = Comparison(
        **shared,  # type: ignore[arg-type]
        ratio=math.exp(look.estimate),
        low=math.exp(look.estimate - look.half_width),
        high=math.exp(look.estimate + look.half_width),
        detectable=find_detectable(look, plan, workloads),
    )
    return _with_message(found, plan, spent=spent)


def _with_message(found: Comparison, plan: ClockPlan, *, spent: bool) -> Comparison:
    percent = 100 * (found.ratio - 1)
    interval = (
        f"{100 * (found.low - 1):+.1f} % to {100 * (found.high - 1):+.1f} % "
        f"at {100 * (1 - plan.error):g} % confidence"
    )
    said = {
        Speed.SLOWER: f"slower by {percent:.1f} % ({interval})",
        Speed.FASTER: f"faster by {-percent:.1f} % ({interval})",
        Speed.SAME: f"no change of {100 * plan.sensitivity:g} % ({interval})",
        Speed.INCONCLUSIVE: f"not decided: {percent:+.1f} % ({interval})",
    }[found.speed]
    ended = f"; the budget of {plan.budget:g} s was over" if spent and plan.budget else ""
    seen = f"a slowdown of {100 * found.detectable:.1f} % would have been seen"
    return dataclasses.replace(
        found,
        message=f"{said}; {seen}{ended if found.speed is Speed.INCONCLUSIVE else ''}",
    )


def _mean_ratio(blocks: list[Array]) -> float:
    """Return the ratio from another clock; NaN where that clock stood still."""
    if any((block <= 0).any() for block in blocks):
        return math.nan
    return math.exp(float(np.mean([_locate_ratio(block) for block in blocks])))


def _summarize(blocks: list[BlockTimes], which: int) -> SideTimes:
    wall = np.concatenate([block.wall[:, which] for block in blocks])
    waited = np.concatenate([block.waited[:, which] for block in blocks])
    slopes = [_find_slope(block.resident[:, which]) / block.inner for block in blocks]
    known = all(block.resident[:, which].all() for block in blocks)
    memory = blocks[0].memory[which] if blocks[0].memory else {}
    return SideTimes(
        seconds=float(np.median(np.concatenate([find_running(one)[:, which] for one in blocks]))),
        wall=float(np.median(wall)),
        processor=float(np.median(np.concatenate([one.processor[:, which] for one in blocks]))),
        waited=float(waited.sum() / wall.sum()),
        peak_megabytes=memory.get("megabytes"),
        memory_method=memory.get("method", ""),
        growth=float(np.median(slopes)) if known else None,
        grows=known and min(slopes) > 0,
    )


def _find_slope(resident: Array) -> float:
    """Return the median of the slopes between all calls (Theil-Sen), bytes a timing."""
    settled = resident[len(resident) // SETTLED :]
    first, second = np.triu_indices(len(settled), 1)
    return float(np.median((settled[second] - settled[first]) / (second - first)))
