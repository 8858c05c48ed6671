"""What is remarkable about a request, in words that findings are told apart by."""

from __future__ import annotations

import numpy as np

from harness.cores.oracle_kernels import POINT_PIXFRAC
from harness.cores.request import (
    NO_LIMITS,
    AnyRequest,
    BlotRequest,
    DrizzleRequest,
    ExtensionRequest,
    RawImage,
)
from harness.discovery.array_features import of_array, of_number, of_shape, of_values
from harness.discovery.blot_reference import SAMPLES
from harness.discovery.pixmap_features import of_pixmap
from harness.model import KERNELS

INCIDENTAL = frozenset({"pixmap:tie", "image:larger"})
"""What comes of shrinking to simple numbers and small outputs; no finding is told by it."""


def essential_features(request: AnyRequest) -> frozenset[str]:
    """Return the features that a finding is told by: without `INCIDENTAL`."""
    return features_of(request) - INCIDENTAL


def features_of(request: AnyRequest) -> frozenset[str]:
    """Return the features of a request; the plainest sound one has none.

    Each is "what:how", such as "pixmap:nan", "overlap:partial", "layout:weight:strided". Kernel
    and interpolation are not among them: a finding lists the ones that it was seen with.
    """
    if isinstance(request, BlotRequest):
        return frozenset(_of_blot(request))
    if isinstance(request, ExtensionRequest):
        return frozenset(_of_extension(request))
    if isinstance(request, DrizzleRequest):
        return frozenset(_of_drizzle(request))
    # What a pipeline makes of files is no case of the corpus.
    return frozenset()


def _of_blot(request: BlotRequest) -> set[str]:
    found = of_array("data", request.data, "f4") | of_values("data", request.data)
    if request.interp not in SAMPLES:
        found.add("interp:unknown")
    found |= of_array("pixmap", request.pixmap, "f8")
    found |= of_pixmap(request.pixmap, tuple(request.data.shape))
    found |= of_shape("image", request.data.shape) | of_shape("target", request.pixmap.shape[:2])
    if request.data.ndim == 2 and min(request.data.shape) < SAMPLES.get(request.interp, 1):
        found.add("image:under-kernel")
    found |= of_number("fillval", request.fillval) - {"fillval:0", "fillval:negative"}
    for name in ("iscale", "exptime", "sinscl"):
        value = getattr(request, name)
        if value != 1.0:
            found |= {f"{name}:set"} | of_number(name, value)
    return found


OUTPUTS_AND_INPUTS = ("input", "weights", "pixmap", "output", "counts", "context", "source")
"""Arrays that every call of an extension has."""


def _of_extension(request: ExtensionRequest) -> set[str]:
    found = {f"function:{request.function}"}
    for name, value in request.arguments:
        if isinstance(value, tuple):
            found.add(f"{name}:list")
        elif isinstance(value, np.ndarray):
            found |= of_array(name, value, value.dtype.str)
            if name not in OUTPUTS_AND_INPUTS:
                found.add(f"{name}:array")
    return found


def _of_drizzle(request: DrizzleRequest) -> set[str]:
    found = set() if request.kernel in KERNELS else {"kernel:unknown"}
    if len(request.images) > 32:
        found.add("images:33+")
    elif len(request.images) > 1:
        found.add("images:several")
    if not request.images:
        found.add("images:none")
    for image in request.images:
        found |= _of_image(image, request.shape)
    if request.shape is None:
        found.add("shape:none")
    else:
        found |= of_shape("output", request.shape)
    if request.fillval is None or isinstance(request.fillval, str):
        text = "none" if request.fillval is None else f"{request.fillval!r}"
        found.add(f"fillval:{text}")
    else:
        found |= of_number("fillval", request.fillval) - {"fillval:0", "fillval:negative"}
    if request.previous is not None:
        found.add("previous")
        found |= of_array("previous.sci", request.previous.sci, "f4")
        found |= of_array("previous.wht", request.previous.wht, "f4")
        if request.previous.ctx is None:
            found.add("previous.ctx:none")
        else:
            found |= of_array("previous.ctx", request.previous.ctx, "i4")
            if request.previous.ctx.min(initial=0) < 0:
                found.add("previous.ctx:bit31")
        if request.previous.images > 1:
            found.add("previous.images:several")
        if request.previous.variance:
            found.add("previous.variance")
    if request.max_images is not None and request.max_images < len(request.images):
        found.add("max_images:small")
    if not request.context:
        found.add("context:off")
    return found


def _of_image(image: RawImage, output: tuple[int, int] | None) -> set[str]:
    found = of_array("data", image.data, "f4") | of_values("data", image.data)
    found |= of_array("pixmap", image.pixmap, "f8")
    found |= of_pixmap(image.pixmap, output)
    found |= of_shape("image", image.data.shape)
    if image.weight is None:
        found.add("weight:none")
    else:
        found |= of_array("weight", image.weight, "f4") | of_values("weight", image.weight)
    if image.pixfrac != 1.0:
        found |= _of_pixfrac(image.pixfrac)
    for name in ("exptime", "iscale", "weight_scale"):
        value = getattr(image, name)
        if value != 1.0:
            found |= {f"{name}:set"} | of_number(name, value)
    if image.in_units != "cps":
        found.add("units:counts" if image.in_units == "counts" else "units:unknown")
    if image.pixel_scale_ratio is None:
        found.add("ratio:none")
    elif image.pixel_scale_ratio != 1.0:
        found |= {"ratio:set"} | of_number("ratio", image.pixel_scale_ratio)
    if image.limits != NO_LIMITS:
        found.add("limits" + _beyond(image))
    if image.dq is not None:
        found |= {"dq"} | of_array("dq", image.dq, "u4")
        if image.dq.dtype.kind in "iu" and image.dq.size and int(image.dq.max()) >= 1 << 31:
            found.add("dq:bit31")
    if image.variance is not None:
        found.add("variance")
        if any(one is None for one in image.variance):
            found.add("variance:with-none")
    return found


def _beyond(image: RawImage) -> str:
    ny, nx = (*image.data.shape, 0, 0)[:2]
    for value, size in zip(image.limits, (nx, nx, ny, ny), strict=True):
        if value is not None and not 0 <= value < size:
            return ":beyond"
    return ""


def _of_pixfrac(pixfrac: float) -> set[str]:
    if not np.isfinite(pixfrac):
        return {"pixfrac:not-finite"}
    if pixfrac <= 0:
        return {"pixfrac:0" if pixfrac == 0 else "pixfrac:negative"}
    if pixfrac > 1:
        return {"pixfrac:above-1"}
    return {"pixfrac:point" if pixfrac <= POINT_PIXFRAC else "pixfrac:below-1"}
