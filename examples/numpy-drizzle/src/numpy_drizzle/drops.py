"""Drops: what each input pixel gives to which output pixels, by kernel."""

import numpy as np

from numpy_drizzle.overlap import overlap_areas

SLIVER = 1e-12
"""Part of a drop below which an overlap is roundoff of its computation."""


def drop_points(centres):
    """Give all of a pixel to the output pixel on which its centre falls.

    Parameters
    ----------
    centres : ndarray, (n, 2)
        Output (x, y) of the pixel centres.

    Returns
    -------
    tuple of ndarray
        (pixel, column, row, fraction): number of the input pixel, output pixel, part of the drop.
    """
    column, row = np.floor(centres + 0.5).astype(int).T
    return np.arange(len(centres)), column, row, np.ones(len(centres))


def drop_boxes(centres, size):
    """Spread pixels over boxes along the output axes, `size` output pixels wide.

    See `drop_points`.
    """
    low = centres - size / 2
    first = np.floor(low + 0.5).astype(int)
    found = []
    reach = int(np.ceil(size)) + 1
    for step_y in range(reach):
        for step_x in range(reach):
            place = first + np.array([step_x, step_y])
            shared = np.minimum(low + size, place + 0.5) - np.maximum(low, place - 0.5)
            fraction = (np.maximum(shared, 0) / size).prod(axis=1)
            found.append((np.arange(len(centres)), *place.T, fraction))
    return _joined(found)


def drop_squares(corners):
    """Spread pixels over the quadrilaterals that they become on the output. See `drop_points`.

    Parameters
    ----------
    corners : ndarray, (n, 4, 2)
        Output (x, y) of the corners of the drops, in order around them.
    """
    first = np.floor(corners.min(axis=1) + 0.5).astype(int)
    last = np.floor(corners.max(axis=1) + 0.5).astype(int)
    x, y = corners[..., 0], corners[..., 1]
    area = np.abs(((x[:, 2] - x[:, 0]) * (y[:, 3] - y[:, 1]))
                  - ((x[:, 3] - x[:, 1]) * (y[:, 2] - y[:, 0]))) / 2  # fmt: skip
    found = []
    reach_x, reach_y = (last - first).max(axis=0) + 1 if len(corners) else (0, 0)
    for step_y in range(reach_y):
        for step_x in range(reach_x):
            place = first + np.array([step_x, step_y])
            pixel = np.flatnonzero((place <= last).all(axis=1) & (area > 0))
            column, row = place[pixel].T
            shared = overlap_areas(corners[pixel], column, row)
            found.append((pixel, column, row, shared / area[pixel]))
    return _joined(found)


def find_corners(pixmap, pixfrac):
    """Return the corners of the drops of a frame, (ny, nx, 4, 2).

    The positions of the centres are interpolated between four neighbours, and continued by one
    pixel beyond the edges of the frame.

    Parameters
    ----------
    pixmap : ndarray, (ny, nx, 2)
        Output (x, y) of the pixel centres.
    pixfrac : float
        Size of a drop, input pixels.
    """
    for axis in (0, 1):
        cut = [np.take(pixmap, [which], axis=axis) for which in (0, 1, -2, -1)]
        ends = (2 * cut[0] - cut[1], pixmap, 2 * cut[3] - cut[2])
        pixmap = np.concatenate(ends, axis=axis)
    half = pixfrac / 2
    ny, nx = pixmap.shape[0] - 2, pixmap.shape[1] - 2
    centre = slice(1, -1)
    corners = []
    for side_x, side_y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        across = slice(1 + side_x, 1 + side_x + nx)
        along = slice(1 + side_y, 1 + side_y + ny)
        corners.append(
            (1 - half) * (1 - half) * pixmap[centre, centre]
            + half * (1 - half) * (pixmap[centre, across] + pixmap[along, centre])
            + half * half * pixmap[along, across]
        )
    return np.stack(corners, axis=2)


def _joined(found):
    if not found:
        return (np.zeros(0, int),) * 3 + (np.zeros(0),)
    pixel, column, row, fraction = (np.concatenate(part) for part in zip(*found, strict=True))
    given = fraction > SLIVER
    return pixel[given], column[given], row[given], fraction[given]
