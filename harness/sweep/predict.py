"""What the geometry alone says of every pixfrac, by the oracle."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.cores.oracle import combine
from harness.cores.oracle_operator import expected_noise_ratio, limiting_noise_ratio, operator
from harness.errors import HarnessError
from harness.metrics.noise import casertano_ratio
from harness.metrics.psf import quadrature_fwhm
from harness.metrics.selection import Image
from harness.model import DrizzleParams, Exposure, Kernel, OutputGrid, Pixmap
from harness.sweep.stage import Box, Stage

HOLES = "coverage.hole_fraction"
RMS = "weight.rms_over_median"
RMS_POSITIVE = "weight.rms_over_median_positive"
NOISE = "noise.correlation_ratio"
BLOCK_NOISE = "noise.block_ratio"
"""The noise correlation ratio in blocks of `BLOCK` pixels, which is what can be measured; it sees a
little less than the limit of large ones."""
BLOCK = 8
"""Output pixels a side of the blocks whose sums tell the correlation of the noise."""
LIMIT = "noise.casertano_ratio"
FWHM = "psf.fwhm"
SINGLE = "coverage.single_fraction"
"""Share of output pixels that have weight from one exposure alone: each becomes a hole wherever
that exposure loses its pixel to a defect or a cosmic ray."""

STEP = 0.05
TILE = 64
"""Output pixels a side of the parts that are drizzled exactly."""
TILES = 5
WHOLE = 144
"""A region up to this many output pixels a side is drizzled exactly as a whole."""
NOISE_TILE = 40
"""Output pixels a side for the covariance: with a margin of two drops a thousand pixels remain."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tile:
    """A part of the output with the pieces of the exposures that reach it.

    Attributes
    ----------
    grid : OutputGrid
    exposures : tuple of Exposure
        With pixmaps on `grid`.
    mask : ndarray, (ny, nx), bool
        What of it lies in the region.
    """

    grid: OutputGrid
    exposures: tuple[Exposure, ...]
    mask: npt.NDArray[np.bool_]


def prediction_pixfracs(asked: Sequence[float]) -> tuple[float, ...]:
    """Return the pixfracs of the curves: those asked for, and steps of `STEP` from 0.1 to 1."""
    steps = [round(STEP * index, 10) for index in range(2, round(1 / STEP) + 1)]
    return tuple(sorted({*steps, *(value for value in asked if value > 0)}))


def cut_tiles(stage: Stage) -> tuple[Tile, ...]:
    """Cut out what is drizzled exactly: the region if it is small, else five parts of it.

    The phases of the exposures drift over a distorted field, so that one part is no sample of
    the whole: they lie about pixels of the region that are evenly spread in the order of its rows.
    """
    y0, y1, x0, x1 = stage.box
    if max(y1 - y0, x1 - x0) <= WHOLE:
        return (_cut(stage, stage.box),)
    inside = np.flatnonzero(stage.mask)
    tiles = []
    for number in range(TILES):
        at = inside[int((number + 0.5) / TILES * inside.size)]
        y, x = divmod(int(at), stage.mask.shape[1])
        top = min(max(y0 + y - TILE // 2, y0), max(y1 - TILE, y0))
        left = min(max(x0 + x - TILE // 2, x0), max(x1 - TILE, x0))
        tile = _cut(stage, (top, min(top + TILE, y1), left, min(left + TILE, x1)))
        if tile.mask.any() and tile.exposures:
            tiles.append(tile)
    return tuple(tiles)


def covers(tiles: Sequence[Tile], stage: Stage) -> bool:
    """Tell whether the tiles are the whole region."""
    return len(tiles) == 1 and tiles[0].mask.shape == stage.mask.shape


def predict_point(
    tiles: Sequence[Tile], kernel: Kernel, pixfrac: float, native: float, star_fwhm: float
) -> dict[str, float | None]:
    """Return what the geometry predicts for one kernel, scale and pixfrac.

    Returns
    -------
    dict
        coverage.hole_fraction, coverage.single_fraction, weight.rms_over_median,
        weight.rms_over_median_positive, noise.correlation_ratio (exact, in the limit of large
        blocks, for even noise), noise.block_ratio (the same in blocks of `BLOCK`),
        noise.casertano_ratio (the limit of many dithers, square drops), and psf.fwhm (arcsec,
        widths added in quadrature; None without stars). None where it is not defined.
    """
    weights, single = [], []
    for tile in tiles:
        params = DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=tile.grid)
        exact = combine(tile.exposures, params)
        weights.append(exact.wht[tile.mask])
        exposures = np.bitwise_count(exact.ctx.view(np.uint32)).sum(axis=0)
        single.append(exposures[tile.mask] == 1)
    scale = tiles[0].grid.pixel_scale if tiles else 0.0
    every = np.concatenate(weights) if weights else np.empty(0)
    positive = every[every > 0]
    noise, in_blocks = _noise_ratios(tiles[0], kernel, pixfrac, native) if tiles else (None, None)
    return {
        HOLES: float(np.mean(every == 0)) if every.size else None,
        SINGLE: float(np.concatenate(single).mean()) if every.size else None,
        RMS: _rms_over_median(every),
        RMS_POSITIVE: _rms_over_median(positive),
        NOISE: noise,
        BLOCK_NOISE: in_blocks,
        LIMIT: casertano_ratio(pixfrac, scale / native) if tiles else None,
        FWHM: quadrature_fwhm(star_fwhm, native, pixfrac, scale) if star_fwhm > 0 else None,
    }


def _noise_ratios(
    tile: Tile, kernel: Kernel, pixfrac: float, native: float
) -> tuple[float | None, float | None]:
    """Return the noise correlation ratio in the limit of large blocks, and in blocks of `BLOCK`."""
    ny, nx = tile.grid.shape
    height, width = min(ny, NOISE_TILE), min(nx, NOISE_TILE)
    top, left = (ny - height) // 2, (nx - width) // 2
    box = (top, top + height, left, left + width)
    # A drop and the kernels' wings must not be cut off by the box.
    margin = math.ceil(2 * native / tile.grid.pixel_scale) + 1
    inside = np.zeros((height, width), dtype=bool)
    inside[margin:-margin, margin:-margin] = True
    # Even noise in all pixels: what is asked is what drizzling does to it.
    even = [np.ones(exposure.data.shape) for exposure in tile.exposures]
    params = DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=tile.grid)
    try:
        linear = operator(tile.exposures, params, box=box, variances=even)
        limit = limiting_noise_ratio(linear, inside & (linear.weight > 0))
    except HarnessError:
        # A tile narrower than the kernels has no pixel whose neighbours are all in it.
        return None, None
    try:
        return limit, expected_noise_ratio(linear, inside & (linear.weight > 0), BLOCK)
    except HarnessError:
        # Kernels so wide that no whole block is left between the margins.
        return limit, None


def _rms_over_median(weights: Image) -> float | None:
    median = float(np.median(weights)) if weights.size else 0.0
    return float(np.std(weights)) / median if median > 0 else None


def _cut(stage: Stage, box: Box) -> Tile:
    top, bottom, left, right = box
    y0, _, x0, _ = stage.box
    pieces = []
    for exposure in stage.exposures:
        piece = _cut_exposure(exposure, box)
        if piece is not None:
            pieces.append(piece)
    return Tile(
        grid=OutputGrid(shape=(bottom - top, right - left), pixel_scale=stage.grid.pixel_scale),
        exposures=tuple(pieces),
        mask=stage.mask[top - y0 : bottom - y0, left - x0 : right - x0].copy(),
    )


def _cut_exposure(exposure: Exposure, box: Box) -> Exposure | None:
    """Return the piece of an exposure whose drops reach a box, or None if none does."""
    top, bottom, left, right = box
    assert exposure.pixmap is not None  # noqa: S101 - the stage has set it
    pixmap: Pixmap = exposure.pixmap
    size = float(np.hypot(*(pixmap[-1, -1] - pixmap[0, 0]))) / math.hypot(*exposure.data.shape)
    reach = 3 * size + 2
    x, y = pixmap[..., 0], pixmap[..., 1]
    near = (x > left - reach) & (x < right + reach) & (y > top - reach) & (y < bottom + reach)
    if not near.any():
        return None
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    # One more on each side: those at the edge of a piece take their corners by extrapolation.
    low_y, low_x = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    part = slice(low_y, int(rows[-1]) + 2), slice(low_x, int(columns[-1]) + 2)
    return dataclasses.replace(
        exposure,
        # Copies: a view would keep the whole frame, and its shared memory, alive.
        data=exposure.data[part].copy(),
        weight_map=exposure.weight_map[part].copy(),
        pixmap=pixmap[part] - [left, top],
        wcs=None,
    )
