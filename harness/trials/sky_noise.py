"""The noise correlation of a blank sky, beside its exact value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_operator import expected_noise_ratio, operator
from harness.metrics.noise import measure_noise_correlation
from harness.model import DrizzledProduct, DrizzleParams, Measurement
from harness.trials.exposures import CaseExposures

BLOCK = 8
"""Output pixels: some drops wide, so that R is within a few percent of its limit."""
LARGEST_BOX = 240
"""Output pixels; 900 blocks give R to 2.4 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseExpectation:
    """A box of blank sky and the ratio that block averaging must find in it."""

    box: tuple[int, int, int, int]
    ratio: float


def expect_noise(
    ready: CaseExposures, params: DrizzleParams, covered: npt.NDArray[np.bool_]
) -> NoiseExpectation:
    """Compute the noise correlation ratio of a central box exactly."""
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    middle = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    # A turned overlap does not hold the whole of its bounding box, but the half of it.
    reach = min(LARGEST_BOX, rows.size // 2, columns.size // 2) // 2
    box = (middle[0] - reach, middle[0] + reach, middle[1] - reach, middle[1] + reach)
    linear = operator(ready.exposures, params, box=tuple(int(edge) for edge in box))  # type: ignore[arg-type]
    inside = np.ones(linear.weight.shape, dtype=bool)
    return NoiseExpectation(box=linear.box, ratio=expected_noise_ratio(linear, inside, BLOCK))


def measure_noise(product: DrizzledProduct, noise: NoiseExpectation) -> Measurement:
    """Measure the correlation of the noise in the box."""
    y0, y1, x0, x1 = noise.box
    return measure_noise_correlation(
        product.sci[y0:y1, x0:x1], "centre", block=BLOCK, expected=noise.ratio
    )
