"""Tests of harness.metrics.gaussian."""

import warnings

import numpy as np
import pytest
from astropy.table import QTable
from photutils.psf import GaussianPSF, PSFPhotometry

from harness.metrics.gaussian import fit_gaussians

SIDE = 9
FWHM = 2.8
APART = 1e-5
"""Pixels between two fits of one star: `PSFPhotometry` stops at steps of 1e-7, and comes nearer by
no more than a factor of ten with each where a Gaussian describes a star badly."""


@pytest.fixture(scope="module")
def stamps():
    """Give stars that no Gaussian describes: wide wings, one pixel integrated, on noise."""
    generator = np.random.default_rng(7)
    x, y = SIDE // 2 + generator.uniform(-0.5, 0.5, (2, 30))
    fine = (np.arange(SIDE * 5) + 0.5) / 5 - 0.5
    v, u = np.meshgrid(fine, fine, indexing="ij")
    squares = ((u - x[:, None, None]) / 1.2) ** 2 + ((v - y[:, None, None]) / 1.5) ** 2
    drawn = (100 / (1 + squares) ** 2.5).reshape(30, SIDE, 5, SIDE, 5).mean(axis=(2, 4))
    return drawn + generator.normal(0, 1, drawn.shape), x, y


def fit_by_photutils(stamps, x, y):
    """Return the table of `PSFPhotometry` on stamps that stand side by side."""
    model = GaussianPSF(x_fwhm=FWHM, y_fwhm=FWHM)
    model.x_fwhm.fixed = model.y_fwhm.fixed = False
    shift = np.arange(len(x)) * SIDE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        photometry = PSFPhotometry(model, fit_shape=SIDE, aperture_radius=FWHM)
        found = photometry(
            np.concatenate(stamps, axis=1), init_params=QTable({"x": x + shift, "y": y})
        )
    found["x_fit"] -= shift
    return found


def test_fits_are_those_of_photutils(stamps):
    """All five parameters are those that `PSFPhotometry` finds, to its own tolerance."""
    drawn, x, _ = stamps
    # It centres its stamps on the pixel of the place: here all of them on the middle.
    middle = np.full(x.size, SIDE // 2, dtype=float)
    fits = fit_gaussians(drawn, middle, middle, fwhm=FWHM)
    found = fit_by_photutils(drawn, middle, middle)
    assert fits.settled.all()
    assert np.ptp(fits.x) > 0.5
    for name in ("x", "y", "x_fwhm", "y_fwhm"):
        assert np.abs(getattr(fits, name) - found[f"{name}_fit"]).max() < APART
    assert fits.flux == pytest.approx(np.asarray(found["flux_fit"]), rel=APART)


def test_fits_are_least_squares(stamps):
    """No parameter can be changed to either side without a larger sum of squares."""
    drawn, x, y = stamps
    fits = fit_gaussians(drawn, x, y, fwhm=FWHM)
    v, u = np.mgrid[:SIDE, :SIDE]

    def squares(**changed):
        told = {name: getattr(fits, name) for name in ("flux", "x", "y", "x_fwhm", "y_fwhm")}
        told = {name: values[:, None, None] for name, values in (told | changed).items()}
        model = GaussianPSF().evaluate(
            u, v, told["flux"], told["x"], told["y"], told["x_fwhm"], told["y_fwhm"], 0.0
        )
        return ((drawn - model) ** 2).sum(axis=(1, 2))

    for name in ("flux", "x", "y", "x_fwhm", "y_fwhm"):
        for step in (-1e-3, 1e-3):
            assert (squares(**{name: getattr(fits, name) + step}) > squares()).all()


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_without_light_nothing_settles(stamps, value):
    """A stamp without light is not fitted, and spoils no other."""
    drawn, x, y = (part.copy() for part in stamps)
    whole = fit_gaussians(drawn, x, y, fwhm=FWHM)
    drawn[3] = value
    fits = fit_gaussians(drawn, x, y, fwhm=FWHM)
    assert np.flatnonzero(~fits.settled).tolist() == [3]
    others = np.arange(x.size) != 3
    assert np.array_equal(fits.x[others], whole.x[others])


def test_noise_alone_fails_nowhere():
    """Where there is no star at all, fits may run anywhere, without an error or a warning."""
    generator = np.random.default_rng(3)
    noise = generator.normal(0, 1, (200, SIDE, SIDE))
    middle = np.full(200, SIDE / 2)
    fits = fit_gaussians(noise, middle, middle, fwhm=FWHM)
    assert 0 < np.count_nonzero(fits.settled) < 200
