"""Layouts: an array is its values, whatever its type and wherever they lie in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage
from harness.discovery.layout import layout_of, plain
from harness.discovery.properties.common import each_image, replies
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare, failed

RESAMPLE = "drizzle.resample.Drizzle"


def judge_untouched(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Look for inputs that the call changed."""
    reply = subject.perform(request)
    if reply.outcome not in ("returned", "raised"):
        return None
    changed = [name for name in reply.modified if not name.startswith("previous")]
    if not changed:
        return None
    name = changed[0].split(".")[-1]
    return Violation(
        kind=f"input modified: {name}",
        message=f"the call changed {', '.join(changed)}",
        request=request,
        expected="inputs as they were",
        actual=f"changed: {', '.join(changed)}",
        field=changed[0],
    )


def judge_layouts(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare with the same values in ordinary arrays."""
    ordinary = each_image(request, _ordinary)
    if request.previous is not None:
        previous = replace(
            request.previous,
            sci=plain(request.previous.sci, np.float32),
            wht=plain(request.previous.wht, np.float32),
        )
        ordinary = replace(ordinary, previous=previous)
    answers = replies(subject, ordinary)
    if answers is None:
        return None
    seen = subject.perform(request)
    if seen.outcome != "returned":
        # Honoured or refused: an exception will do.
        return failed(seen, request, refusal=False)
    why = ", as from ordinary arrays of the same values"
    for field in ("wht", "sci", "ctx", "dq"):
        got, wanted = getattr(seen, field), getattr(answers[0], field)
        if got is not None and wanted is not None:
            found = compare(field, got, wanted, 0, request, why=why)
            if found is not None:
                return found
    return None


def judge_dq_types(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Hand over a DQ image of a type that is documented to be refused."""
    reply = subject.perform(request)
    if reply.outcome != "returned":
        return failed(reply, request, refusal=False)
    kind = next(image.dq.dtype for image in request.images if image.dq is not None)
    return Violation(
        kind=f"accepted dq {kind.kind}{kind.itemsize}",
        message=f"a DQ image of type {kind} was accepted",
        request=request,
        expected="an exception",
        actual="returned",
    )


def _ordinary(image: RawImage) -> RawImage:
    return replace(
        image,
        data=plain(image.data, np.float32),
        pixmap=plain(image.pixmap, np.float64),
        weight=None if image.weight is None else plain(image.weight, np.float32),
        dq=None if image.dq is None else plain(image.dq, np.uint32),
    )


def _is_refused_dq(image: RawImage) -> bool:
    return image.dq is not None and (image.dq.dtype.itemsize > 4 or image.dq.dtype.kind == "f")


def _is_laid_out(request: DrizzleRequest) -> bool:
    from harness.discovery.features import features_of

    # What is documented to be refused is the matter of the property dq-types.
    return not any(map(_is_refused_dq, request.images)) and any(
        feature.startswith(("layout:", "dtype:")) for feature in features_of(request)
    )


def _has_laid_out_previous(request: DrizzleRequest) -> bool:
    if request.previous is None:
        return False
    arrays = (request.previous.sci, request.previous.wht)
    return any(layout_of(one) != "C" or one.dtype != np.float32 for one in arrays)


_property = property_maker("layouts", tolerance="none", severity="silent wrong result")

PROPERTIES = [
    _property(
        "untouched",
        "The arrays that are handed over stay as they are.",
        judge_untouched,
        source="what a caller takes for granted; no documentation says otherwise",
        scope=Scope(tiny=True, layouts=True, variance=True, dq=True, limits=True),
    ),
    _property(
        "layouts",
        "Types, byte orders and memory layouts are honoured or refused.",
        judge_layouts,
        source="numpy's convention: an array is its values, not its memory",
        scope=Scope(tiny=True, layouts=True, dq=True, images=(1, 2)),
        applies=_is_laid_out,
    ),
    _property(
        "resumed-layouts",
        "Output arrays of other types and layouts are honoured or refused.",
        judge_layouts,
        source=f"{RESAMPLE}: output arrays of other types are converted",
        scope=Scope(layouts=True, previous=True, images=(1, 1)),
        applies=_has_laid_out_previous,
        needs=frozenset({"previous"}),
    ),
    _property(
        "dq-types",
        "DQ of 64 bits or of floats is refused.",
        judge_dq_types,
        source=f"{RESAMPLE}, parameter `dq`: 64-bit integers raise an exception",
        scope=Scope(layouts=True, dq=True, images=(1, 1)),
        applies=lambda request: any(map(_is_refused_dq, request.images)),
        needs=frozenset({"dq"}),
        severity="documentation",
    ),
]
