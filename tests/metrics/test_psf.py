"""Tests of harness.metrics.psf."""

import dataclasses

import numpy as np
import pytest

from harness.metrics.psf import (
    ELLIPTICITY,
    FWHM,
    PHASE_SCATTER,
    RECOVERY,
    measure_psf,
    quadrature_fwhm,
)
from harness.metrics.stars import StarFits


def fits_of(x_fwhm, y_fwhm=None):
    """Return fits of these widths."""
    x_fwhm = np.asarray(x_fwhm, dtype=float)
    y_fwhm = x_fwhm if y_fwhm is None else np.asarray(y_fwhm, dtype=float)
    zeros = np.zeros(x_fwhm.size)
    return StarFits(
        x=zeros, y=zeros, x_fwhm=x_fwhm, y_fwhm=y_fwhm, good=np.ones(x_fwhm.size, dtype=bool)
    )


def measure(fits, expected, **named):
    """Return the measurements by metric."""
    found = measure_psf(fits, expected, "here", pixel_scale=0.05, **named)
    return {one.metric: one for one in found}


def test_width_is_the_median_of_geometric_means():
    """psf.fwhm is sqrt(x y), its median over stars, in arcsec, beside the same of the truth."""
    found = measure(
        fits_of([2.0, 4.0, 9.0], [2.0, 1.0, 1.0]), fits_of([2.0, 2.0, 3.0]), intrinsic_fwhm=0.08
    )
    assert found[FWHM].value == pytest.approx(2.0 * 0.05)
    assert found[FWHM].expected == pytest.approx(2.0 * 0.05)
    assert found[FWHM].unit == "arcsec"
    assert found[FWHM].sample_size == 3
    assert found[FWHM].extras == {"over_intrinsic": pytest.approx(0.1 / 0.08)}


def test_recovery_compares_star_by_star():
    """The ratio of each star to its own expectation counts, not that of two medians."""
    found = measure(fits_of([2.0, 6.0, 4.0]), fits_of([1.0, 6.0, 4.0]))
    assert found[RECOVERY].value == pytest.approx(1.0)
    assert measure(fits_of([2.02, 6.06, 4.04]), fits_of([2.0, 6.0, 4.0]))[
        RECOVERY
    ].value == pytest.approx(1.01)
    # sqrt(pi / 2) times the standard error of the mean of ratios 2, 1, 1.
    assert found[RECOVERY].uncertainty == pytest.approx(1.2533 * 0.57735 / np.sqrt(3), rel=1e-4)


def test_the_sign_of_a_fitted_width_means_nothing():
    """A Gaussian is even in its width, so that fits may come back negative."""
    found = measure(fits_of([-2.0, 2.0, -2.0]), fits_of([2.0, 2.0, 2.0]))
    assert found[RECOVERY].value == pytest.approx(1.0)
    assert found[ELLIPTICITY].value == 0.0


def test_ellipticity_is_seen_along_either_axis():
    """Stars drawn out along x and along y are as elliptic; signs count in the scatter alone."""
    found = measure(fits_of([2.0, 1.0, 2.0], [1.0, 2.0, 1.0]), fits_of([1.0, 1.0, 1.0]))
    assert found[ELLIPTICITY].value == pytest.approx(0.5)
    assert found[ELLIPTICITY].expected == 0.0
    assert found[PHASE_SCATTER].value == pytest.approx(np.std([0.5, -0.5, 0.5], ddof=1))
    assert found[PHASE_SCATTER].expected == 0.0


def test_a_common_ellipticity_does_not_scatter():
    """What all stars share, whatever their phase, is ellipticity and no scatter of it."""
    found = measure(fits_of([2.0, 2.2, 3.0], [1.0, 1.1, 1.5]), fits_of([1.0, 1.0, 1.0]))
    assert found[PHASE_SCATTER].value == pytest.approx(0.0, abs=1e-12)
    assert found[ELLIPTICITY].value == pytest.approx(0.5)


def test_too_few_stars_are_told():
    """Below three there is no median worth the name, unless the truth is of the same pixels."""
    found = measure(fits_of([2.0, 2.0]), fits_of([2.0, 2.0]))
    assert all(one.value is None and "2 stars could" in one.reason for one in found.values())
    one = measure(fits_of([3.0]), fits_of([2.0]), fewest=1)
    assert one[RECOVERY].value == pytest.approx(1.5)
    assert one[RECOVERY].uncertainty is None
    assert one[PHASE_SCATTER].value is None


def test_stars_count_where_both_fits_are_good():
    """A star that was not fitted on either side does not count."""
    bad = dataclasses.replace(
        fits_of([2.0, 9.0, 2.0, 2.0]), good=np.array([True, False, True, True])
    )
    for found in (measure(bad, fits_of([2.0] * 4)), measure(fits_of([2.0] * 4), bad)):
        assert found[RECOVERY].sample_size == 3
        assert found[RECOVERY].value == pytest.approx(1.0)


def test_what_the_truth_has_is_missed():
    """Where the product has no star, the expectation stays, unless the truth has none either."""
    none = np.zeros(3, dtype=bool)
    lost = measure(dataclasses.replace(fits_of([2.0] * 3), good=none), fits_of([2.0] * 3))
    assert [one.expected for one in lost.values()] == pytest.approx([0.1, 1.0, 0.0, 0.0])
    both = dataclasses.replace(fits_of([2.0] * 3), good=none)
    assert [one.expected for one in measure(both, both).values()] == [None] * 4


def test_quadrature_adds_variances():
    """A boxcar of width w has variance w^2 / 12; variances of what is convolved add."""
    sigma = np.sqrt((0.15 / 2.3548) ** 2 + (0.13**2 + 0.078**2 + 0.065**2) / 12)
    assert quadrature_fwhm(0.15, 0.13, 0.6, 0.065) == pytest.approx(2.3548 * sigma)
    found = measure(fits_of([2.0] * 3), fits_of([2.0] * 3), quadrature=0.11)
    assert found[FWHM].extras == {"quadrature": 0.11}
