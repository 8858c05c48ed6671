"""The same requests on both sides: what differs, where, and which side is right."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, DrizzleRequest, Reply, Request
from harness.discovery.simplify import simplify
from harness.upgrade.answers import is_arithmetic
from harness.upgrade.arrays import Difference, find_difference, make_map, product_images
from harness.upgrade.check import Check, State
from harness.upgrade.judge import WORSE, adjudicate, ends_by_chance, judge_chance, named_images
from harness.upgrade.literal import tell_request
from harness.upgrade.pair import Opened
from harness.upgrade.probes import Probe

SIMPLIFY_LIMIT = 3.0
"""Seconds to look for the smallest request that shows a difference."""
SIMPLIFIED = 6
"""Differences whose smallest request is looked for; further ones of a run are mostly the same."""
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


def compare_probes(pair: Pair, probes: Iterable[Probe]) -> list[Check]:
    """Perform probes on both sides and compare; warnings are told once each, not once a probe."""
    checks: list[Check] = []
    said: dict[str, list[str]] = {}
    unsaid: dict[str, list[str]] = {}
    reworded: dict[str, list[str]] = {}
    counted: list[tuple[Probe, tuple[Reply, Reply]]] = []
    simplified: set[tuple[State, str, str]] = set()
    for probe in probes:
        seen = look(pair, probe.request)
        smallest = ""
        # Probes of one kernel that differ in one image mostly differ by one cause.
        group = (seen.state, seen.metric, probe.name.split("-")[0].split("/")[0])
        if seen.state in (State.CHANGED, State.REGRESSED, State.FIXED):
            if len(simplified) < SIMPLIFIED and group not in simplified:
                simplified.add(group)
                smallest = tell_request(_smallest(pair, probe.request, seen))
            else:
                smallest = f"see the probe {probe.name}"
        checks.append(_check(probe, seen, smallest))
        old_reply, new_reply = seen.replies
        old, new = (set(reply.warnings) for reply in seen.replies)
        if all(reply.outcome == "returned" for reply in seen.replies):
            _note_warnings(new - old, old - new, probe.name, (said, reworded))
            _note_warnings(old - new, new - old, probe.name, (unsaid, reworded))
        both = old_reply.outcome == new_reply.outcome == "returned"
        if both and old_reply.returned != new_reply.returned:
            counted.append((probe, (old_reply, new_reply)))
    told = _warning_checks(said, unsaid, reworded)
    return [*checks, *told, *_count_checks(counted)]


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


def _smallest(pair: Pair, request: Request, seen: Seen) -> Request:
    """Return the simplest request that is seen in the same state, in the same image."""
    deadline = time.monotonic() + SIMPLIFY_LIMIT

    def holds(candidate: Request) -> bool:
        if time.monotonic() > deadline:
            return False
        again = look(pair, candidate, judge=seen.difference is None)
        return again.metric == seen.metric and (
            again.state is seen.state
            or (again.state is State.CHANGED and seen.difference is not None)
        )

    return simplify(request, holds)


def _check(probe: Probe, seen: Seen, smallest: str) -> Check:
    figures: dict[str, Any] = {"seconds": [round(reply.seconds, 6) for reply in seen.replies]}
    area = None
    difference = seen.difference
    if difference is not None:
        figures |= {
            "largest_difference": difference.largest,
            "allowed": difference.allowed,
            "place": list(difference.index),
            "old": difference.old,
            "new": difference.new,
            "pixels_beyond": difference.pixels,
        }
        # What chance decides has no place: a map of it would look like a finding.
        found = seen.state is not State.SAME and difference.kind == "changed"
        if found and difference.gap.ndim >= 2:
            area = make_map(difference)
    request = probe.request
    if isinstance(request, DrizzleRequest):
        figures |= {"kernel": request.kernel, "images": len(request.images)}
    brief = [
        reply.outcome if reply.outcome != "raised" else f"{reply.error}: {reply.message[:120]}"
        for reply in seen.replies
    ]
    return Check(
        name=f"difference/{probe.name}",
        family="difference",
        state=seen.state,
        message=f"{probe.about}: {seen.message}",
        old=brief[0] if difference is None else f"{difference.old:.7g}",
        new=brief[1] if difference is None else f"{difference.new:.7g}",
        metric=seen.metric if seen.state is not State.SAME else "",
        smallest=smallest,
        figures=figures,
        map=area,
    )


def _count_checks(counted: list[tuple[Probe, tuple[Reply, Reply]]]) -> Iterator[Check]:
    """Give one check for the counts of skipped lines and missed pixels, where they differ."""
    if not counted:
        return
    probe, (old, new) = counted[0]
    yield Check(
        name="difference/returned",
        family="difference",
        state=State.REWORDED,
        message=f"the counts of skipped lines and missed pixels differ in {len(counted)} probes",
        old=f"{old.returned[:1]}",
        new=f"{new.returned[:1]}",
        metric="returned",
        smallest=f"see the probe {probe.name}",
    )


def _note_warnings(
    texts: set[str],
    others: set[str],
    probe: str,
    where: tuple[dict[str, list[str]], dict[str, list[str]]],
) -> None:
    """Note what one side alone says of a probe: plain, or as other words for the same."""
    plain, reworded = where
    for text in texts:
        same = any(text.split(":")[0] == other.split(":")[0] for other in others)
        (reworded if same else plain).setdefault(text, []).append(probe)


def _warning_checks(
    said: dict[str, list[str]], unsaid: dict[str, list[str]], reworded: dict[str, list[str]]
) -> Iterator[Check]:
    """Give one check for each warning that is new, gone, or told in other words."""
    missed = {text: names for text, names in unsaid.items() if not is_arithmetic(text)}
    told_by = (
        (said, State.WARNS, "now warns"),
        (missed, State.QUIET, "no longer warns"),
        (reworded, State.REWORDED, "one side alone says, in these words"),
    )
    given = set()
    for texts, state, told in told_by:
        for text, names in sorted(texts.items()):
            category = text.split(":")[0]
            words = "-".join(text.split(":", 1)[-1].split()[:6])
            name = f"difference/warning/{category}/{words}"
            if name in given:
                continue
            given.add(name)
            yield Check(
                name=name,
                family="difference",
                state=state,
                message=f"{told}: {text} ({len(names)} probes, the first {names[0]})",
                metric="warnings",
                smallest=f"see the probe {names[0]}",
            )
