"""Where two sides differ: which one is right, and what is chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, Reply, Request
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.registry import properties
from harness.upgrade.arrays import Difference
from harness.upgrade.check import State
from harness.upgrade.pair import Opened

MAJORITY = 4
"""How many times more pixels must become right than wrong, or the reverse, for one side to be
called right."""
TELLING = 0.1
"""Share of the pixels that differ that must become right or wrong to decide by themselves; fewer
only happen to lie at the allowance while all of them move."""
WORSE = ("died", "timed_out", "out_of_memory")
Pair = tuple[Opened, Opened]


def named_images(reply: Reply) -> dict[str, Any]:
    """Return the images of a reply by name; None for those it has not."""
    named: dict[str, Any] = {"wht": reply.wht, "sci": reply.sci, "ctx": reply.ctx, "dq": reply.dq}
    named |= {f"variance[{plane}]": one for plane, one in enumerate(reply.variance)}
    return named


def ends_by_chance(pair: Pair, request: Request, replies: tuple[Reply, Reply]) -> bool:
    """Tell whether the side that did not end the process does so elsewhere."""
    ended = [reply.outcome in WORSE for reply in replies]
    if ended[0] == ended[1]:
        return False
    survivor = pair[ended.index(False)]
    return any(
        reply.outcome in WORSE for reply in survivor.perform_elsewhere(request, thorough=True)
    )


def judge_chance(
    pair: Pair, request: Request, worst: Difference, replies: tuple[Reply, Reply]
) -> tuple[State, str] | None:
    """Say which side's result is chance: it differs between processes; None where neither is."""
    by_chance = []
    for side, reply in zip(pair, replies, strict=True):
        others = side.perform_elsewhere(request)
        by_chance.append(any(not same_bits(reply, other) for other in others))
    if by_chance == [True, True]:
        return State.SAME, "chance decides on both sides: memory that was never set is read"
    if not any(by_chance):
        return None
    which = by_chance.index(True)
    steady, reply = pair[1 - which], replies[1 - which]
    if any(
        not same_bits(reply, other) for other in steady.perform_elsewhere(request, thorough=True)
    ):
        return State.SAME, "chance decides on both sides: memory that was never set is read"
    told = "chance decides now" if which else "chance decided before"
    exact = _exact(request, worst)
    other = named_images(reply)[worst.name]
    if exact is None or other is None or other.shape != exact.shape:
        # Chance may give the same in every process: numbers that a stack always holds.
        return State.SAME, f"{told}, and nothing tells whether it does on the other side"
    counts = worst.gap > worst.allowed
    if (_gap(other, exact)[counts] > worst.allowed).any():
        # Chance may give the same several times; it gives what is right rarely.
        return State.SAME, f"{told}, and the other side is as wrong"
    return (State.REGRESSED if which else State.FIXED), f"{told}: memory that was never set is read"


def _exact(request: Request, worst: Difference) -> Any:
    """Return the exact values of the image that differs, None where there are none."""
    truth = OraclePerformer().perform(request)
    return named_images(truth).get(worst.name) if truth.outcome == "returned" else None


def same_bits(one: Reply, other: Reply) -> bool:
    """Tell whether two replies hold the same images, to the bit."""
    left, right = named_images(one), named_images(other)
    return one.outcome == other.outcome and all(
        (left[name] is None and right.get(name) is None)
        or (
            left[name] is not None
            and right.get(name) is not None
            and left[name].tobytes() == right[name].tobytes()
        )
        for name in left
    )


def adjudicate(
    pair: Pair, request: Request, worst: Difference, replies: tuple[Reply, Reply]
) -> tuple[State, str]:
    """Say which side is right: by the oracle, or by what must hold for any core."""
    told = _judge_by_oracle(request, worst, replies)
    if told is not None and told[0] is not State.CHANGED:
        return told
    broken: list[dict[str, str]] = []
    for side in pair:
        found = {}
        for name, one in properties().items():
            if one.supported_by(side.subject):
                violation = one.check(side.subject, request)
                if violation is not None:
                    found[name] = violation.message
        broken.append(found)
    lost = sorted(set(broken[1]) - set(broken[0]))
    won = sorted(set(broken[0]) - set(broken[1]))
    if lost and not won:
        return State.REGRESSED, f"breaks {', '.join(lost)}: {broken[1][lost[0]]}"
    if won and not lost:
        return State.FIXED, f"was broken: {', '.join(won)}: {broken[0][won[0]]}"
    return told or (State.CHANGED, "no independent truth tells which side is right")


def _judge_by_oracle(
    request: Request, worst: Difference, replies: tuple[Reply, Reply]
) -> tuple[State, str] | None:
    """Say which side is nearer to the exact values; None where there are none."""
    exact = _exact(request, worst)
    if exact is None:
        return None
    found_by_both = [named_images(reply)[worst.name] for reply in replies]
    weights = [reply.wht for reply in replies]
    if worst.name == "sci" and isinstance(request, DrizzleRequest) and request.previous is None:
        exact = _filled(exact, request, weights)
    errors = []
    for found in found_by_both:
        if found is None or found.shape != exact.shape:
            return None
        gap = _gap(found, exact)
        errors.append(gap)
    counts = worst.gap > worst.allowed
    return judge_errors(errors[0][counts], errors[1][counts], worst.allowed)


def _filled(exact: Any, request: DrizzleRequest, weights: list[Any]) -> Any:
    """Return the exact science values with the fill value where neither side has any weight.

    There the weight of the oracle is below roundoff, and both must fill.
    """
    if any(one is None or one.shape != exact.shape for one in weights):
        return exact
    fill = np.nan if request.fillval in (None, "", "INDEF") else float(request.fillval)
    return np.where((weights[0] == 0) & (weights[1] == 0), fill, exact)


def judge_errors(old: Any, new: Any, allowed: float) -> tuple[State, str]:
    """Say which side is right, by the errors of the pixels that differ.

    Pixels that become right, or wrong, count; where there are few of these, those that come nearer
    to the exact values, or go away from them. At the edges of an output both sides may be off by
    their convention.

    Parameters
    ----------
    old, new : ndarray
        |error| of both sides.
    allowed : float
        |error| that is roundoff.
    """
    gained = int(np.count_nonzero((new <= allowed) & ~(old <= allowed)))
    lost = int(np.count_nonzero((old <= allowed) & ~(new <= allowed)))
    told = f"{gained} of these pixels become right and {lost} wrong"
    if gained + lost < TELLING * new.size:
        gained, lost = int(np.count_nonzero(new < old)), int(np.count_nonzero(~(new <= old)))
        told = f"{gained} of these pixels come nearer to the exact values and {lost} go away"
    largest = [float(one.max(initial=0.0)) for one in (old, new)]
    told += f"; they are off by up to {largest[1]:.3g}, before by {largest[0]:.3g}"
    if gained >= MAJORITY * lost:
        return State.FIXED, told
    if lost >= MAJORITY * gained:
        return State.REGRESSED, told
    return State.CHANGED, told


def _gap(found: Any, exact: Any) -> Any:
    left, right = found.astype(np.float64), exact.astype(np.float64)
    with np.errstate(all="ignore"):
        gap = np.abs(left - right)
    return np.where(np.isnan(left) & np.isnan(right), 0.0, np.where(np.isnan(gap), np.inf, gap))
