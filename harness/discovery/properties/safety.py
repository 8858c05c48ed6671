"""Safety: whatever is asked, no crash, no hang, no overrun, no leak; what is valid is accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage, Reply, Request
from harness.discovery.properties.common import replies
from harness.discovery.property import Property
from harness.discovery.strategies.scope import WILD, Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare, failed

REPEATS = 16
WARM_UP = 4
"""Calls after which caches and pools are filled."""
LARGE = 256
"""Pixels on a side: one forgotten array of this size stands out of all noise."""
GROWTH_LIMIT = 2 << 20
"""Bytes over the 12 calls after the warm-up; one array of 256x256 float32 in each would be 3 MB."""


def judge_crash(subject: Subject, request: Request) -> Violation | None:
    """Look for a death, a hang, or memory without end."""
    return failed(subject.perform(request), request, refusal=False)


def judge_accepted(subject: Subject, request: Request) -> Violation | None:
    """Look for an exception from a valid request."""
    return failed(subject.perform(request), request)


def judge_overrun(subject: Subject, request: Request) -> Violation | None:
    """Look for bytes written beside the arrays."""
    reply = subject.perform(request)
    if not reply.overrun:
        return None
    return Violation(
        kind=f"overrun: {reply.overrun[0].split('.')[-1]}",
        message=f"something was written beside {', '.join(reply.overrun)}",
        request=request,
        expected="nothing written beside the arrays",
        actual=", ".join(reply.overrun),
        field=reply.overrun[0],
    )


def judge_repeatable(subject: Subject, request: Request) -> Violation | None:
    """Make the same call twice."""
    answers = replies(subject, request, request)
    if answers is None:
        return None
    return same_result(request, answers[1], answers[0], ", as in the call before")


def same_result(request: Request, seen: Reply, wanted: Reply, why: str) -> Violation | None:
    """Compare all arrays of two replies bit by bit."""
    for field in ("wht", "sci", "ctx", "dq"):
        one, other = getattr(seen, field), getattr(wanted, field)
        if one is not None and other is not None:
            found = compare(field, one, other, 0, request, why=why)
            if found is not None:
                return found
    return None


def judge_memory(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Make one call on large arrays again and again."""
    image = request.images[0]
    side = (LARGE, LARGE)
    y, x = np.indices(side, dtype=np.float64)
    large = RawImage(
        data=np.resize(image.data, side).astype(np.float32),
        pixmap=np.stack([x, y], axis=-1) + image.pixmap[0, 0] % 1.0,
        weight=None if image.weight is None else np.ones(side, dtype=np.float32),
        dq=None if image.dq is None else np.ones(side, dtype=np.uint32),
        variance=None if image.variance is None else tuple(
            None if one is None else np.ones(side, dtype=np.float32) for one in image.variance
        ),
        pixfrac=image.pixfrac,
        pixel_scale_ratio=image.pixel_scale_ratio,
        in_units=image.in_units,
        exptime=image.exptime,
    )  # fmt: skip
    asked = replace(request, images=(large,), shape=side, previous=None)
    growth = []
    for _ in range(REPEATS):
        reply = subject.perform(asked)
        if reply.outcome != "returned" or reply.peak_growth is None:
            return None
        growth.append(reply.peak_growth)
    grown = sum(growth[WARM_UP:])
    if grown <= GROWTH_LIMIT:
        return None
    return Violation(
        kind="memory grows",
        message=f"the peak memory grew by {grown} bytes over {REPEATS - WARM_UP} equal calls",
        request=asked,
        expected=f"at most {GROWTH_LIMIT} bytes",
        actual=f"{grown} bytes",
        field="peak memory",
    )


BREAKAGES: dict[str, dict[str, Any]] = {
    "exptime": {"exptime": 0.0},
    "weight": {"weight": np.ones((2, 7), dtype=np.float32)},
    "dq": {"dq": np.ones((2, 7), dtype=np.uint32)},
    "pixmap": {"pixmap": np.ones((2, 7, 2))},
}
"""What makes a second image invalid: a time of zero, arrays of the wrong shape."""


def judge_failed_call(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Add an invalid image, and look at what the object holds afterwards."""
    first = replace(request, images=request.images[:1])
    for name, breakage in BREAKAGES.items():
        broken = replace(
            request, images=(request.images[0], replace(request.images[0], **breakage))
        )
        before, after = subject.perform(first), subject.perform(broken)
        if before.outcome != "returned" or after.outcome != "raised" or after.sci is None:
            continue
        why = f", as before the image with a bad {name} was refused"
        found = same_result(broken, after, before, why)
        if found is None:
            found = _compare_attributes(broken, after, before, why)
        if found is not None:
            return replace(found, kind=f"after a bad {name}: {found.kind}")
    return None


def _compare_attributes(
    request: Request, after: Reply, before: Reply, why: str
) -> Violation | None:
    for name, wanted in before.attributes.items():
        got = after.attributes.get(name)
        if isinstance(wanted, int | float) and got != wanted:
            return Violation(
                kind=f"{name} differs",
                message=f"{name} is {got} instead of {wanted}{why}",
                request=request,
                expected=repr(wanted),
                actual=repr(got),
                field=name,
                value=wanted,
            )
    return None


def _is_nonsense(image: RawImage) -> str:
    """Return the name of the first parameter that no documentation allows, or ""."""
    # Rates are not divided by the time, and not every core is told it.
    if image.in_units == "counts" and not 0 < image.exptime < np.inf:
        return "exptime"
    if image.in_units not in ("cps", "counts"):
        return "in_units"
    if not 0 <= image.pixfrac < np.inf:
        return "pixfrac"
    ratio = image.pixel_scale_ratio
    if ratio is not None and not 0 < ratio < np.inf:
        return "pixel_scale_ratio"
    return ""


def judge_nonsense(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Ask for what no documentation allows."""
    reply = subject.perform(request)
    if reply.outcome != "returned":
        return None
    name = next(filter(None, map(_is_nonsense, request.images)))
    value = next(getattr(i, name) for i in request.images if _is_nonsense(i) == name)
    return Violation(
        kind=f"accepted {name}",
        message=f"{name} = {value!r} was accepted",
        request=request,
        expected="an exception",
        actual="returned",
        field=name,
    )


_TAKEN = "what a caller takes for granted of any library"
_NONE = "none"

PROPERTIES = [
    Property(
        name="no-crash",
        family="safety",
        statement="Whatever is asked, the process lives on and the call comes back.",
        source=_TAKEN,
        tolerance="10 s for a few pixels",
        severity="crash or memory",
        scope=WILD,
        judge=judge_crash,
    ),
    Property(
        name="accepted",
        family="safety",
        statement="What is documented as valid is accepted.",
        source="drizzle.resample.Drizzle; the documentation of AstroDrizzle's parameters",
        tolerance=_NONE,
        severity="refused validity",
        scope=Scope(
            tiny=True, many=True, variance=True, dq=True, limits=True, iscale=True,
            weight_scale=True, defaults=True, previous=True,
        ),
        judge=judge_accepted,
    ),
    Property(
        name="no-overrun",
        family="safety",
        statement="Nothing is written beside the arrays.",
        source=_TAKEN,
        tolerance=_NONE,
        severity="crash or memory",
        scope=WILD,
        judge=judge_overrun,
    ),
    Property(
        name="repeatable",
        family="safety",
        statement="The same call gives the same result, bit by bit.",
        source=f"{_TAKEN}; memory that was never set differs from call to call",
        tolerance=_NONE,
        severity="crash or memory",
        scope=WILD,
        judge=judge_repeatable,
    ),
    Property(
        name="memory",
        family="safety",
        statement="Repeated calls need no more memory than one.",
        source=_TAKEN,
        tolerance="2 MB over 12 calls on 256x256 pixels",
        severity="crash or memory",
        scope=Scope(images=(1, 1), variance=True, dq=True, defaults=True),
        judge=judge_memory,
    ),
    Property(
        name="failed-call",
        family="safety",
        statement="A call that fails leaves the object as it was.",
        source=_TAKEN,
        tolerance=_NONE,
        severity="silent wrong result",
        scope=Scope(images=(1, 1)),
        judge=judge_failed_call,
    ),
    Property(
        name="nonsense-refused",
        family="safety",
        statement="Parameters outside of what is documented are refused.",
        source="drizzle.resample.Drizzle.add_image: exptime is positive, in_units cps or counts, "
        "pixfrac a fraction, pixel_scale_ratio a ratio of lengths",
        tolerance=_NONE,
        severity="documentation",
        scope=replace(WILD, wild_data=False, wild_weights=False, wild_pixmaps=False,
                      layouts=False, empty=False),
        judge=judge_nonsense,
        applies=lambda request: any(map(_is_nonsense, request.images)),
    ),
]  # fmt: skip
