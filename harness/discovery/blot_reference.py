"""Blot from textbook definitions: separable interpolation in float64.

Nearest and linear as their names say; poly3 and poly5 the Lagrange polynomials through the 4 and 6
nearest samples of each axis (IRAF `im2interp`, from which blot took them); sinc and lanczos by
their functions. Where a sample that they need lies outside the image they are not defined here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import BlotRequest
from harness.discovery.layout import plain
from harness.errors import UnsupportedCaseError

Floats = npt.NDArray[np.float64]

SAMPLES = {"nearest": 1, "linear": 2, "poly3": 4, "poly5": 6, "lan3": 6, "lan5": 10, "sinc": 30}
"""How many samples of each axis an interpolation takes."""


def blot(request: BlotRequest) -> Floats:
    """Return the image (my, mx) that a blot request asks for, float64.

    Pixels that fall outside the image have the fill value; where samples are missing beyond its
    edge, those on the edge are repeated.

    Raises
    ------
    ValueError
        If data are no image, the pixmap is not (my, mx, 2), or there is no such interpolation.
    """
    data = plain(request.data, np.float64)
    pixmap = plain(request.pixmap, np.float64)
    if data.ndim != 2 or not data.size or pixmap.ndim != 3 or pixmap.shape[2] != 2:
        raise ValueError(f"data {data.shape}, pixmap {pixmap.shape}")
    if request.interp not in SAMPLES:
        raise ValueError(f"interp {request.interp!r}")
    result = np.full(pixmap.shape[:2], float(request.fillval))
    for place in np.ndindex(*result.shape):
        x, y = pixmap[place]
        if inside(x, y, data.shape):
            value = _interpolate(data, x, y, request)
            result[place] = value * request.iscale * request.exptime
    return result


def inside(x: float, y: float, shape: tuple[int, ...]) -> bool:
    """Tell whether a position lies on the image, whose pixels reach half a pixel beyond centres."""
    return bool(-0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5)


def is_interior(x: float, y: float, shape: tuple[int, ...], interp: str) -> bool:
    """Tell whether all samples of an interpolation lie on the image."""
    count = SAMPLES[interp]
    if count == 1:
        return inside(x, y, shape)
    before, after = count // 2 - 1, count // 2
    return bool(
        before <= x and x + after <= shape[1] - 1 and before <= y and y + after <= shape[0] - 1
    )


def _interpolate(data: Floats, x: float, y: float, request: BlotRequest) -> float:
    count = SAMPLES[request.interp]
    if count == 1:
        rows, columns = [_nearest(y)], [_nearest(x)]
        return float(data[rows[0], columns[0]])
    below_x, below_y = int(np.floor(x)), int(np.floor(y))
    steps = np.arange(count) - (count // 2 - 1)
    weigh = _WEIGHTS[request.interp]
    across = weigh(steps, y - below_y, request)
    along = weigh(steps, x - below_x, request)
    rows = np.clip(below_y + steps, 0, data.shape[0] - 1)  # type: ignore[assignment]
    columns = np.clip(below_x + steps, 0, data.shape[1] - 1)  # type: ignore[assignment]
    return float(across @ data[np.ix_(rows, columns)] @ along)


def _nearest(position: float) -> int:
    return int(np.floor(position + 0.5))


def _lagrange(steps: Any, part: float, request: BlotRequest) -> Floats:
    weights = np.ones(len(steps))
    for one, step in enumerate(steps):
        for other in steps:
            if other != step:
                weights[one] *= (part - other) / (step - other)
    return weights


def _lanczos(steps: Any, part: float, request: BlotRequest) -> Floats:
    order = int(request.interp[-1])
    offset = steps - part
    return np.where(np.abs(offset) < order, np.sinc(offset) * np.sinc(offset / order), 0.0)


def _sinc(steps: Any, part: float, request: BlotRequest) -> Floats:
    raise UnsupportedCaseError("the taper of sinc is not documented", where="blot reference")


_WEIGHTS: dict[str, Callable[[Any, float, BlotRequest], Floats]] = {
    "linear": _lagrange,
    "poly3": _lagrange,
    "poly5": _lagrange,
    "lan3": _lanczos,
    "lan5": _lanczos,
    "sinc": _sinc,
}
