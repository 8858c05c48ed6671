"""Simpler requests with the same violation, after hypothesis has shrunk them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import (
    NO_LIMITS,
    BlotRequest,
    DrizzleRequest,
    RawImage,
    Request,
    make_pixmap,
)
from harness.discovery.blot_reference import SAMPLES
from harness.discovery.features import features_of
from harness.discovery.layout import plain
from harness.model import KERNELS

Holds = Callable[[Request], bool]


def simplify(request: Request, holds: Holds) -> Request:
    """Return the simplest request reached by single steps for each of which `holds` is true.

    Hypothesis shrinks choices; this resets whole arguments to their defaults, which it may not
    have come to within its time.
    """
    changed = True
    while changed:
        changed = False
        for candidate in _simpler(request):
            if size_of(candidate) < size_of(request) and holds(candidate):
                request, changed = candidate, True
                break
    return request


def size_of(request: Request) -> tuple[int, int, float]:
    """Return what is to be small: features, elements of arrays, their variety."""
    arrays = list(_arrays(request))
    variety = sum(len(np.unique(one)) for one in arrays)
    return (len(features_of(request)), sum(one.size for one in arrays), float(variety))


def _arrays(request: Request) -> Iterator[Any]:
    if isinstance(request, BlotRequest):
        yield from (request.data, request.pixmap)
        return
    for image in request.images:
        for one in (image.data, image.pixmap, image.weight, image.dq, *(image.variance or ())):
            if one is not None:
                yield one
    if request.previous is not None:
        yield from (request.previous.sci, request.previous.wht)
    if request.shape is not None:
        yield np.empty(request.shape, dtype=np.int8) * 0


DEFAULTS: dict[str, Any] = {
    "limits": NO_LIMITS,
    "dq": None,
    "variance": None,
    "exptime": 1.0,
    "in_units": "cps",
    "iscale": 1.0,
    "weight_scale": 1.0,
    "pixel_scale_ratio": 1.0,
    "pixfrac": 1.0,
}


PARTS: tuple[Any, ...] = (
    np.s_[1:], np.s_[:-1], np.s_[:, 1:], np.s_[:, :-1],
)  # fmt: skip
"""An image without one of its outer rows and columns."""
DECIMALS = (0, 1, 2)


def _simpler_pixmaps(pixmap: Any) -> Iterator[Any]:
    """Yield pixmaps without distortion, rotation and scale; what is not finite stays."""
    if pixmap.ndim != 3 or pixmap.shape[2] != 2 or not pixmap.size:
        return
    plain_one = plain(pixmap, np.float64)
    finite = np.isfinite(plain_one)
    first = np.where(finite[0, 0], plain_one[0, 0], 0.0)
    index = make_pixmap(pixmap.shape[:2])
    with np.errstate(all="ignore"):
        steps = [np.diff(plain_one[..., axis], axis=1 - axis).ravel() for axis in (0, 1)]
    known = [one[np.isfinite(one)] for one in steps]
    step = np.array([np.median(one) if one.size else 1.0 for one in known])
    for candidate in (
        index, index + np.round(first), index + first, index * np.round(step, 1) + first,
        index * step + first, *(np.round(plain_one, decimals) for decimals in DECIMALS),
    ):  # fmt: skip
        yield np.where(finite, candidate, plain_one)


def _simpler(request: Request) -> Iterator[Request]:
    if isinstance(request, BlotRequest):
        if request.interp not in SAMPLES:
            yield replace(request, interp="nearest")
        for name, value in {"iscale": 1.0, "exptime": 1.0, "sinscl": 1.0, "fillval": 0.0}.items():
            yield replace(request, **{name: value})  # type: ignore[arg-type]
        yield replace(request, data=plain(request.data, np.float32))
        yield replace(request, pixmap=plain(request.pixmap, np.float64))
        yield replace(request, data=np.ones(request.data.shape, dtype=np.float32))
        for pixmap in _simpler_pixmaps(request.pixmap):
            yield replace(request, pixmap=pixmap)
        for part in PARTS:
            if request.pixmap[part].size:
                yield replace(request, pixmap=np.array(request.pixmap[part]))
            if request.data.ndim == 2 and request.data[part].size:
                yield replace(request, data=np.array(request.data[part]))
        return
    if request.kernel not in KERNELS:
        yield replace(request, kernel=KERNELS[0])
    for number in range(len(request.images)):
        rest = request.images[:number] + request.images[number + 1 :]
        if rest:
            yield replace(request, images=rest)
    yield replace(request, previous=None, fillval=0.0, max_images=None)
    yield replace(request, previous=None)
    yield replace(request, fillval=0.0)
    yield replace(request, max_images=None)
    for number, image in enumerate(request.images):
        for simpler in _simpler_images(image):
            images = (*request.images[:number], simpler, *request.images[number + 1 :])
            yield replace(request, images=images)


def _simpler_images(image: RawImage) -> Iterator[RawImage]:
    for name, value in DEFAULTS.items():
        yield replace(image, **{name: value})
    ones = np.ones(image.data.shape, dtype=np.float32)
    yield replace(image, data=ones)
    yield replace(image, weight=ones.copy())
    yield replace(image, data=plain(image.data, np.float32))
    if image.weight is not None:
        yield replace(image, weight=plain(image.weight, np.float32))
    yield replace(image, pixmap=plain(image.pixmap, np.float64))
    for pixmap in _simpler_pixmaps(image.pixmap):
        yield replace(image, pixmap=pixmap)
        yield replace(image, pixmap=pixmap, pixel_scale_ratio=1.0)
    if image.data.ndim == 2 and image.pixmap.shape[:2] == image.data.shape:
        for axis in (0, 1):
            if image.data.shape[axis] > 1:
                for part in (slice(1, None), slice(None, -1)):
                    yield _cut(image, axis, part)


def _cut(image: RawImage, axis: int, part: slice) -> RawImage:
    index = (part,) if axis == 0 else (slice(None), part)

    def cut(one: Any) -> Any:
        return None if one is None else np.array(one[index])

    return replace(
        image,
        data=cut(image.data),
        pixmap=cut(image.pixmap),
        weight=cut(image.weight),
        dq=cut(image.dq),
        variance=None if image.variance is None else tuple(map(cut, image.variance)),
    )


def other_kernels(request: Request, kernels: tuple[str, ...], holds: Holds) -> tuple[str, ...]:
    """Return the kernels, or interpolations, for which `holds` is true of the same request."""
    if isinstance(request, DrizzleRequest):
        return tuple(one for one in kernels if holds(replace(request, kernel=one)))
    return tuple(one for one in kernels if holds(replace(request, interp=one)))
