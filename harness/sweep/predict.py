"""What the geometry alone says of every pixfrac, by the oracle."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.cores.oracle import combine
from harness.cores.oracle_noise import expected_noise_ratio, limiting_noise_ratio
from harness.cores.oracle_operator import operator
from harness.errors import HarnessError
from harness.metrics.field import native_scale_of
from harness.metrics.noise import casertano_ratio
from harness.metrics.psf import quadrature_fwhm
from harness.metrics.selection import Image
from harness.model import DrizzleParams, Exposure, Kernel, OutputGrid
from harness.sweep.pieces import REACH, Box, cut_exposure
from harness.sweep.stage import Stage

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


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """What is drizzled exactly.

    Attributes
    ----------
    parts : Tile or None
        All parts, one above the other, so that one call drizzles them; None without any.
    noise : Tile or None
        The part whose covariance is worked out.
    whole : bool
        Whether the parts are the whole region, so that values can be compared one by one.
    """

    parts: Tile | None
    noise: Tile | None
    whole: bool


def take_sample(stage: Stage) -> Sample:
    """Cut out what is drizzled exactly: the region if it is small, else five parts of it.

    The phases of the exposures drift over a distorted field, so that one part is no sample of
    the whole: they lie about pixels of the region that are evenly spread in the order of its rows.
    """
    y0, y1, x0, x1 = stage.box
    if max(y1 - y0, x1 - x0) <= WHOLE:
        tile = _cut(stage, stage.box)
        return Sample(parts=tile, noise=tile, whole=True)
    per_row = np.count_nonzero(stage.mask, axis=1)
    ends = np.cumsum(per_row)
    tiles = []
    for number in range(TILES):
        at = int((number + 0.5) / TILES * ends[-1])
        y = int(np.searchsorted(ends, at, side="right"))
        x = int(np.flatnonzero(stage.mask[y])[at - ends[y] + per_row[y]])
        top = min(max(y0 + y - TILE // 2, y0), max(y1 - TILE, y0))
        left = min(max(x0 + x - TILE // 2, x0), max(x1 - TILE, x0))
        tile = _cut(stage, (top, min(top + TILE, y1), left, min(left + TILE, x1)))
        if tile.mask.any() and tile.exposures:
            tiles.append(tile)
    if not tiles:
        return Sample(parts=None, noise=None, whole=False)
    return Sample(parts=_pile_up(tiles), noise=tiles[0], whole=False)


def predict_point(
    sample: Sample, kernel: Kernel, pixfrac: float, native: float
) -> dict[str, float | None]:
    """Return what the geometry predicts for one kernel, scale and pixfrac; stars are not asked.

    Returns
    -------
    dict
        coverage.hole_fraction, coverage.single_fraction, weight.rms_over_median,
        weight.rms_over_median_positive, noise.correlation_ratio (exact, in the limit of large
        blocks, for even noise), noise.block_ratio (the same in blocks of `BLOCK`), and
        noise.casertano_ratio (the limit of many dithers, square drops). None where it is not
        defined.
    """
    every, single, scale = np.empty(0), np.empty(0), 0.0
    if sample.parts is not None:
        parts, scale = sample.parts, sample.parts.grid.pixel_scale
        params = DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=parts.grid)
        exact = combine(parts.exposures, params)
        every = exact.wht[parts.mask]
        single = np.bitwise_count(exact.ctx.view(np.uint32)).sum(axis=0)[parts.mask] == 1
    positive = every[every > 0]
    noise, in_blocks = (
        (None, None)
        if sample.noise is None
        else _noise_ratios(sample.noise, kernel, pixfrac, native)
    )
    return {
        HOLES: float(np.mean(every == 0)) if every.size else None,
        SINGLE: float(single.mean()) if every.size else None,
        RMS: _rms_over_median(every),
        RMS_POSITIVE: _rms_over_median(positive),
        NOISE: noise,
        BLOCK_NOISE: in_blocks,
        LIMIT: casertano_ratio(pixfrac, scale / native) if scale else None,
    }


def predict_width(stage: Stage, pixfrac: float) -> float | None:
    """Return the FWHM of stars, arcsec: widths added in quadrature; None without stars."""
    if not stage.star_fwhm > 0:
        return None
    native = native_scale_of(stage.exposures)
    return quadrature_fwhm(stage.star_fwhm, native, pixfrac, stage.grid.pixel_scale)


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


def _pile_up(tiles: Sequence[Tile]) -> Tile:
    """Return one tile that holds all, one above the other.

    The pieces of an exposure become one frame; rows and columns without position keep them
    apart. The drops along a piece's border then have no corners, and reached no tile before.
    """
    height = max(tile.grid.shape[0] for tile in tiles)
    width = max(tile.grid.shape[1] for tile in tiles)
    # Free rows between the tiles: a piece reaches `REACH` pixels and two more beyond its tile,
    # and the wings of its outermost drops as far again.
    step = height + 4 * REACH * max(
        math.ceil(one.pixel_scale / tile.grid.pixel_scale)
        for tile in tiles
        for one in tile.exposures
    )
    mask = np.zeros((step * len(tiles), width), dtype=bool)
    pieces: dict[tuple[str, int], list[tuple[int, Exposure]]] = {}
    for number, tile in enumerate(tiles):
        ny, nx = tile.grid.shape
        mask[number * step : number * step + ny, :nx] = tile.mask
        for exposure in tile.exposures:
            pieces.setdefault((exposure.name, exposure.chip), []).append((number, exposure))
    return Tile(
        grid=OutputGrid(shape=mask.shape, pixel_scale=tiles[0].grid.pixel_scale),
        exposures=tuple(_join(found, step) for found in pieces.values()),
        mask=mask,
    )


def _join(pieces: Sequence[tuple[int, Exposure]], step: int) -> Exposure:
    """Return the pieces of one exposure as one frame; each is moved up by its tile's number."""
    rows = sum(exposure.data.shape[0] + 1 for _, exposure in pieces)
    columns = max(exposure.data.shape[1] for _, exposure in pieces) + 1
    data = np.zeros((rows, columns), dtype=np.float32)
    weight = np.zeros((rows, columns), dtype=np.float32)
    pixmap = np.full((rows, columns, 2), np.nan)
    row = 0
    for number, exposure in pieces:
        assert exposure.pixmap is not None  # noqa: S101 - the stage has set it
        ny, nx = exposure.data.shape
        place = slice(row, row + ny), slice(0, nx)
        data[place], weight[place] = exposure.data, exposure.weight_map
        pixmap[place] = exposure.pixmap + np.array([0.0, number * step])
        row += ny + 1
    return dataclasses.replace(pieces[0][1], data=data, weight_map=weight, pixmap=pixmap)


def _cut(stage: Stage, box: Box) -> Tile:
    top, bottom, left, right = box
    y0, _, x0, _ = stage.box
    pieces = []
    for exposure in stage.exposures:
        piece = cut_exposure(exposure, box)
        if piece is not None:
            pieces.append(piece)
    return Tile(
        grid=OutputGrid(shape=(bottom - top, right - left), pixel_scale=stage.grid.pixel_scale),
        exposures=tuple(pieces),
        mask=stage.mask[top - y0 : bottom - y0, left - x0 : right - x0].copy(),
    )
