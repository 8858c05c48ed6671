"""Star fields: isolation by brute force, flux ranges, places on the sky, errors."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from harness.errors import SceneError
from harness.scenes.seeds import make_generator
from harness.scenes.stars import (
    BRIGHTEST_OVER_FAINTEST,
    ISOLATION,
    find_isolated,
    lay_isolated_grid,
    place_on_sky,
    scatter_field,
)

FWHM = 0.15


def test_isolation_is_that_of_brute_force():
    """The flag is the distance to the nearest other star, over all pairs."""
    offsets = make_generator(3, "test").uniform(-10, 10, (150, 2))
    apart = np.hypot(*(offsets[:, None] - offsets).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    expected = apart.min(axis=1) > ISOLATION * FWHM
    assert 10 < expected.sum() < 140
    np.testing.assert_array_equal(find_isolated(offsets, FWHM), expected)


def test_lone_star_and_none_are_isolated():
    """One star has no neighbour, and no star needs none."""
    assert find_isolated(np.zeros((1, 2)), FWHM).tolist() == [True]
    assert find_isolated(np.zeros((0, 2)), FWHM).shape == (0,)


def test_grid_is_isolated_and_inside():
    """All stars of the lattice are isolated, within the field, at all phases."""
    offsets, flux = lay_isolated_grid((30.0, 20.0), FWHM, 500.0, make_generator(1, "test"))
    assert len(offsets) == 13 * 8
    assert find_isolated(offsets, FWHM).all()
    assert (np.abs(offsets) < [15.0, 10.0]).all()
    assert flux.max() <= 500.0
    assert flux.min() >= 500.0 / BRIGHTEST_OVER_FAINTEST
    phases = np.histogram(offsets / 0.13 % 1, bins=4, range=(0, 1))[0]
    assert phases.min() > 30


def test_field_too_small_for_a_star_is_refused():
    """The error tells how large a field must be."""
    with pytest.raises(SceneError, match="room"):
        lay_isolated_grid((1.0, 9.0), FWHM, 500.0, make_generator(1, "test"))


def test_random_field_rises_to_the_faint_end():
    """Fluxes span five magnitudes with dlogN/dm = 0.3, spread over the field."""
    offsets, flux = scatter_field((30.0, 20.0), 4000, 500.0, make_generator(1, "test"))
    magnitude = -2.5 * np.log10(flux / 500.0)
    assert magnitude.min() >= 0
    assert magnitude.max() <= 5
    counts, _ = np.histogram(magnitude, bins=5, range=(0, 5))
    slope = np.polyfit(np.arange(5), np.log10(counts), 1)[0]
    # Four thousand stars, a hundred of them in the brightest bin, give the slope to 0.015.
    assert slope == pytest.approx(0.3, abs=0.05)
    quarters, _, _ = np.histogram2d(*offsets.T, bins=2, range=[[-15, 15], [-10, 10]])
    assert quarters.sum() == 4000
    assert np.abs(quarters - 1000).max() < 5 * np.sqrt(1000)


@pytest.mark.parametrize("orientat", [0.0, 37.0, 200.0])
def test_places_are_along_the_axes_of_the_detector(orientat):
    """Axis y lies at the position angle, x to its right, at the given distances."""
    centre = SkyCoord(161.77 * u.deg, 17.27 * u.deg)
    offsets = np.array([[0.0, 3.0], [2.0, 0.0]])
    ra, dec = place_on_sky(offsets, (161.77, 17.27), orientat)
    stars = SkyCoord(ra * u.deg, dec * u.deg)
    np.testing.assert_allclose(centre.separation(stars).arcsec, [3.0, 2.0], rtol=1e-6)
    angles = centre.position_angle(stars).deg
    np.testing.assert_allclose(angles, [orientat % 360, (orientat - 90) % 360], atol=1e-3)
