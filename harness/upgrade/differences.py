"""The same requests on both sides: what differs, where, and which side is right."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, DrizzleRequest, Reply, Request
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.registry import properties
from harness.discovery.simplify import simplify
from harness.upgrade.arrays import Difference, find_difference, make_map, product_images
from harness.upgrade.check import Check, State
from harness.upgrade.literal import tell_request
from harness.upgrade.pair import Opened
from harness.upgrade.probes import Probe

MAJORITY = 4
"""How many times more pixels must become right than wrong, or the reverse, for one side to be
called right."""
SIMPLIFY_LIMIT = 3.0
"""Seconds to look for the smallest request that shows a difference."""
SIMPLIFIED = 6
"""Differences whose smallest request is looked for; further ones of a run are mostly the same."""
RESUMED = "previous."
"""Begins the names of outputs of an earlier run, which are there to be changed."""
WORSE = ("died", "timed_out", "out_of_memory")
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
            for text in new - old:
                said.setdefault(text, []).append(probe.name)
            for text in old - new:
                unsaid.setdefault(text, []).append(probe.name)
        both = old_reply.outcome == new_reply.outcome == "returned"
        if both and old_reply.returned != new_reply.returned:
            counted.append((probe, (old_reply, new_reply)))
    return [*checks, *_warning_checks(said, unsaid), *_count_checks(counted)]


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
        if judge and _ends_by_chance(pair, request, (old, new)):
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
        return _unchanged(differences, (old, new))
    worst = changed[0]
    state, why = State.CHANGED, "not judged"
    if judge:
        state, why = _judge_chance(pair, request, worst, (old, new)) or _adjudicate(
            pair, request, worst, (old, new)
        )
    return Seen(
        state=state,
        message=f"{worst.message}; {why}",
        metric=worst.name,
        replies=(old, new),
        difference=worst,
    )


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
        return product_images("square", 1, largest, _named(old), _named(new))
    largest = 0.0
    for image in request.images:
        values = np.abs(np.asarray(image.data, dtype=np.float64))
        scale = image.exptime if image.in_units == "counts" else 1.0
        finite = values[np.isfinite(values)]
        largest = max(largest, float(finite.max(initial=0.0)) * abs(image.iscale) / abs(scale))
    contributions = sum(int(image.data.size) for image in request.images)
    # The number of all drops bounds how many fall on one output pixel.
    return product_images(request.kernel, contributions, largest, _named(old), _named(new))


def _named(reply: Reply) -> dict[str, Any]:
    named: dict[str, Any] = {"wht": reply.wht, "sci": reply.sci, "ctx": reply.ctx, "dq": reply.dq}
    named |= {f"variance[{plane}]": one for plane, one in enumerate(reply.variance)}
    return named


def _ends_by_chance(pair: Pair, request: Request, replies: tuple[Reply, Reply]) -> bool:
    """Tell whether the side that did not end the process does so elsewhere."""
    ended = [reply.outcome in WORSE for reply in replies]
    if ended[0] == ended[1]:
        return False
    survivor = pair[ended.index(False)]
    return any(
        reply.outcome in WORSE for reply in survivor.perform_elsewhere(request, thorough=True)
    )


def _judge_chance(
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
    other = _named(replies[1 - which])[worst.name]
    if exact is not None and other is not None and other.shape == exact.shape:
        counts = worst.gap > worst.allowed
        if (_gap(other, exact)[counts] > worst.allowed).any():
            # Chance may give the same several times; it gives what is right rarely.
            return State.SAME, f"{told}, and the other side is as wrong"
    return (State.REGRESSED if which else State.FIXED), f"{told}: memory that was never set is read"


def _exact(request: Request, worst: Difference) -> Any:
    """Return the exact values of the image that differs, None where there are none."""
    truth = OraclePerformer().perform(request)
    return _named(truth).get(worst.name) if truth.outcome == "returned" else None


def same_bits(one: Reply, other: Reply) -> bool:
    """Tell whether two replies hold the same images, to the bit."""
    left, right = _named(one), _named(other)
    return one.outcome == other.outcome and all(
        (left[name] is None and right.get(name) is None)
        or (
            left[name] is not None
            and right.get(name) is not None
            and left[name].tobytes() == right[name].tobytes()
        )
        for name in left
    )


def _adjudicate(
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
    errors = []
    for reply in replies:
        found = _named(reply)[worst.name]
        if found is None or found.shape != exact.shape:
            return None
        gap = _gap(found, exact)
        errors.append(gap)
    counts = worst.gap > worst.allowed
    return judge_errors(errors[0][counts], errors[1][counts], worst.allowed)


def judge_errors(old: Any, new: Any, allowed: float) -> tuple[State, str]:
    """Say which side is right, by the errors of the pixels that differ.

    Pixels that become right, or wrong, count; where neither side has any right, those that come
    nearer to the exact values, or go away from them. At the edges of an output both sides may be
    off by their convention.

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
    if not (gained or lost):
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
        if difference.kind == "changed" and difference.gap.ndim >= 2:
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


def _warning_checks(said: dict[str, list[str]], unsaid: dict[str, list[str]]) -> Iterator[Check]:
    """Give one check for each warning that is new or gone."""
    categories = [{text.split(":")[0] for text in texts} for texts in (unsaid, said)]
    told_by = ((said, State.WARNS, "now warns"), (unsaid, State.QUIET, "no longer warns"))
    for texts, plain, told in told_by:
        for text, names in sorted(texts.items()):
            category = text.split(":")[0]
            state = State.REWORDED if category in categories[0] & categories[1] else plain
            words = "-".join(text.split(":", 1)[-1].split()[:6])
            yield Check(
                name=f"difference/warning/{category}/{words}",
                family="difference",
                state=state,
                message=f"{told}: {text} ({len(names)} probes, the first {names[0]})",
                metric="warnings",
                smallest=f"see the probe {names[0]}",
            )
