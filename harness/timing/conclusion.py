"""What the blocks of one workload come to: ratio, interval, memory, and the verdict in words."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from harness.timing.block import Array, BlockTimes, find_running
from harness.timing.comparison import ClockPlan, Comparison, SideTimes, Speed
from harness.timing.sequential import (
    Look,
    find_detectable,
    locate,
    look_at,
)

SETTLED = 4
"""Calls at the start of a block, as a share of it one in so many, that memory may still need to
settle; growth is looked for after them."""


def locate_ratio(seconds: Array) -> float:
    """Return the centre of a block's logarithms of candidate over baseline.

    Parameters
    ----------
    seconds : ndarray, (pairs, 2), float64
        Of baseline and candidate.
    """
    return locate(np.log(seconds[:, 1] / seconds[:, 0]))


def conclude(
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
    """Sum up what was timed of a workload, and why it ended."""
    if speed is Speed.NOT_TIMED or not blocks:
        reason = failure or f"the budget of {plan.budget:g} s was over before the first block"
        return Comparison(workload=name, speed=Speed.NOT_TIMED, message=reason)
    ratios = [locate_ratio(find_running(block)) for block in blocks]
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
    return math.exp(float(np.mean([locate_ratio(block) for block in blocks])))


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
