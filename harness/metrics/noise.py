"""How the noise of neighbouring output pixels hangs together."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError
from harness.metrics.blocks import find_median, standard_deviation
from harness.metrics.selection import Image, count_not_finite, unmeasured
from harness.model import Measurement
from harness.rows import row_blocks

CORRELATION = "noise.correlation_ratio"
BACKGROUND = "noise.background"
MAD_PER_SIGMA = 0.6744897501960817
"""Median absolute deviation of a Gaussian."""
MAD_ERROR = 1.17
"""Relative standard error of a scatter from the median deviation, times the root of the sample."""
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
    cut = sci[: rows * block, : columns * block]
    if count < FEWEST_BLOCKS or count_not_finite(cut, np.ones(cut.shape, dtype=bool)):
        return unmeasured(
            CORRELATION, "", region, f"{count} blocks, {FEWEST_BLOCKS} covered ones are needed"
        )
    sums = cut.reshape(rows, block, columns, block).sum(axis=(1, 3), dtype=np.float64)
    _, deviation = standard_deviation(
        lambda: (cut[part].ravel() for part in row_blocks(cut.shape)), cut.size
    )
    variance = deviation**2 * cut.size / (cut.size - 1)
    ratio = math.sqrt(float(sums.var(ddof=1)) / (block**2 * variance))
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


def measure_background(
    sci: Image,
    region: str,
    *,
    unit: str,
    expected: float | None = None,
    independent: float | None = None,
) -> Measurement:
    """Measure the noise of a pixel on blank sky from the median absolute deviation.

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        A box of blank sky.
    region : str
        Name of the box.
    unit : str
        Of the science values.
    expected : float, optional
        The exact value for this dither.
    independent : float, optional
        How many independent values know the noise as well as these correlated pixels do; all
        pixels where not given.

    Returns
    -------
    Measurement
        noise.background: the median absolute deviation over that of a standard Gaussian. No
        value where nothing is covered, or where all values are the same.
    """
    size = sum(values.size for values in _covered(sci))
    middle = find_median(lambda: _covered(sci), size)
    if middle is None or all((values == middle).all() for values in _covered(sci)):
        reason = "the sky carries no noise, or no weight"
        return unmeasured(BACKGROUND, unit, region, reason, expected=expected)
    deviation = find_median(lambda: map(abs, _covered(sci, middle)), size)
    noise = (deviation or 0.0) / MAD_PER_SIGMA
    return Measurement(
        metric=BACKGROUND,
        value=noise,
        unit=unit,
        region=region,
        sample_size=size,
        expected=expected,
        uncertainty=MAD_ERROR * noise / math.sqrt(independent or size),
    )


def _covered(sci: Image, level: float = 0.0) -> Iterator[npt.NDArray[np.float64]]:
    """Go through the finite values, less a level, in blocks of rows."""
    for rows in row_blocks(sci.shape):
        values = sci[rows].astype(np.float64)
        yield values[np.isfinite(values)] - level


def flatten_sky(sky: Image) -> npt.NDArray[np.float64]:
    """Take off the plane that fits best, so that a slope of the sky is no correlation.

    Parameters
    ----------
    sky : ndarray, (ny, nx)
        Not finite where there is no value; it stays so.

    Returns
    -------
    ndarray, (ny, nx), float64
        The sky less the plane; as it is with fewer than four finite pixels.
    """
    y, x = np.indices(sky.shape, dtype=np.float64)
    good = np.isfinite(sky)
    flat: npt.NDArray[np.float64] = sky.astype(np.float64)
    if np.count_nonzero(good) < 4:
        return flat
    terms = np.stack([np.ones_like(x), x, y], axis=-1)
    slope, *_ = np.linalg.lstsq(terms[good], flat[good], rcond=None)
    flat -= terms @ slope
    return flat


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
