"""Locality: a bad pixel is seen where its drop falls, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage
from harness.discovery.layout import plain
from harness.discovery.properties.common import compare_products, replies, weight_of
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare

NO_ROUNDING = "none: the same calls on the same numbers"
POISONS = (np.nan, np.inf, -np.inf, 3e38)


def judge_bad_data(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Make one datum NaN and compare the pixels that its drop does not reach."""
    place = _place(request)
    return _judge_local(subject, request, _with(request, "data", place, np.nan), {place})


def judge_bad_weight(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Make one weight NaN and compare the pixels that its drop does not reach."""
    place = _place(request)
    return _judge_local(subject, request, _with(request, "weight", place, np.nan), {place})


def judge_bad_position(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Make one position NaN and compare the pixels out of reach of it and its neighbours."""
    image = request.images[0]
    y, x = _place(request)
    pixmap = image.pixmap.copy()
    pixmap[y, x] = np.nan
    broken = _first(request, replace(image, pixmap=pixmap))
    ny, nx = image.data.shape
    # The corners of a drop lie between its own centre and those of its neighbours; along the
    # border they are continued from the next cell inwards.
    near = {
        (row, column)
        for row in range(max(0, y - 2), min(ny, y + 3))
        for column in range(max(0, x - 2), min(nx, x + 3))
    }
    return _judge_local(subject, request, broken, near, shaky=True)


def judge_zero_weight(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Put a poison where the weight is zero."""
    image = request.images[0]
    place = _place(request)
    silenced = _with(request, "weight", place, 0.0)
    calm = _with(silenced, "data", place, 0.0)
    for poison in POISONS:
        poisoned = _with(silenced, "data", place, poison)
        answers = replies(subject, calm, poisoned)
        if answers is None:
            return None
        why = f", as with 0 instead of {poison} in pixel {place} of weight zero"
        found = _same(poisoned, answers[1], answers[0], why)
        if found is not None:
            return found
    if image.variance:
        planes = tuple(None if one is None else _put(one, place, np.nan) for one in image.variance)
        poisoned = _first(calm, replace(calm.images[0], variance=planes))
        answers = replies(subject, calm, poisoned)
        if answers is not None:
            return _same(poisoned, answers[1], answers[0], ", as without NaN at weight zero")
    return None


def judge_footprint(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Look for weight beyond the box of the drops, and for other values than the fill there."""
    answers = replies(subject, request)
    if answers is None or answers[0].wht is None or answers[0].sci is None:
        return None
    reach = np.zeros(answers[0].wht.shape, dtype=bool)
    for image in request.images:
        pixmap = plain(image.pixmap, np.float64)
        ratio = image.pixel_scale_ratio or 1.0
        # Beyond half a pixel of the input on any side nothing but the wings of a kernel reaches.
        wings = {"gaussian": 2.6, "lanczos2": 2.0, "lanczos3": 3.0}.get(request.kernel, 0.5)
        margin = 1.0 + wings * 2 / ratio
        for step in (np.diff(pixmap, axis=0), np.diff(pixmap, axis=1)):
            margin += float(np.abs(step).max(initial=0.0))
        low = pixmap.min(axis=(0, 1)) - margin
        high = pixmap.max(axis=(0, 1)) + margin
        y, x = np.indices(reach.shape)
        reach |= (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
    nothing = np.zeros(reach.shape)
    why = ", for no drop comes near"
    found = compare("wht", answers[0].wht, nothing, 0, request, where=~reach, why=why)
    if found is None and answers[0].ctx is not None:
        bits = np.bitwise_or.reduce(_planes(answers[0].ctx), axis=0)
        found = compare("ctx", bits, nothing, 0, request, where=~reach, why=why)
    return found


def _judge_local(
    subject: Subject,
    request: DrizzleRequest,
    broken: DrizzleRequest,
    places: set[tuple[int, int]],
    *,
    shaky: bool = False,
) -> Violation | None:
    """Compare a run with its broken twin where the pixels at `places` give no weight."""
    image = request.images[0]
    weight = weight_of(image).copy()
    for place in places:
        weight[place] = 0.0
    without = _first(request, replace(image, weight=weight))
    only = _first(request, replace(image, weight=weight_of(image) - weight))
    only = replace(only, images=only.images[:1])
    answers = replies(subject, without, only, broken)
    if answers is None:
        return None
    clean, own, seen = answers
    if clean.wht is None or own.wht is None or seen.wht is None or seen.sci is None:
        return None
    if clean.sci is None:
        return None
    # What the pixel reaches is where it gives weight alone; one more pixel around, for a kernel may
    # touch with a weight that underflows.
    reached = own.wht != 0
    for axis in (0, 1):
        for step in (-1, 1):
            reached = reached | np.roll(own.wht != 0, step, axis=axis)
    reached |= _box(request, places, reached.shape)
    why = ", as without the bad pixel, which does not reach here"
    if shaky:
        found = compare_products(
            subject, broken,
            replace(seen, wht=np.where(reached, clean.wht, seen.wht),
                    sci=np.where(reached, clean.sci, seen.sci)),
            clean, why,
        )  # fmt: skip
    else:
        found = compare("wht", seen.wht, clean.wht, 0, broken, where=~reached, why=why)
        if found is None:
            found = compare("sci", seen.sci, clean.sci, 0, broken, where=~reached, why=why)
    if found is None and seen.ctx is not None and clean.ctx is not None:
        where = np.broadcast_to(~reached, _planes(seen.ctx).shape)
        found = compare(
            "ctx", _planes(seen.ctx), _planes(clean.ctx), 0, broken, where=where, why=why
        )
    return found


def _box(request: DrizzleRequest, places: set[tuple[int, int]], shape: tuple[int, ...]) -> Any:
    """Return the pixels within reach of kernels that may weigh them with zero."""
    wings = {"gaussian": 2.6, "lanczos2": 2.0, "lanczos3": 3.0}.get(request.kernel, 0.0)
    image = request.images[0]
    reach = wings / (image.pixel_scale_ratio or 1.0) + 1.0
    y, x = np.indices(shape)
    near = np.zeros(shape, dtype=bool)
    if wings:
        for place in places:
            at = np.asarray(image.pixmap, dtype=np.float64)[place]
            near |= (np.abs(x - at[0]) <= reach) & (np.abs(y - at[1]) <= reach)
    return near


def _same(request: DrizzleRequest, seen: Any, calm: Any, why: str) -> Violation | None:
    for field in ("wht", "sci", "ctx", "dq"):
        got, wanted = getattr(seen, field), getattr(calm, field)
        if got is not None and wanted is not None:
            found = compare(field, got, wanted, 0, request, why=why)
            if found is not None:
                return found
    for plane, (got, wanted) in enumerate(zip(seen.variance, calm.variance, strict=False)):
        if got is not None and wanted is not None:
            found = compare(f"variance[{plane}]", got, wanted, 0, request, why=why)
            if found is not None:
                return found
    return None


def _planes(ctx: Any) -> Any:
    return ctx if ctx.ndim == 3 else ctx[None]


def _place(request: DrizzleRequest) -> tuple[int, int]:
    """Return the pixel to break: of positive weight, in the middle of those."""
    image = request.images[0]
    candidates = np.argwhere(weight_of(image) > 0)
    if not len(candidates):
        return (0, 0)
    y, x = candidates[len(candidates) // 2]
    return int(y), int(x)


def _put(array: Any, place: tuple[int, int], value: float) -> Any:
    changed = np.array(array)
    changed[place] = value
    return changed


def _with(
    request: DrizzleRequest, field: str, place: tuple[int, int], value: float
) -> DrizzleRequest:
    image = request.images[0]
    array = weight_of(image) if field == "weight" else image.data
    changes: dict[str, Any] = {field: _put(array, place, value)}
    return _first(request, replace(image, **changes))


def _first(request: DrizzleRequest, image: RawImage) -> DrizzleRequest:
    return replace(request, images=(image, *request.images[1:]))


_TAKEN = "what a caller takes for granted: a masked or broken pixel must not spoil others"
_property = property_maker(
    "locality",
    source=_TAKEN,
    tolerance=NO_ROUNDING,
    scope=Scope(tiny=True),
    severity="silent wrong result",
)

PROPERTIES = [
    _property("bad-data-local", "A NaN datum spoils only the pixels that its drop reaches.",
              judge_bad_data),
    _property("bad-weight-local", "A NaN weight spoils only the pixels that its drop reaches.",
              judge_bad_weight),
    _property(
        "bad-position-local",
        "A NaN position concerns only the drops of its pixel and its neighbours.",
        judge_bad_position,
        tolerance="the allowance: a core may treat whole rows another way when one position is NaN",
        source=f"{_TAKEN}; drizzle.utils.calc_pixmap sets NaN outside of bounding boxes",
    ),
    _property(
        "zero-weight",
        "What a pixel of weight zero holds does not matter, be it NaN or infinite.",
        judge_zero_weight,
        source="DrizzlePac Handbook: pixels of zero weight are excluded; Fruchter & Hook eq. 5",
        scope=Scope(tiny=True, variance=True),
    ),
    _property(
        "footprint",
        "Nothing is written where no drop comes near.",
        judge_footprint,
        scope=Scope(tiny=True, defaults=False),
    ),
]  # fmt: skip
