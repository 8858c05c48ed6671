"""What is in a field: stars and blank sky, found in the exposures without knowing the truth."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.model import Exposure
from harness.rows import SMALL_BLOCK, row_blocks

Floats = npt.NDArray[np.float64]

FIRST_WIDTH = 2.0
"""FWHM for the search, input pixels: detectors of HST and JWST sample between one and three."""
THRESHOLD = 10.0
"""Above the background, in standard deviations: widths of fainter stars are all noise."""
FAINTEST = 0.002
"""Of the brightest pixel; in a field without noise the only limit."""
SEPARATION = 8.0
"""Input pixels to the next detection, so that a stamp of three FWHM holds one star."""
SKY_CELL = 48
"""Input pixels a side of the cells among which blank sky is sought."""
FEWEST_GOOD = 0.98
"""Share of the pixels of a cell that must have weight."""


def native_scale_of(exposures: Sequence[Exposure]) -> float:
    """Return the median pixel scale of the exposures, arcsec."""
    return float(np.median([exposure.pixel_scale for exposure in exposures]))


def add_up(exposures: Sequence[Exposure], box: tuple[int, int, int, int], width: float) -> Floats:
    """Add exposures up on a coarser grid, each input pixel where its centre falls.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on the output.
    box : tuple of int
        (y0, y1, x0, x1) of the output, half-open.
    width : float
        Output pixels that one pixel of the sum is wide; that of an input pixel leaves few gaps.

    Returns
    -------
    ndarray, (ceil((y1 - y0) / width), ceil((x1 - x0) / width)), float64
        The weighted mean of the data, NaN without weight.
    """
    y0, y1, x0, x1 = box
    shape = math.ceil((y1 - y0) / width), math.ceil((x1 - x0) / width)
    total, weight = np.zeros(shape[0] * shape[1]), np.zeros(shape[0] * shape[1])
    light, of_one = np.empty_like(total), np.empty_like(weight)
    for exposure in exposures:
        assert exposure.pixmap is not None  # noqa: S101 - projected before
        light.fill(0.0)
        of_one.fill(0.0)
        for rows in row_blocks(exposure.data.shape, SMALL_BLOCK):
            pixmap, weight_map = exposure.pixmap[rows], exposure.weight_map[rows]
            x = np.floor((pixmap[..., 0] + 0.5 - x0) / width)
            y = np.floor((pixmap[..., 1] + 0.5 - y0) / width)
            use = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0]) & (weight_map > 0)
            index = (y[use] * shape[1] + x[use]).astype(np.int64)
            given = weight_map[use].astype(np.float64)
            np.add.at(light, index, given * exposure.data[rows][use])
            np.add.at(of_one, index, given)
        total += light
        weight += of_one
    mean: Floats = np.divide(total, weight, out=np.full(total.size, np.nan), where=weight > 0)
    return mean.reshape(shape)


def find_background(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return the level of the sky and the scatter of its pixels, stars clipped at 3 sigma.

    Parameters
    ----------
    values : ndarray, (n,)
        Finite pixels; (0, 0) for none.
    """
    from astropy.stats import sigma_clipped_stats

    if not values.size:
        return 0.0, 0.0
    _, median, scatter = sigma_clipped_stats(values, sigma=3.0, maxiters=5)
    return float(median), float(scatter)


def find_stars(clear: Floats, scatter: float) -> tuple[Floats, Floats]:
    """Find isolated stars (`photutils.detection.DAOStarFinder`).

    Parameters
    ----------
    clear : ndarray, (ny, nx), float64
        The sky taken off; 0 where there is no value. One pixel is about an input pixel wide.
    scatter : float
        Of the sky's pixels.

    Returns
    -------
    tuple of ndarray, (n,), float64
        x and y, 0-based pixels, brightest first.
    """
    from photutils.detection import DAOStarFinder
    from scipy.spatial import cKDTree

    nothing = np.empty(0), np.empty(0)
    peak = float(clear.max(initial=0.0))
    threshold = max(THRESHOLD * scatter, FAINTEST * peak)
    if not threshold > 0 or min(clear.shape) < 8:
        return nothing
    with warnings.catch_warnings():
        # That nothing was found shows in the result.
        warnings.simplefilter("ignore")
        table = DAOStarFinder(threshold, fwhm=FIRST_WIDTH)(clear)
    if table is None or not len(table):
        return nothing
    # photutils 3 renamed the columns.
    names = ("x_centroid", "y_centroid")
    x, y = (np.asarray(table[n if n in table.colnames else n.replace("_", "")]) for n in names)
    order = np.argsort(-np.asarray(table["flux"]), kind="stable")
    x, y = x[order], y[order]
    if x.size > 1:
        distance = cKDTree(np.column_stack([x, y])).query(np.column_stack([x, y]), k=2)[0][:, 1]
        # The brightest star of a field that has only companions is better than none.
        alone = distance > SEPARATION
        x, y = (x[alone], y[alone]) if alone.any() else (x[:1], y[:1])
    return x.astype(np.float64), y.astype(np.float64)


def find_blank_cell(
    clear: Floats, good: npt.NDArray[np.bool_], x: Floats, y: Floats
) -> tuple[float, float, float] | None:
    """Return centre (x, y) and side of the quietest cell of sky, or None where there is none.

    Quiet is a small variance of sums over four by four pixels: faint stars and gradients raise
    it before they raise that of single pixels.

    Parameters
    ----------
    clear : ndarray, (ny, nx), float64
        The sky taken off; 0 where there is no value.
    good : ndarray, (ny, nx), bool
        Where there is one.
    x, y : ndarray, (n,), float64
        Stars, of which the cell must be free.
    """
    cell = min(SKY_CELL, min(clear.shape) // 3)
    if cell < 8:
        return None
    best, where = math.inf, None
    for top in range(0, clear.shape[0] - cell + 1, cell):
        for left in range(0, clear.shape[1] - cell + 1, cell):
            part = slice(top, top + cell), slice(left, left + cell)
            near = (np.abs(x - left - cell / 2) < cell / 2 + 4) & (
                np.abs(y - top - cell / 2) < cell / 2 + 4
            )
            if good[part].mean() < FEWEST_GOOD or near.any():
                continue
            whole = cell // 4 * 4
            sums = (
                clear[part][:whole, :whole].reshape(whole // 4, 4, whole // 4, 4).sum(axis=(1, 3))
            )
            roughness = float(sums.var())
            if 0 < roughness < best:
                best, where = roughness, (left + cell / 2 - 0.5, top + cell / 2 - 0.5, float(cell))
    return where
