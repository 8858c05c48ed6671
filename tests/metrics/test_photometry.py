"""Tests of harness.metrics.photometry."""

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.photometry import (
    measure_aperture_scatter,
    measure_flux_ratio,
    measure_weight_conservation,
    sum_apertures,
)


def test_apertures_are_cut_exactly():
    """The sum over ones is the area of the circle, wherever its centre falls."""
    x, y = np.array([20.0, 20.37, 19.5]), np.array([20.0, 20.81, 19.5])
    sums = sum_apertures(np.ones((40, 40), np.float32), x, y, radius=4.3)
    assert sums == pytest.approx(np.pi * 4.3**2, rel=1e-9)


def test_apertures_must_be_whole():
    """Over the edge or over a hole there is no sum; a hole outside the circle does not matter."""
    image = np.ones((40, 40))
    image[20, 20] = np.nan
    x, y = np.array([2.0, 20.0, 27.0, 37.0]), np.array([20.0, 22.0, 20.0, 20.0])
    sums = sum_apertures(image, x, y, radius=4.0)
    assert np.isnan(sums).tolist() == [True, True, False, True]
    # The corner of the square about the circle holds the hole.
    assert np.isfinite(sum_apertures(image, np.array([23.9]), np.array([23.9]), radius=4.0)).all()


def test_no_star_is_no_sum():
    """Without stars there is nothing to sum."""
    assert sum_apertures(np.ones((9, 9)), np.empty(0), np.empty(0), radius=2.0).size == 0


def test_flux_ratio_is_the_median_over_stars():
    """One bad star does not move it; its error is that of a median."""
    expected = np.full(5, 10.0)
    found = measure_flux_ratio(
        np.array([9.9, 9.9, 9.9, 20.0, 9.9]), expected, "here", truth=np.full(5, 11.0)
    )
    assert found.value == pytest.approx(0.99)
    assert found.expected == 1.0
    assert found.extras == {"over_truth": pytest.approx(0.9)}
    assert found.uncertainty > 0


def test_flux_ratio_leaves_out_what_cannot_be_compared():
    """Apertures that are not whole, and expectations without light, do not count."""
    sums = np.array([10.0, np.nan, 10.0, 10.0, 10.0])
    expected = np.array([10.0, 10.0, np.nan, -1.0, 10.0])
    found = measure_flux_ratio(sums, expected, "here")
    assert found.value is None
    assert found.reason == "2 apertures are whole, 3 are needed"
    assert measure_flux_ratio(sums, expected, "here", fewest=1).value == 1.0
    assert measure_flux_ratio(sums[:1], expected[:1], "here", fewest=1).uncertainty is None


def test_scatter_is_about_the_true_fluxes():
    """The scatter of sums over truths is compared with that of the oracle's."""
    truth = np.array([1.0, 2.0, 4.0, 8.0])
    found = measure_aperture_scatter(truth * [1.0, 1.1, 0.9, 1.0], truth * 0.98, truth, "here")
    assert found.value == pytest.approx(np.std([1.0, 1.1, 0.9, 1.0], ddof=1))
    assert found.expected == pytest.approx(0.0, abs=1e-12)
    few = measure_aperture_scatter(truth[:2], truth[:2], truth[:2], "here")
    assert few.value is None
    assert few.reason == "2 apertures are whole, 3 are needed"


def test_weight_is_summed_in_double_precision():
    """A weight of 1e-9 beside one of 1 is not lost in the sum of many."""
    wht = np.full((1000, 1000), 0.1, dtype=np.float32)
    found = measure_weight_conservation(wht, 1e6 * float(np.float32(0.1)), "output")
    assert found.value == pytest.approx(1.0, abs=1e-12)
    assert found.sample_size == 10**6


@pytest.mark.parametrize("given", [0.0, -1.0, np.nan])
def test_weight_must_have_been_given(given):
    """Without input weight there is nothing to conserve."""
    with pytest.raises(MetricError, match="input weights add up to"):
        measure_weight_conservation(np.ones((2, 2)), given, "output")
