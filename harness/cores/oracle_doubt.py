"""Drops that might reach other pixels if they were a little smaller or larger.

A convex drop gains or loses a pixel only where one of its corners crosses the line between two
pixels, or one of its sides crosses a point where four pixels meet. Whether either is near is far
cheaper to tell than the overlaps are to compute.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_drops import CORNERS, drop_corners
from harness.cores.oracle_kernels import TILE, Floats, checked_pixmap, kernel_reach
from harness.model import DrizzleParams, Exposure

Mask = npt.NDArray[np.bool_]

MARGIN = 4.0
"""How much farther than it moves a side may lie from a pixel's corner and be in doubt: a corner of
a drop moves by its half diagonal times the relative change, a side by less."""
UNSEEN = 1e-6
"""Of a drop's size: a corner that enters a pixel by less may have less than `RESOLUTION` of the
drop there, which counts as nothing (half of its square is 5e-13)."""
LEAST_WEIGHT = 1e-12
"""Below which the weight of a pixel, times the smallest shares of a drop, may be too small for a
float32 weight map."""
FARTHEST = 7.0
"""Standard deviations of a Gaussian up to which its share of a pixel, 1e-22 at the corners, is far
from the smallest number of float32; farther out its size decides anywhere who contributes."""


def find_doubtful(exposure: Exposure, params: DrizzleParams, edge: float) -> Mask:
    """Select the input pixels whose drops may reach other pixels at another size.

    Parameters
    ----------
    exposure : Exposure
        With `pixmap`.
    params : DrizzleParams
        With the square, turbo or gaussian kernel.
    edge : float
        Relative change of pixfrac to either side.

    Returns
    -------
    ndarray, (ny, nx), bool
        True for drops that are not convex, too; false for pixels without weight.

    Raises
    ------
    CoreError
        For a pixmap that is missing or of wrong shape.
    """
    weight = exposure.weight_map
    pixmap = checked_pixmap(exposure)
    ny, nx = weight.shape
    doubtful = np.zeros((ny, nx), dtype=bool)
    for y0 in range(0, ny, TILE):
        for x0 in range(0, nx, TILE):
            part = slice(y0, min(y0 + TILE, ny)), slice(x0, min(x0 + TILE, nx))
            if params.kernel == "square":
                found = _doubt_square(drop_corners(pixmap, params.pixfrac, *part), edge)
            else:
                reach = kernel_reach(exposure, params)
                found = _doubt_separable(np.moveaxis(pixmap[part], -1, 0), reach, edge)
            found |= np.abs(weight[part]) < LEAST_WEIGHT
            found &= weight[part] != 0
            doubtful[part] = found
    return doubtful


def is_worthwhile(exposure: Exposure, params: DrizzleParams) -> bool:
    """Tell whether some drops of an exposure can be beyond doubt."""
    if params.kernel == "gaussian":
        return kernel_reach(exposure, params, sigmas=True) < FARTHEST
    return params.kernel in ("square", "turbo")


def _doubt_separable(centres: Floats, reach: float, edge: float) -> Mask:
    """Select drops with a side near the line between two pixels."""
    tolerance = MARGIN * (edge + UNSEEN) * (reach + 1)
    found = np.zeros(centres.shape[1:], dtype=bool)
    for axis in (0, 1):
        for side in (-reach, reach):
            found |= _near_line(centres[axis] + (side + 0.5), tolerance)
    return found


def _doubt_square(corners: Floats, edge: float) -> Mask:
    """Select quadrilaterals with a corner near a line, or a side near a corner, of pixels."""
    # Lines between pixels lie at whole numbers then.
    x, y = corners + 0.5
    diagonals = (one[far] - one[near] for one in (x, y) for near, far in ((0, 2), (1, 3)))
    size = max(float(np.nanmax(np.abs(one), initial=0.0)) for one in diagonals)
    tolerance = MARGIN * (edge + UNSEEN) * size
    found = np.zeros(x.shape[1:], dtype=bool)
    if not math.isfinite(tolerance) or tolerance > 0.5:
        return ~found
    steps = []
    for start in range(len(CORNERS)):
        end = (start + 1) % len(CORNERS)
        found |= _near_line(x[start], tolerance)
        found |= _near_line(y[start], tolerance)
        steps.append((x[end] - x[start], y[end] - y[start]))
        found |= _passes_corner(x[start], y[start], *steps[-1], tolerance)
    turns = [
        ax * by - ay * bx for (ax, ay), (bx, by) in zip(steps, steps[1:] + steps[:1], strict=True)
    ]
    least = np.minimum(np.minimum(turns[0], turns[1]), np.minimum(turns[2], turns[3]))
    most = np.maximum(np.maximum(turns[0], turns[1]), np.maximum(turns[2], turns[3]))
    # Turns to both sides: bent inwards, or crossing itself. NaN is in doubt, too.
    found |= ~((least > tolerance * size) | (most < -tolerance * size))
    return found


def _near_line(at: Floats, tolerance: float) -> Mask:
    distance = np.rint(at)
    distance -= at
    np.abs(distance, out=distance)
    return np.asarray(distance < tolerance)


def _passes_corner(x: Floats, y: Floats, dx: Floats, dy: Floats, tolerance: float) -> Mask:
    """Select sides from (x, y) to (x + dx, y + dy) that pass a point of whole numbers closely."""
    steep = np.abs(dy) > np.abs(dx)
    if steep.all():
        return _crosses_whole(y, x, dy, dx, tolerance)
    if not steep.any():
        return _crosses_whole(x, y, dx, dy, tolerance)
    found = np.empty(x.shape, dtype=bool)
    for some, first, second in ((steep, (y, dy), (x, dx)), (~steep, (x, dx), (y, dy))):
        u, du, v, dv = (array[some] for array in (*first, *second))
        found[some] = _crosses_whole(u, v, du, dv, tolerance)
    return found


def _crosses_whole(u: Floats, v: Floats, du: Floats, dv: Floats, tolerance: float) -> Mask:
    """Tell whether v is nearly whole where u is, for sides that turn from u by 45 degrees at most.

    The distance along v is at most the root of 2 times that from the side.
    """
    end = u + du
    low, high = np.minimum(u, end), np.maximum(u, end)
    low -= tolerance
    high += tolerance
    line = np.ceil(low, out=low)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A side without length makes its drop turn nowhere, and that is in doubt by itself.
        slope = dv / du
        at = v + slope * (line - u)
    found = np.zeros(u.shape, dtype=bool)
    for _ in range(math.floor(float(np.nanmax(high - line, initial=-1.0))) + 1):
        near = _near_line(at, 2 * tolerance)
        near &= line <= high
        found |= near
        line += 1.0
        at += slope
    return found
