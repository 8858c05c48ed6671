"""The noise of a blank sky and its correlation, beside their exact values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_noise import expected_noise_ratio, output_variance
from harness.cores.oracle_operator import LinearDrizzle, operator
from harness.metrics.noise import MAD_PER_SIGMA, measure_background, measure_noise_correlation
from harness.model import DrizzledProduct, DrizzleParams, Measurement
from harness.trials.exposures import CaseExposures

BLOCK = 8
"""Output pixels: some drops wide, so that R is within a few percent of its limit."""
REGION = "centre"
UNIT = "electron/s"
"""Of scenes."""
LARGEST_BOX = 240
"""Output pixels; 900 blocks give R to 2.4 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseExpectation:
    """A box of blank sky and what must be found in it.

    Attributes
    ----------
    box : tuple of int
        (y0, y1, x0, x1), half-open, output pixels.
    ratio : float
        Noise correlation ratio by block averaging.
    background : float
        Scatter of the pixels as the median absolute deviation tells it, counts/s.
    independent : float
        How many independent pixels know that scatter as well as those of the box do.
    """

    box: tuple[int, int, int, int]
    ratio: float
    background: float
    independent: float


def expect_noise(
    ready: CaseExposures, params: DrizzleParams, covered: npt.NDArray[np.bool_]
) -> NoiseExpectation:
    """Compute the noise of a central box exactly.

    Parameters
    ----------
    ready : CaseExposures
        Exposures and grid of the case.
    params : DrizzleParams
        Of the case.
    covered : ndarray, (ny, nx), bool
        Output pixels on which all exposures fall.

    Raises
    ------
    CoreError
        If the box is too small for a block.
    UnsupportedCaseError
        If the oracle has no such kernel.
    """
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    middle = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    # A turned overlap does not hold the whole of its bounding box, but the half of it.
    reach = min(LARGEST_BOX, rows.size // 2, columns.size // 2) // 2
    box = (middle[0] - reach, middle[0] + reach, middle[1] - reach, middle[1] + reach)
    linear = operator(ready.exposures, params, box=tuple(int(edge) for edge in box))  # type: ignore[arg-type]
    inside = np.ones(linear.weight.shape, dtype=bool)
    return NoiseExpectation(
        box=linear.box,
        ratio=expected_noise_ratio(linear, inside, BLOCK),
        background=expect_background(output_variance(linear)),
        independent=count_independent(linear),
    )


def expect_background(variances: npt.NDArray[np.float64]) -> float:
    """Return the scatter that a median absolute deviation finds in Gaussians of these variances.

    Parameters
    ----------
    variances : ndarray, (ny, nx), float64
        Above zero; where they differ, the result lies below the root of their mean.

    Returns
    -------
    float
        The root of a variance.
    """
    from scipy.optimize import brentq
    from scipy.special import erf

    sigmas = np.sqrt(variances.ravel())

    def excess(deviation: float) -> float:
        return float(np.mean(erf(deviation / (math.sqrt(2) * sigmas)))) - 0.5

    return float(brentq(excess, 0.0, 2 * float(sigmas.max()))) / MAD_PER_SIGMA


def count_independent(linear: LinearDrizzle) -> float:
    """Return the number of independent pixels with as good a knowledge of their variance.

    The variance of a mean square is twice the sum of all squared covariances over the square of
    the number of pixels.
    """
    covariance = sum(
        (matrix * variance[None, :]) @ matrix.T
        for matrix, variance in zip(linear.matrices, linear.variances, strict=True)
    )
    of_pixels = covariance.diagonal()
    return float(of_pixels.sum() ** 2 / covariance.power(2).sum())


def measure_noise(
    product: DrizzledProduct, noise: NoiseExpectation
) -> tuple[Measurement, Measurement]:
    """Measure the correlation and the size of the noise in the box."""
    y0, y1, x0, x1 = noise.box
    sky = product.sci[y0:y1, x0:x1]
    return (
        measure_noise_correlation(sky, REGION, block=BLOCK, expected=noise.ratio),
        measure_background(
            sky, REGION, unit=UNIT, expected=noise.background, independent=noise.independent
        ),
    )
