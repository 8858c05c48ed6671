"""Tests of harness.metrics.noise."""

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.noise import (
    casertano_ratio,
    flatten_sky,
    measure_background,
    measure_noise_correlation,
)


@pytest.fixture(scope="module")
def sky():
    """Give independent noise of scatter 2 about 7."""
    return 7.0 + 2.0 * np.random.default_rng(3).standard_normal((320, 320))


def test_independent_pixels_are_not_correlated(sky):
    """R is 1 within its error."""
    found = measure_noise_correlation(sky, "sky", block=8, expected=1.0)
    assert abs(found.value - 1.0) < 3 * found.uncertainty
    assert found.uncertainty == pytest.approx(1 / np.sqrt(2 * 1599), rel=0.1)
    assert found.sample_size == 1600


def test_smoothing_correlates_by_its_sum(sky):
    """A kernel that adds two by two pixels has R = 2 in large blocks, less in small ones."""
    smooth = sky[:-1, :-1] + sky[1:, :-1] + sky[:-1, 1:] + sky[1:, 1:]
    found = measure_noise_correlation(smooth, "sky", block=16)
    # Of each row of a block, the last pixel has half of its partners in the next block.
    expected = 2.0 * (1 - 1 / (4 * 16)) ** 2
    assert abs(found.value - expected) < 0.02 * expected + 3 * found.uncertainty


def test_holes_and_few_blocks_give_no_value(sky):
    """Blocks with a hole, or fewer than fifty, say nothing of the correlation."""
    hole = sky.copy()
    hole[100, 100] = np.nan
    assert measure_noise_correlation(hole, "sky", block=8).value is None
    few = measure_noise_correlation(sky[:40, :40], "sky", block=8)
    assert few.value is None
    assert few.reason == "25 blocks, 50 covered ones are needed"


def test_background_is_the_scatter_of_a_pixel(sky):
    """The median absolute deviation finds the standard deviation of a Gaussian."""
    found = measure_background(sky, "sky", unit="electron/s")
    assert abs(found.value - 2.0) < 3 * found.uncertainty
    assert found.uncertainty == pytest.approx(1.17 * 2.0 / 320, rel=0.02)
    assert found.unit == "electron/s"


def test_background_does_not_mind_stars_and_holes(sky):
    """One pixel in a hundred that holds a star or nothing hardly moves it."""
    marred = sky.copy()
    marred[::20, ::20] = 1e6
    marred[::20, 1::20] = np.nan
    found = measure_background(marred, "sky", unit="")
    assert found.value == pytest.approx(2.0, rel=0.02)
    assert found.sample_size == sky.size - 256


def test_correlated_pixels_know_less(sky):
    """The error follows the number of independent pixels, where it is given."""
    found = measure_background(sky, "sky", unit="", independent=100.0, expected=2.0)
    assert found.uncertainty == pytest.approx(1.17 * found.value / 10)
    assert found.expected == 2.0


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_sky_without_noise_is_told(value):
    """A constant, or nothing, has no noise to measure."""
    found = measure_background(np.full((9, 9), value), "sky", unit="")
    assert found.value is None
    assert found.reason == "the sky carries no noise, or no weight"


def test_a_slope_is_taken_off(sky):
    """A plane under the noise vanishes; holes stay holes."""
    y, x = np.indices(sky.shape)
    slope = sky + 0.5 * x - 0.25 * y
    slope[5, 7] = np.nan
    flat = flatten_sky(slope)
    assert np.isnan(flat[5, 7])
    assert np.nanstd(flat) == pytest.approx(2.0, rel=0.02)
    assert np.isnan(flatten_sky(np.full((3, 3), np.nan))).all()


@pytest.mark.parametrize(
    ("pixfrac", "scale", "expected"),
    [(1.0, 1.0, 1.5), (1.0, 0.5, 2 / (1 - 1 / 6)), (0.5, 1.0, 1 / (1 - 0.5 / 3))],
)
def test_casertano_formula(pixfrac, scale, expected):
    """Both branches, and where they meet (Fruchter & Hook 2002, section 7)."""
    assert casertano_ratio(pixfrac, scale) == pytest.approx(expected)


def test_casertano_formula_needs_drops():
    """A drop without size has no ratio."""
    with pytest.raises(MetricError, match="pixfrac is 0"):
        casertano_ratio(0.0, 1.0)
