"""How the noise of neighbouring output pixels hangs together."""

from __future__ import annotations

import math

import numpy as np

from harness.errors import MetricError
from harness.metrics.selection import Image, unmeasured
from harness.model import Measurement

CORRELATION = "noise.correlation_ratio"
FEWEST_BLOCKS = 50
"""Below which the ratio is known to no better than 10 %."""


def measure_noise_correlation(
    sci: Image, region: str, *, block: int, expected: float | None = None
) -> Measurement:
    """Measure R by block averaging on blank sky.

    R^2 is the variance of the sums of square blocks over the number of pixels in a block times
    the variance of a pixel (Fruchter & Hook 2002, section 7); 1 without correlation.

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        A box of blank sky, all pixels covered. Blocks lie side by side from its first pixel.
    region : str
        Name of the box.
    block : int
        Side of a block, pixels.
    expected : float, optional
        The exact value for this dither.

    Returns
    -------
    Measurement
        noise.correlation_ratio; the sample is the blocks.
    """
    rows, columns = sci.shape[0] // block, sci.shape[1] // block
    count = rows * columns
    cut = sci[: rows * block, : columns * block].astype(np.float64)
    if count < FEWEST_BLOCKS or not np.isfinite(cut).all():
        return unmeasured(
            CORRELATION, "", region, f"{count} blocks, {FEWEST_BLOCKS} covered ones are needed"
        )
    sums = cut.reshape(rows, block, columns, block).sum(axis=(1, 3))
    ratio = math.sqrt(float(sums.var(ddof=1)) / (block**2 * float(cut.var(ddof=1))))
    return Measurement(
        metric=CORRELATION,
        value=ratio,
        unit="",
        region=region,
        sample_size=count,
        expected=expected,
        # Relative error of a standard deviation of `count` independent values.
        uncertainty=ratio / math.sqrt(2 * (count - 1)),
    )


def casertano_ratio(pixfrac: float, scale: float) -> float:
    """Return R in the limit of many dithers (inverse root of Casertano et al. 2000, appendix).

    Parameters
    ----------
    pixfrac : float
        Drop over input pixel.
    scale : float
        Output pixel over input pixel.

    Raises
    ------
    MetricError
        If either is not positive.
    """
    if not (pixfrac > 0 and scale > 0):
        raise MetricError(f"pixfrac is {pixfrac}, scale {scale}", where=CORRELATION)
    r = pixfrac / scale
    return r / (1 - 1 / (3 * r)) if r >= 1 else 1 / (1 - r / 3)
