"""One request on both sides: how the new one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, Reply, Request
from harness.upgrade.arrays import Difference, find_difference, product_images
from harness.upgrade.check import State
from harness.upgrade.judge import WORSE, adjudicate, ends_by_chance, judge_chance, named_images
from harness.upgrade.pair import Opened

RESUMED = "previous."
"""Begins the names of outputs of an earlier run, which are there to be changed."""
Pair = tuple[Opened, Opened]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Seen:
    """What both sides made of one request.

    Attributes
    ----------
    state : State
    message : str
    metric : str
        The image, or "outcome", that moved.
    replies : tuple of Reply
    difference : Difference or None
        Of the image that differs most.
    """

    state: State
    message: str
    metric: str
    replies: tuple[Reply, Reply]
    difference: Difference | None = None


def look(pair: Pair, request: Request, *, judge: bool = True) -> Seen:
    """Perform one request on both sides and say how the new one stands.

    Parameters
    ----------
    pair : tuple of Opened
    request : Request
    judge : bool, optional
        Whether it is found out which side is right where they differ, which takes longer.
    """
    old, new = (side.perform(request) for side in pair)
    if old.outcome != "returned" or new.outcome != "returned":
        state, message = _judge_outcomes(old, new)
        if judge and ends_by_chance(pair, request, (old, new)):
            state, message = State.SAME, f"chance decides on both sides whether it ends: {message}"
        return Seen(state=state, message=message, metric="outcome", replies=(old, new))
    for name, what in (("modified", "changes its inputs"), ("overrun", "writes beside arrays")):
        was, now = ({one for one in getattr(reply, name) if not one.startswith(RESUMED)}
                    for reply in (old, new))  # fmt: skip
        if now != was:
            state = State.REGRESSED if now - was else State.FIXED
            told = f"{'now' if now - was else 'no longer'} {what}: {', '.join(sorted(now ^ was))}"
            return Seen(state=state, message=told, metric=name, replies=(old, new))
    differences = [find_difference(image) for image in _images(request, old, new)]
    changed = [one for one in differences if one.kind == "changed"]
    if not changed:
        return _below_zero(request, (old, new)) or _unchanged(differences, (old, new))
    worst = changed[0]
    state, why = State.CHANGED, "not judged"
    if judge:
        state, why = judge_chance(pair, request, worst, (old, new)) or adjudicate(
            pair, request, worst, (old, new)
        )
    return Seen(
        state=state,
        message=f"{worst.message}; {why}",
        metric=worst.name,
        replies=(old, new),
        difference=worst,
    )


def _below_zero(request: Request, replies: tuple[Reply, Reply]) -> Seen | None:
    """Say which side has weights below zero where none can be, however small; None where both.

    Such a pixel counts as set, with a value, and without a bit in the context.
    """
    if isinstance(request, BlotRequest) or request.kernel.startswith("lanczos"):
        return None
    weights = [image.weight for image in request.images]
    weights.append(None if request.previous is None else request.previous.wht)
    if any(one is not None and not (np.asarray(one) >= 0).all() for one in weights):
        return None
    if any(image.weight_scale < 0 for image in request.images):
        return None
    counts = [0 if one.wht is None else int(np.count_nonzero(one.wht < 0)) for one in replies]
    if bool(counts[0]) == bool(counts[1]):
        return None
    state = State.REGRESSED if counts[1] else State.FIXED
    told = f"{counts[1]} weights are below zero, before {counts[0]}; no weight of the input is"
    return Seen(state=state, message=told, metric="wht", replies=replies)


def _unchanged(differences: list[Difference], replies: tuple[Reply, Reply]) -> Seen:
    rounded = [one for one in differences if one.kind == "roundoff"]
    worst = max(rounded, key=lambda one: one.largest / (one.allowed or 1.0), default=None)
    if worst is None:
        return Seen(state=State.SAME, message="the same to the bit", metric="", replies=replies)
    return Seen(
        state=State.ROUNDOFF,
        message=worst.message,
        metric=worst.name,
        replies=replies,
        difference=worst,
    )


def _judge_outcomes(old: Reply, new: Reply) -> tuple[State, str]:
    was, now = (f"{one.outcome} {one.error} {one.message[:200]}".strip() for one in (old, new))
    if "unsupported" in (old.outcome, new.outcome):
        if old.outcome == "returned":
            return State.VANISHED, f"can no longer be asked for: {new.message}"
        if new.outcome == "returned":
            return State.ADDED, f"can be asked for now; before: {old.message}"
        return State.NOT_RUN, f"cannot be asked: {was}; {now}"
    if old.outcome == "returned":
        return State.REGRESSED, f"now {now}"
    if new.outcome == "returned":
        return State.FIXED, f"gives a result; before: {was}"
    if (old.outcome, old.error) == (new.outcome, new.error):
        return State.SAME, f"on both sides: {now}"
    if new.outcome in WORSE and old.outcome not in WORSE:
        return State.REGRESSED, f"now {now}; before: {was}"
    if old.outcome in WORSE and new.outcome not in WORSE:
        return State.FIXED, f"now {now}; before: {was}"
    return State.CHANGED, f"now {now}; before: {was}"


def _images(request: Request, old: Reply, new: Reply) -> list[Any]:
    if isinstance(request, BlotRequest):
        largest = float(np.nanmax(np.abs(request.data), initial=0.0)) * abs(request.exptime)
        return product_images("square", 1, largest, named_images(old), named_images(new))
    largest = 0.0
    for image in request.images:
        values = np.abs(np.asarray(image.data, dtype=np.float64))
        scale = image.exptime if image.in_units == "counts" else 1.0
        finite = values[np.isfinite(values)]
        largest = max(largest, float(finite.max(initial=0.0)) * abs(image.iscale) / abs(scale))
    contributions = sum(int(image.data.size) for image in request.images)
    # The number of all drops bounds how many fall on one output pixel.
    return product_images(
        request.kernel, contributions, largest, named_images(old), named_images(new)
    )
