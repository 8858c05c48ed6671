"""Pieces of exposures: what of them a part of the output needs, and no more."""

from __future__ import annotations

import copy
import dataclasses
import math

import numpy as np

from harness.model import Exposure, OutputGrid, Pixmap
from harness.rows import SMALL_BLOCK, row_blocks

Box = tuple[int, int, int, int]

REACH = 3
"""Input pixels around a box whose drops, or kernels' wings, may reach it."""
MARGIN = 64
"""Output pixels around a region that are drizzled with it: stamps of stars at its edge, and its
surroundings in the pictures."""


def clip_grid(grid: OutputGrid, box: Box) -> OutputGrid:
    """Return the part of a grid that holds a box and `MARGIN` pixels around it."""
    ny, nx = grid.shape
    y0, y1 = max(box[0] - MARGIN, 0), min(box[1] + MARGIN, ny)
    x0, x1 = max(box[2] - MARGIN, 0), min(box[3] + MARGIN, nx)
    wcs = copy.deepcopy(grid.wcs)
    wcs.wcs.crpix = [wcs.wcs.crpix[0] - x0, wcs.wcs.crpix[1] - y0]
    wcs.pixel_shape = (x1 - x0, y1 - y0)
    return OutputGrid(shape=(y1 - y0, x1 - x0), pixel_scale=grid.pixel_scale, wcs=wcs)


def cut_exposure(exposure: Exposure, box: Box) -> Exposure | None:
    """Return the piece of an exposure whose drops reach a box, or None if none does.

    Its pixmap counts from the corner of the box. The drops that reach the box are the same as
    before: their corners are interpolated between the same pixels.

    Parameters
    ----------
    exposure : Exposure
        With its pixmap.
    box : tuple of int
        (y0, y1, x0, x1) of the output, half-open.
    """
    top, bottom, left, right = box
    assert exposure.pixmap is not None  # noqa: S101 - the stage has set it
    pixmap: Pixmap = exposure.pixmap
    size = float(np.hypot(*(pixmap[-1, -1] - pixmap[0, 0]))) / math.hypot(*exposure.data.shape)
    reach = REACH * size + 2
    ny, nx = exposure.data.shape
    near_row, near_column = np.zeros(ny, dtype=bool), np.zeros(nx, dtype=bool)
    for block in row_blocks((ny, nx), SMALL_BLOCK):
        x, y = np.moveaxis(pixmap[block], -1, 0)
        near = (x > left - reach) & (x < right + reach)
        near &= (y > top - reach) & (y < bottom + reach)
        near_row[block] = near.any(axis=1)
        near_column |= near.any(axis=0)
    if not near_row.any():
        return None
    rows, columns = np.flatnonzero(near_row), np.flatnonzero(near_column)
    # One more on each side: those at the edge of a piece take their corners by extrapolation.
    low_y, low_x = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    part = slice(low_y, int(rows[-1]) + 2), slice(low_x, int(columns[-1]) + 2)
    return dataclasses.replace(
        exposure,
        # Copies: a view would keep the whole frame, and its shared memory, alive.
        data=exposure.data[part].copy(),
        weight_map=exposure.weight_map[part].copy(),
        pixmap=pixmap[part] - [left, top],
        # No figure of a sweep needs them; whole images of them would go to every worker.
        variance=(),
        dq=None,
        flat=None,
        wcs=None,
    )
