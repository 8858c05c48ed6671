"""What the geometry alone says of every pixfrac, by the oracle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.cores.oracle import combine
from harness.cores.oracle_noise import expected_noise_ratio, limiting_noise_ratio
from harness.cores.oracle_operator import operator
from harness.errors import HarnessError
from harness.metrics.field import native_scale_of
from harness.metrics.noise import casertano_ratio
from harness.metrics.psf import quadrature_fwhm
from harness.metrics.selection import Image
from harness.model import DrizzleParams, Kernel
from harness.sweep.sample import Sample, Tile
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
NOISE_TILE = 40
"""Output pixels a side for the covariance: with a margin of two drops a thousand pixels remain."""


def prediction_pixfracs(asked: Sequence[float]) -> tuple[float, ...]:
    """Return the pixfracs of the curves: those asked for, and steps of `STEP` from 0.1 to 1."""
    steps = [round(STEP * index, 10) for index in range(2, round(1 / STEP) + 1)]
    return tuple(sorted({*steps, *(value for value in asked if value > 0)}))


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
