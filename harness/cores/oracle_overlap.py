"""Exact overlap of quadrilaterals with the unit pixels of a grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RESOLUTION = 1e-13
"""Fractions of a drop below this are roundoff of the area integrals (measured: 2e-15) and are
set to zero, so that a pixel that a drop only touches does not count as a contribution."""


def net_area(x: Floats, y: Floats) -> Floats:
    """Return the signed area of quadrilaterals, positive where the corners run anticlockwise.

    Parameters
    ----------
    x, y : ndarray, (4, n)
        Corners.
    """
    # Half the cross product of the diagonals: differences of near numbers are exact.
    return np.asarray(((x[2] - x[0]) * (y[3] - y[1]) - (x[3] - x[1]) * (y[2] - y[0])) / 2)


def overlap_fractions(x: Floats, y: Floats, span_x: int, span_y: int) -> Floats:
    """Return the fraction of each quadrilateral's area that falls on each pixel.

    The area of a polygon in {x < X, y > Y} is, by Green's theorem, the sum over its edges of the
    integral of max(y - Y, 0) dx over the part of the edge in x < X: a quadratic in closed form.
    The overlap with a pixel is the second difference of that area over the pixel's corners.

    Parameters
    ----------
    x, y : ndarray, (4, n), float64
        Corners, in order around the quadrilateral, measured from the lower left corner of the
        lower left pixel: 0 <= x <= span_x, 0 <= y <= span_y.
    span_x, span_y : int
        How many pixels to cover.

    Returns
    -------
    ndarray, (span_y, span_x, n), float64
        Area of the overlap / area of the quadrilateral. Both are signed by the sense in which
        the outline runs, so that parity cancels; concave outlines are exact; of an outline that
        crosses itself the lobe that runs the other way counts negative, and the fractions still
        add up to 1. Without net area all fractions are zero.
    """
    count = x.shape[1]
    area = net_area(x, y)
    solid = np.abs(area) > 0
    scale = np.divide(1.0, area, out=np.zeros(count), where=solid)
    if span_x == span_y == 1:
        return np.asarray(solid.astype(np.float64))[None, None]
    # above[j, i]: area beyond the j-th line in y and before the (i+1)-th line in x.
    above = np.zeros((span_y + 1, span_x, count))
    floor = y.min(axis=0)
    for edge in range(4):
        start, end = edge, (edge + 1) % 4
        run = x[end] - x[start]
        slope = np.divide(y[end] - y[start], run, out=np.zeros(count), where=run != 0)
        for column in range(span_x):
            if column == span_x - 1:
                from_y, to_y, width = y[start], y[end], run
            else:
                from_x = np.minimum(x[start], column + 1.0)
                to_x = np.minimum(x[end], column + 1.0)
                from_y = y[start] + slope * (from_x - x[start])
                # From the nearer end, so that an edge that is not cut keeps its end exactly.
                to_y = np.where(to_x < x[end], y[start] + slope * (to_x - x[start]), y[end])
                width = to_x - from_x
            # Anticlockwise outlines run to the left above, hence the sign.
            above[0, column] -= width * ((from_y + to_y) / 2 - floor)
            if span_y == 1:
                continue
            low, high = np.minimum(from_y, to_y), np.maximum(from_y, to_y)
            rise = high - low
            for row in range(1, span_y):
                top, bottom = np.maximum(high, row), np.maximum(low, row)
                # The share of the edge above the line; exactly 1 where all of it is.
                share = np.divide(top - bottom, rise, out=np.ones(count), where=rise > 0)
                above[row, column] -= width * ((top + bottom) / 2 - row) * share
    cells = above[:-1] - above[1:]
    cells[:, 1:] = cells[:, 1:] - cells[:, :-1]
    cells *= scale
    cells[np.abs(cells) < RESOLUTION] = 0.0
    return np.asarray(cells)
