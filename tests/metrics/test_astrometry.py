"""Tests of harness.metrics.astrometry."""

import numpy as np
import pytest

from harness.metrics.astrometry import measure_offset, measure_scatter
from harness.metrics.stars import StarFits

X, Y = np.array([10.2, 30.7, 50.1, 70.9]), np.array([12.0, 8.0, 15.5, 20.25])


def fits_at(x, y, good=None):
    """Return fits at these places."""
    ones = np.ones(x.size)
    return StarFits(
        x=x, y=y, x_fwhm=ones, y_fwhm=ones, good=ones.astype(bool) if good is None else good
    )


def test_offset_is_the_length_of_the_median_shift():
    """A shift of (0.03, 0.04) pixels of 0.1 arcsec is 5 mas; one star that is off hardly counts."""
    x = X + 0.03
    x[2] += 5.0
    found = measure_offset(
        fits_at(x, Y + 0.04), fits_at(X, Y), "here", pixel_scale=0.1, truth=(X, Y)
    )
    assert found.value == pytest.approx(5.0)
    assert found.unit == "mas"
    assert found.extras["pixels"] == pytest.approx(0.05)
    assert (found.extras["x"], found.extras["y"]) == pytest.approx((0.03, 0.04))
    assert found.uncertainty > 0


def test_opposite_shifts_do_not_hide_behind_their_length():
    """Stars that scatter about their places have no common offset."""
    shift = np.array([0.1, -0.1, 0.1, -0.1])
    found = measure_offset(fits_at(X + shift, Y), fits_at(X, Y), "here", pixel_scale=0.1)
    assert found.value == pytest.approx(0.0, abs=1e-9)


def test_offset_needs_stars():
    """Below three there is no offset, unless the truth is of the same pixels."""
    good = np.array([True, False, False, True])
    few = measure_offset(fits_at(X, Y, good), fits_at(X, Y), "here", pixel_scale=0.1)
    assert few.value is None
    assert few.reason == "2 stars could be fitted, 3 are needed"
    one = measure_offset(fits_at(X, Y, good), fits_at(X, Y), "here", pixel_scale=0.1, fewest=1)
    assert one.value == 0.0
    assert one.uncertainty is None


def test_scatter_leaves_out_the_common_offset():
    """Only what differs from star to star scatters: the rms per axis, in mas and pixels."""
    shift = np.array([0.02, -0.02, 0.02, -0.02])
    seen = fits_at(X + 0.5 + shift, Y - 0.3)
    found = measure_scatter(seen, fits_at(X, Y), (X, Y), "here", pixel_scale=0.1)
    assert found.value == pytest.approx(100 * 0.02 / np.sqrt(2))
    assert found.extras["pixels"] == pytest.approx(0.02 / np.sqrt(2))
    assert found.expected == pytest.approx(0.0, abs=1e-12)
    few = measure_scatter(
        fits_at(X[:2], Y[:2]), fits_at(X[:2], Y[:2]), (X[:2], Y[:2]), "here", pixel_scale=0.1
    )
    assert few.value is None
