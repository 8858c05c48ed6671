"""Drops: the corners of the shrunken input pixels on the output."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.errors import CoreError

Floats = npt.NDArray[np.float64]

CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
"""Steps (x, y) from the pixel centre to the corners, in the order of the corner axis."""


def drop_corners(
    pixmap: Floats, pixfrac: float, rows: slice = slice(None), columns: slice = slice(None)
) -> Floats:
    """Return where the corners of the drops fall.

    The corners lie half a `pixfrac` from the pixel centre on either axis of the input. The
    pixmap is interpolated there bilinearly between the four nearest pixel centres; along the
    border of the frame, where two of them do not exist, the nearest cell is continued linearly.

    Parameters
    ----------
    pixmap : ndarray, (ny, nx, 2), float64
        Output (x, y) of the input pixel centres.
    pixfrac : float
        Linear size of the drop, input pixels.
    rows, columns : slice, optional
        Part of the frame; its neighbours outside the part still count.

    Returns
    -------
    ndarray, (2, 4, rows, columns), float64
        x and y of the corners in the order of `CORNERS`, counter-clockwise on the input.
        Not finite where one of the pixel centres between which a corner lies is not.

    Raises
    ------
    CoreError
        If the frame has a single row or column, which leaves the shape of its pixels open.
    """
    ny, nx = pixmap.shape[:2]
    if ny < 2 or nx < 2:
        raise CoreError(
            f"a frame of {ny}x{nx} pixels leaves the corners of its pixels open",
            where="oracle",
            allowed="2x2 pixels and more for the square kernel",
            remedy="Use the point, turbo or gaussian kernel for a single row",
        )
    y0, y1, _ = rows.indices(ny)
    x0, x1, _ = columns.indices(nx)
    # One more row and column on each side, so that differences to all neighbours exist.
    lower, left = max(y0 - 1, 0), max(x0 - 1, 0)
    part = pixmap[lower : min(y1 + 1, ny), left : min(x1 + 1, nx)]
    planes = np.moveaxis(part, -1, 0)
    half = pixfrac / 2
    corners = np.empty((2, 4, y1 - y0, x1 - x0))
    inside = (slice(None), slice(y0 - lower, y1 - lower), slice(x0 - left, x1 - left))
    for side_x in (-1, 1):
        moved_x = _move(planes, half, side_x, axis=2)
        for side_y in (-1, 1):
            corner = CORNERS.index((side_x, side_y))
            corners[:, corner] = _move(moved_x, half, side_y, axis=1)[inside]
    return corners


def _move(planes: Floats, half: float, side: int, axis: int) -> Floats:
    """Interpolate, or at the end of the axis extrapolate, by `half` pixels to one side."""
    step = np.diff(planes, axis=axis)
    last = np.take(step, [-1 if side > 0 else 0], axis=axis)
    steps = np.concatenate([step, last] if side > 0 else [last, step], axis=axis)
    return np.asarray(planes + side * half * steps)
