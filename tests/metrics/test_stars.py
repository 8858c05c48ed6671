"""Tests of harness.metrics.stars."""

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.stars import cut_stars, fit_stars, half_maximum_widths

SHAPE = (120, 160)


def test_fits_find_places_and_widths(draw, places):
    """Of Gaussians, a fit finds centre and both widths to a millionth of a pixel."""
    x, y = places
    fits = fit_stars(draw(SHAPE, x, y, np.full(12, 100.0), 3.0, 2.4), x + 0.3, y - 0.2, fwhm=2.5)
    assert fits.good.all()
    assert np.abs(fits.x - x).max() < 1e-6
    assert np.abs(fits.y - y).max() < 1e-6
    assert np.abs(np.abs(fits.x_fwhm) - 3.0).max() < 1e-6
    assert np.abs(np.abs(fits.y_fwhm) - 2.4).max() < 1e-6


def test_stars_that_cannot_be_fitted_are_told(draw, places):
    """At the edge, in a hole, without light and without a place, a star is not good."""
    x, y = (values[:5].copy() for values in places)
    image = draw(SHAPE, x, y, np.array([100.0, 100.0, -100.0, 100.0, 100.0]), 2.5)
    image[round(y[1]), round(x[1])] = np.nan
    x[0], x[3] = 1.0, np.nan
    fits = fit_stars(image, x, y, fwhm=2.5)
    assert fits.good.tolist() == [False, False, False, False, True]


def test_a_star_that_is_elsewhere_is_not_taken(draw):
    """A fit that runs off to a neighbour is not good."""
    image = draw((60, 60), np.array([30.0]), np.array([30.0]), np.array([100.0]), 2.5)
    fits = fit_stars(image, np.array([26.0]), np.array([30.0]), fwhm=2.5)
    assert not fits.good.any()


@pytest.mark.parametrize("fwhm", [0.0, -1.0, np.nan])
def test_a_guess_must_be_a_width(fwhm):
    """A guess that is no width is an error that names it."""
    with pytest.raises(MetricError, match=f"guess of the FWHM is {fwhm}"):
        fit_stars(np.zeros((9, 9)), np.array([4.0]), np.array([4.0]), fwhm=fwhm)


def test_no_star_is_no_fit():
    """Without stars there is nothing to fit, and nothing fails."""
    fits = fit_stars(np.zeros((9, 9)), np.empty(0), np.empty(0), fwhm=2.0)
    assert fits.good.size == 0


def test_cut_stars_are_fitted_as_on_the_image(draw, places):
    """Side by side, less the sky, stars have the fits of the whole image; beyond its edge none."""
    x, y = (np.concatenate([values, [2.2, np.nan]]) for values in places)
    image = (5.0 + draw(SHAPE, *places, np.full(12, 100.0), 3.0, 2.4)).astype(np.float32)
    stamps, at_x, at_y = cut_stars(image, x, y, reach=9, level=5.0)
    assert (stamps.shape, stamps.dtype) == ((19, 14 * 19), image.dtype)
    fits = fit_stars(stamps, at_x, at_y, fwhm=2.5)
    whole = fit_stars(image - np.float32(5.0), x, y, fwhm=2.5)
    assert fits.good.tolist() == whole.good.tolist() == [True] * 12 + [False] * 2
    assert np.abs(fits.x + x - at_x - whole.x)[:12].max() < 1e-9
    assert np.abs(fits.y_fwhm - whole.y_fwhm)[:12].max() < 1e-9


def test_widths_at_half_maximum_need_no_profile(draw, places):
    """The area above half of the peak is that of a circle of the FWHM, within a pixel's grain."""
    x, y = places
    widths = half_maximum_widths(draw(SHAPE, x, y, np.full(12, 9.0), 8.0), x, y, reach=12)
    assert np.abs(widths - 8.0).max() < 0.35


def test_widths_at_half_maximum_see_one_star_each(draw):
    """A brighter neighbour that is apart does not count; beyond the edge there is no width."""
    x, y = np.array([20.0, 32.0, 2.0]), np.array([20.0, 20.0, 20.0])
    image = draw((40, 60), x, y, np.array([10.0, 100.0, 10.0]), 4.0)
    image[0, 0] = np.nan
    widths = half_maximum_widths(image, x, y, reach=9)
    assert widths[0] == pytest.approx(4.0, abs=0.5)
    assert np.isnan(widths[2])
