"""How much of a convex quadrilateral falls on a pixel."""

import numpy as np

CHUNK = 10_000
"""Pairs that are worked on at once, so that the arrays stay in the cache."""


def overlap_areas(corners, column, row):
    """Return the area that each quadrilateral has in common with one pixel.

    At height y the quadrilateral and the pixel share a chord. Its length is linear in y between
    neighbouring breakpoints: the corners, the lower and upper edge of the pixel, and the heights
    at which a side crosses the pixel's left or right edge. Length at the middle times height of
    each piece, added up, is therefore the exact area.

    Parameters
    ----------
    corners : ndarray, (n, 4, 2), float64
        (x, y) of the corners, in order around the outline.
    column, row : ndarray, (n,)
        The pixel of each pair; it spans column - 0.5 to column + 0.5, and row likewise.

    Returns
    -------
    ndarray, (n,), float64
    """
    areas = np.empty(len(corners))
    for start in range(0, len(corners), CHUNK):
        some = slice(start, start + CHUNK)
        origin = np.stack([column[some], row[some]], axis=-1) - 0.5
        areas[some] = _in_unit_square(corners[some] - origin[:, None, :])
    return areas


def _in_unit_square(corners):
    """Return the area in common with 0 <= x <= 1, 0 <= y <= 1."""
    x0, y0 = corners[..., 0], corners[..., 1]
    x1, y1 = np.roll(x0, -1, axis=1), np.roll(y0, -1, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (y1 - y0) / (x1 - x0)
        crossings = [y0 + rise * (line - x0) for line in (0.0, 1.0)]
        run = (x1 - x0) / (y1 - y0)
    # A side that runs along the edge crosses it nowhere, and needs no breakpoint.
    breaks = np.concatenate([y0, *(np.nan_to_num(one, posinf=0, neginf=0) for one in crossings)], 1)
    edges = np.broadcast_to([0.0, 1.0], (len(corners), 2))
    breaks = np.sort(np.concatenate([np.clip(breaks, 0, 1), edges], axis=1), axis=1)
    height = np.diff(breaks, axis=1)
    middle = (breaks[:, 1:] + breaks[:, :-1]) / 2
    left = np.full(middle.shape, np.inf)
    right = np.full(middle.shape, -np.inf)
    for side in range(4):
        a, b = y0[:, side, None], y1[:, side, None]
        met = (np.minimum(a, b) < middle) & (middle < np.maximum(a, b))
        with np.errstate(invalid="ignore"):
            # Of a level side, which is never met.
            x = x0[:, side, None] + run[:, side, None] * (middle - a)
        np.minimum(left, x, out=left, where=met)
        np.maximum(right, x, out=right, where=met)
    chord = np.minimum(right, 1.0) - np.maximum(left, 0.0)
    return (np.maximum(chord, 0.0) * height).sum(axis=1)
