"""Geometry: where the pixels of an image fall on the output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.discovery.strategies.choice import hundredths, number, once_in, pick
from harness.discovery.strategies.scope import Scope

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

Floats = npt.NDArray[np.float64]
Shape = tuple[int, int]

SCALES = (1.0, 0.5, 2.0, 0.7, 3.0, 0.1, 10.0)
"""Output pixels for each input pixel."""
ANGLES = (0.0, 90.0, 180.0, 270.0, 45.0, 30.0)
"""Degrees."""
PHASES = (0.0, 0.5, 0.25, 0.3, 0.75, 0.999)
"""Output pixels; 0.5 is half a frame, where drops and pixels end on the same edge."""
BAD_POSITIONS = (np.nan, np.inf, -np.inf, 1e10, -1e10, 1e300, 2.0**31, -(2.0**31), 0.5, -0.5)
LARGEST_SIDE = 12
"""Pixels; what goes wrong in a large image goes wrong in a small one, and small ones shrink."""


def draw_shape(draw: DrawFn, scope: Scope, largest: int = 6, *, image: bool = True) -> Shape:
    """Draw the shape (ny, nx) of an image, or of an output."""
    sides = []
    tiny = scope.tiny and (scope.single_rows or not image)
    for _ in range(2):
        # Two pixels first: a single one is a special case, not the simplest.
        if (tiny or scope.empty) and once_in(draw, 6):
            sides.append(0 if scope.empty and (not tiny or once_in(draw, 4)) else 1)
        else:
            sides.append(number(draw, 2, largest))
    return sides[0], sides[1]


def draw_mapping(draw: DrawFn) -> tuple[Floats, float]:
    """Draw a linear mapping from input to output.

    Returns
    -------
    tuple
        The matrix (2, 2) that takes a step (x, y) on the input to one on the output, and the ratio
        of the pixel scales, output over input, that belongs to it.
    """
    scale = hundredths(draw, 10, 1000, SCALES)
    angle = pick(draw, ANGLES) if number(draw, 0, 1) == 0 else float(number(draw, 0, 359))
    shear = pick(draw, (0.0, 0.0, 0.2, -0.5))
    stretch = pick(draw, (1.0, 1.0, 0.9, 1.5))
    parity = pick(draw, (1.0, 1.0, -1.0))
    skew = np.array([[parity * stretch, shear], [0.0, 1.0 / stretch]])
    matrix = scale * _rotation(angle) @ skew
    return matrix, 1.0 / math.sqrt(abs(float(np.linalg.det(matrix))))


def draw_pixmap(
    draw: DrawFn, scope: Scope, shape: Shape, output: Shape, mapping: Floats, origin: Floats
) -> Floats:
    """Draw a pixmap (ny, nx, 2) by a linear mapping, bent, and broken where the scope is wild.

    Parameters
    ----------
    draw : callable
        Of a composite strategy.
    scope : Scope
    shape, output : tuple of int
        (ny, nx) of the image and of the output.
    mapping : ndarray, (2, 2)
    origin : ndarray, (2,)
        Output (x, y) of input pixel (0, 0).
    """
    y, x = np.indices(shape, dtype=np.float64)
    bend = pick(draw, (0.0, 0.0, 0.0, 0.01, -0.02))
    if bend:
        # As the quadratic terms of a SIP distortion, relative to the middle of the frame.
        u, v = x - shape[1] / 2, y - shape[0] / 2
        x, y = x + bend * (u * u - u * v / 2), y + bend * (v * v + u * v)
    pixmap = np.stack([x, y], axis=-1) @ mapping.T + origin
    if scope.wild_pixmaps and pixmap.size:
        pixmap = _break_pixmap(draw, pixmap, output)
    return np.ascontiguousarray(pixmap)


def draw_origin(draw: DrawFn, scope: Scope, shape: Shape, output: Shape, mapping: Floats) -> Floats:
    """Draw the output (x, y) of input pixel (0, 0) so that the image lies as the scope says."""
    low, high = extent(shape, mapping)
    start = np.array([hundredths(draw, 0, 99, PHASES) for _ in range(2)])
    # The phase zero puts the first pixel exactly on the first one of the output.
    origin = start - np.ceil(low + 0.5) + 0.0
    if scope.placement == "contained":
        return np.asarray(origin + 1.0 * (np.floor(low + 0.5) < low + 0.5))
    size = np.array(output[::-1])
    span = np.ceil(high - low).astype(int)
    steps = [number(draw, -int(span[axis]) - 1, int(size[axis]) + 1) for axis in (0, 1)]
    if scope.placement == "any" and once_in(draw, 2):
        steps = [0, 0]
    return np.asarray(origin + steps)


def extent(shape: Shape, mapping: Floats) -> tuple[Floats, Floats]:
    """Return the least and the greatest (x, y) of an image's corners, pixel (0, 0) being at 0."""
    ny, nx = shape
    corners = np.array(
        [[x, y] for x in (-0.5, nx - 0.5) for y in (-0.5, ny - 0.5)]
    ) @ mapping.T  # fmt: skip
    return corners.min(axis=0), corners.max(axis=0)


def _rotation(degrees: float) -> Floats:
    quarter, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        # Exact, for cos(90 degrees) is not zero in floating point.
        cosine, sine = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][int(quarter)]
    else:
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


def _break_pixmap(draw: DrawFn, pixmap: Floats, output: Shape) -> Floats:
    kind = pick(draw, (
        "sound", "patched", "patched", "patched", "folded", "flat", "torn", "far", "planes",
    ))  # fmt: skip
    ny, nx = pixmap.shape[:2]
    if kind == "patched":
        for _ in range(number(draw, 1, 3)):
            y, x = number(draw, 0, ny - 1), number(draw, 0, nx - 1)
            value = pick(draw, BAD_POSITIONS)
            axis: Any = pick(draw, (slice(None), 0, 1))
            rows: Any = pick(draw, (y, y, slice(None)))
            pixmap[rows, x, axis] = value
    elif kind == "folded":
        turn = pixmap[ny // 2, nx // 2, 0]
        pixmap[..., 0] = turn - np.abs(pixmap[..., 0] - turn)
    elif kind == "flat":
        axis = pick(draw, (0, 1))
        pixmap[..., axis] = pixmap[0, 0, axis]
    elif kind == "torn":
        generator = np.random.default_rng(number(draw, 0, 99))
        pixmap = generator.uniform(-2, max(output) + 2, pixmap.shape)
    elif kind == "planes":
        # The documentation wants two: x and y.
        pixmap = pixmap[..., :1] if number(draw, 0, 1) else np.dstack([pixmap, pixmap[..., :1]])
    elif kind == "far":
        pixmap += pick(draw, (1e4, -1e4, 2.0**31, 1e18))
    return pixmap
