"""The pixel that exceeds its allowance most."""

import numpy as np

from harness.metrics.allowance import GAUSSIAN, Allowance, weight_allowance
from harness.metrics.deviation import find_deviation

ALLOWANCE = Allowance(allow=weight_allowance, kernel="gaussian", contributions=1)
DIFFERENCES = 0.1 + 0.001 * np.arange(400.0)


def select_all(shape):
    """Return the function that selects every pixel of a block of rows."""
    return lambda rows: np.ones((len(range(*rows.indices(shape[0]))), shape[1]), dtype=bool)


def test_every_single_pixel_is_found():
    """Whatever its size: a quotient by the allowance, times it, may round above the size itself."""
    rounded_up = DIFFERENCES / GAUSSIAN * GAUSSIAN > DIFFERENCES
    assert rounded_up.any()
    for difference in DIFFERENCES:
        actual = np.zeros((3, 4))
        actual[1, 2] = difference
        worst = find_deviation(actual, np.zeros((3, 4)), select_all((3, 4)), ALLOWANCE)
        assert (worst.x, worst.y, worst.delta) == (2, 1, difference)
        assert worst.ratio == difference / GAUSSIAN
