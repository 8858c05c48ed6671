"""How the pixels of an image fall on an output: one place, and holes in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHAPE = (7, 8)
"""(ny, nx) of most input images: neither side equal, both larger than any kernel is wide."""
OUTPUT = (15, 14)
"""(ny, nx) of most outputs."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Placing:
    """A pixmap, and the output that it maps to.

    Attributes
    ----------
    pixmap : ndarray, (ny, nx, 2), float64
    ratio : float
        Output over input pixel scale.
    output : tuple of int
        (ny, nx).
    contained : bool
        Whether every drop, of any kernel but lanczos, lies on the output as a whole.
    """

    pixmap: Floats
    ratio: float
    output: tuple[int, int]
    contained: bool


def place(
    origin: tuple[float, float],
    *,
    ratio: float = 1.0,
    turn: float = 0.0,
    flip: bool = False,
    shear: float = 0.0,
    bend: float = 0.0,
    shape: tuple[int, int] = SHAPE,
    output: tuple[int, int] = OUTPUT,
    contained: bool = False,
) -> Placing:
    """Place the middle of an image at a position (x, y) of the output.

    Parameters
    ----------
    origin : tuple of float
        Output (x, y) of the middle of the image.
    ratio : float, optional
        Output over input pixel scale.
    turn : float, optional
        Degrees, counter-clockwise.
    flip : bool, optional
        Whether x is mirrored before, so that the corners of drops run the other way.
    shear, bend : float, optional
        Fraction of y that is added to x; output pixels at the corners by which it is curved.
    shape, output : tuple of int, optional
        (ny, nx).
    contained : bool, optional
        Carried over to `Placing`.
    """
    ny, nx = shape
    y, x = np.indices(shape, dtype=np.float64)
    u, v = x - (nx - 1) / 2, y - (ny - 1) / 2
    if flip:
        u = -u
    u = u + shear * v
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    half = max(nx, ny) / 2
    px = (c * u - s * v) / ratio + bend * (u * v / half**2 + 0.6 * (v / half) ** 2) + origin[0]
    py = (s * u + c * v) / ratio + bend * ((u / half) ** 2 - 0.7 * u * v / half**2) + origin[1]
    pixmap = np.stack([px, py], axis=-1)
    return Placing(pixmap=pixmap, ratio=ratio, output=output, contained=contained)


def with_holes(placing: Placing, *holes: tuple[Any, ...]) -> Placing:
    """Return a placing whose positions are NaN where the holes index, (y, x) or (y, x, axis)."""
    pixmap = placing.pixmap.copy()
    for hole in holes:
        pixmap[hole] = np.nan
    return Placing(
        pixmap=pixmap, ratio=placing.ratio, output=placing.output, contained=placing.contained
    )
