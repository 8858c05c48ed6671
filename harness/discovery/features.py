"""What is remarkable about a request, in words that findings are told apart by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import (
    NO_LIMITS,
    AnyRequest,
    BlotRequest,
    DrizzleRequest,
    ExtensionRequest,
    RawImage,
)
from harness.discovery.blot_reference import SAMPLES
from harness.discovery.layout import layout_of
from harness.model import KERNELS

AnyArray = npt.NDArray[Any]

TINY_NORMAL = float(np.finfo(np.float32).tiny)
HUGE = 1e30
FAR = 1e6
"""Output pixels beyond which a position is far from any image."""
TIE = 1e-9
"""Output pixels from an edge between two pixels within which a position lies on it."""


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
    found = _of_array("data", request.data, "f4") | _of_values("data", request.data)
    if request.interp not in SAMPLES:
        found.add("interp:unknown")
    found |= _of_array("pixmap", request.pixmap, "f8")
    found |= _of_geometry(request.pixmap, tuple(request.data.shape))
    found |= _of_shape("image", request.data.shape) | _of_shape("target", request.pixmap.shape[:2])
    if request.data.ndim == 2 and min(request.data.shape) < SAMPLES.get(request.interp, 1):
        found.add("image:under-kernel")
    found |= _of_number("fillval", request.fillval) - {"fillval:0", "fillval:negative"}
    for name in ("iscale", "exptime", "sinscl"):
        value = getattr(request, name)
        if value != 1.0:
            found |= {f"{name}:set"} | _of_number(name, value)
    return found


OUTPUTS_AND_INPUTS = ("input", "weights", "pixmap", "output", "counts", "context", "source")
"""Arrays that every call of an extension has."""


def _of_extension(request: ExtensionRequest) -> set[str]:
    found = {f"function:{request.function}"}
    for name, value in request.arguments:
        if isinstance(value, tuple):
            found.add(f"{name}:list")
        elif isinstance(value, np.ndarray):
            found |= _of_array(name, value, value.dtype.str)
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
        found |= _of_shape("output", request.shape)
    if request.fillval is None or isinstance(request.fillval, str):
        text = "none" if request.fillval is None else f"{request.fillval!r}"
        found.add(f"fillval:{text}")
    else:
        found |= _of_number("fillval", request.fillval) - {"fillval:0", "fillval:negative"}
    if request.previous is not None:
        found.add("previous")
        found |= _of_array("previous.sci", request.previous.sci, "f4")
        found |= _of_array("previous.wht", request.previous.wht, "f4")
        if request.previous.ctx is None:
            found.add("previous.ctx:none")
        else:
            found |= _of_array("previous.ctx", request.previous.ctx, "i4")
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
    found = _of_array("data", image.data, "f4") | _of_values("data", image.data)
    found |= _of_array("pixmap", image.pixmap, "f8")
    found |= _of_geometry(image.pixmap, output)
    found |= _of_shape("image", image.data.shape)
    if image.weight is None:
        found.add("weight:none")
    else:
        found |= _of_array("weight", image.weight, "f4") | _of_values("weight", image.weight)
    if image.pixfrac != 1.0:
        found |= _of_pixfrac(image.pixfrac)
    for name in ("exptime", "iscale", "weight_scale"):
        value = getattr(image, name)
        if value != 1.0:
            found |= {f"{name}:set"} | _of_number(name, value)
    if image.in_units != "cps":
        found.add("units:counts" if image.in_units == "counts" else "units:unknown")
    if image.pixel_scale_ratio is None:
        found.add("ratio:none")
    elif image.pixel_scale_ratio != 1.0:
        found |= {"ratio:set"} | _of_number("ratio", image.pixel_scale_ratio)
    if image.limits != NO_LIMITS:
        found.add("limits" + _beyond(image))
    if image.dq is not None:
        found |= {"dq"} | _of_array("dq", image.dq, "u4")
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
    return {"pixfrac:point" if pixfrac <= 1e-3 else "pixfrac:below-1"}


def _of_number(name: str, value: float) -> set[str]:
    if np.isnan(value):
        return {f"{name}:nan"}
    if np.isinf(value):
        return {f"{name}:inf"}
    if value == 0:
        return {f"{name}:0"}
    found = {f"{name}:negative"} if value < 0 else set()
    if abs(value) > HUGE:
        found.add(f"{name}:huge")
    if abs(value) < TINY_NORMAL:
        found.add(f"{name}:denormal")
    return found


def _of_values(name: str, array: AnyArray) -> set[str]:
    if array.dtype.kind not in "iuf" or not array.size:
        return set()
    found = set()
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    size = np.abs(finite)
    checks: dict[str, Any] = {
        "nan": np.isnan(values).any(),
        "inf": np.isinf(values).any(),
        "huge": (size > HUGE).any(),
        "denormal": ((size > 0) & (size < TINY_NORMAL)).any(),
    }
    if name == "weight":
        checks |= {
            "zero": (values == 0).any(),
            "negative": (values < 0).any(),
            "extreme": finite.size > 0 and size.max() > 1e9 * max(size[size > 0].min(initial=1), 0),
            "cancelling": finite.size > 1 and (finite != 0).any() and finite.sum() == 0,
        }
    found |= {f"{name}:{what}" for what, seen in checks.items() if seen}
    return found


def _of_array(name: str, array: AnyArray, kind: str) -> set[str]:
    found = set()
    layout = layout_of(array)
    if layout != "C" and array.size > 1:
        found.add(f"layout:{name}:{layout}")
    if array.dtype != np.dtype(kind):
        native = array.dtype.newbyteorder("=")
        order = "swapped-" if native != array.dtype else ""
        found.add(f"dtype:{name}:{order}{native.kind}{native.itemsize}")
    return found


def _of_shape(name: str, shape: tuple[int, ...]) -> set[str]:
    if len(shape) != 2:
        return {f"{name}:{len(shape)}-axes"}
    ny, nx = shape
    if ny == 0 or nx == 0:
        return {f"{name}:empty"}
    if ny == 1 or nx == 1:
        return {f"{name}:1x1" if ny == nx else f"{name}:1xN" if ny == 1 else f"{name}:Nx1"}
    return set()


def _of_geometry(pixmap: AnyArray, output: tuple[int, ...] | None) -> set[str]:
    if pixmap.ndim != 3 or pixmap.shape[2] != 2:
        return {"pixmap:planes"}
    if not pixmap.size:
        return {"pixmap:empty"}
    positions = pixmap.astype(np.float64)
    found = set()
    if np.isnan(positions).any():
        found.add("pixmap:nan")
    if np.isinf(positions).any():
        found.add("pixmap:inf")
    good = np.isfinite(positions).all(axis=2)
    if not good.any():
        return found | {"overlap:none"}
    if np.abs(positions[good]).max() > FAR:
        found.add("pixmap:far")
    # Modulo one, for the phase of a position a million pixels off is not worth the question.
    phase = np.mod(positions[good] - 0.5, 1.0)
    if ((phase < TIE) | (phase > 1 - TIE)).any():
        found.add("pixmap:tie")
    ny, nx = positions.shape[:2]
    if output is not None and len(output) == 2:
        found |= _overlap(positions[good], output)
        if ny * nx > output[0] * output[1]:
            found.add("image:larger")
    if good.all() and ny > 1 and nx > 1:
        with np.errstate(all="ignore"):
            found |= _of_cells(positions)
    return found


def _overlap(positions: AnyArray, output: tuple[int, ...]) -> set[str]:
    size = np.array([output[1], output[0]])
    inside = ((positions > -0.5) & (positions < size - 0.5)).all(axis=1)
    if not inside.any():
        return {"overlap:none"}
    return set() if inside.all() else {"overlap:partial"}


def _of_cells(positions: AnyArray) -> set[str]:
    """Return the features of the Jacobian: determinants, lengths and angle of a pixel's sides."""
    along = positions[:-1, 1:] - positions[:-1, :-1]
    across = positions[1:, :-1] - positions[:-1, :-1]
    area = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0]
    if not np.isfinite(area).all():
        return {"pixmap:far"}
    found = set()
    if (area == 0).any():
        return {"geometry:degenerate"}
    if area.min() < 0 < area.max():
        return {"geometry:folded"}
    if area.max() < 0:
        found.add("geometry:flipped")
    mean = np.sqrt(np.abs(area).mean())
    if abs(mean - 1) > 1e-6:
        found.add("geometry:enlarged" if mean > 1 else "geometry:reduced")
    if np.abs(np.diff(along, axis=0)).max(initial=0) > 1e-6 or (
        np.abs(np.diff(along, axis=1)).max(initial=0) > 1e-6
    ):
        found.add("geometry:curved")
    step, other = along[0, 0], across[0, 0]
    lengths = np.hypot(*step), np.hypot(*other)
    if abs(step @ other) > 1e-6 * lengths[0] * lengths[1]:
        found.add("geometry:sheared")
    elif abs(lengths[0] - lengths[1]) > 1e-6 * lengths[0]:
        found.add("geometry:anisotropic")
    if abs(step[1]) > 1e-9:
        found.add("geometry:rotated")
    return found
