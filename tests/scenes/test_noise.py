"""Noise, cosmic rays and bad pixels: as declared, within what the sample allows."""

import numpy as np
import pytest
from scipy import stats

from harness.rows import BLOCK_PIXELS
from harness.scenes.noise import MEDIAN_CHARGE, add_noise, choose_bad_pixels, strike_cosmic_rays
from harness.scenes.seeds import make_generator

SIGMAS = 5.0
"""Standard errors that a sample statistic may be off; one seed in two million is farther."""
SHAPE = (300, 300)


@pytest.mark.parametrize(("level", "read_noise"), [(0.0, 12.0), (30.0, 3.0), (500.0, 12.0)])
def test_mean_and_variance_are_as_declared(level, read_noise):
    """The mean is the expectation, the variance that plus the read noise squared."""
    drawn = add_noise(np.full(SHAPE, level), read_noise, make_generator(1, "test"))
    n, variance = drawn.size, level + read_noise**2
    assert abs(drawn.mean() - level) < SIGMAS * np.sqrt(variance / n)
    # Fourth central moment of a Poisson plus a Gaussian.
    fourth = level + 3 * variance**2
    assert abs(drawn.var() - variance) < SIGMAS * np.sqrt((fourth - variance**2) / n)


def test_distribution_passes_chi_square():
    """Read noise is Gaussian: counts in twenty bins of equal probability."""
    drawn = add_noise(np.zeros(SHAPE), 4.2, make_generator(2, "test"))
    edges = stats.norm.ppf(np.linspace(0, 1, 21), scale=4.2)
    counts = np.histogram(drawn, bins=edges)[0]
    assert stats.chisquare(counts).pvalue > 2 * stats.norm.sf(SIGMAS)


def test_blocks_draw_what_the_whole_image_draws():
    """An image that is drawn in blocks of rows is the same as one that is drawn at once."""
    electrons = np.linspace(-1.0, 900.0, 2 * BLOCK_PIXELS + 5000).reshape(-1, 8)
    whole = make_generator(4, "test")
    at_once = whole.poisson(np.maximum(electrons, 0.0)) + whole.normal(0.0, 5.0, electrons.shape)
    np.testing.assert_array_equal(add_noise(electrons, 5.0, make_generator(4, "test")), at_once)


def test_pixels_are_independent():
    """Neighbours are not correlated."""
    drawn = add_noise(np.full(SHAPE, 50.0), 3.0, make_generator(3, "test"))
    drawn = drawn - drawn.mean()
    for axis in (0, 1):
        correlation = (drawn * np.roll(drawn, 1, axis)).mean() / drawn.var()
        assert abs(correlation) < SIGMAS / np.sqrt(drawn.size)


def test_cosmic_rays_strike_as_often_as_declared():
    """The total charge is that of the expected number of hits of the mean charge."""
    totals = [
        strike_cosmic_rays(SHAPE, 200.0, make_generator(seed, "test")).sum() for seed in range(8)
    ]
    # A log-normal of width 0.7 has a mean exp(0.7^2 / 2) above its median.
    mean = MEDIAN_CHARGE * np.exp(0.7**2 / 2)
    expected = 200.0 * mean
    spread = mean * np.sqrt(200.0 * np.exp(0.7**2) / 8)
    # Tracks that leave the frame lose some of their charge, under a percent.
    assert abs(np.mean(totals) - expected) < SIGMAS * spread + 0.01 * expected
    assert strike_cosmic_rays(SHAPE, 0.0, make_generator(1, "test")).sum() == 0


def test_tracks_are_connected_pixels():
    """One hit leaves one group of touching pixels, with charge in each."""
    from scipy.ndimage import label

    groups = 0
    for seed in range(30):
        charge = strike_cosmic_rays((40, 40), 1.0, make_generator(seed, "one"))
        assert (charge >= 0).all()
        groups += label(charge > 0, structure=np.ones((3, 3)))[1]
    assert abs(groups - 30) < SIGMAS * np.sqrt(30)


def test_bad_pixels_are_the_fraction_asked():
    """The fraction of bad pixels is the one declared, within counting error."""
    bad = choose_bad_pixels(SHAPE, 0.01, make_generator(1, "test"))
    expected = 0.01 * bad.size
    assert abs(bad.sum() - expected) < SIGMAS * np.sqrt(expected)
    assert not choose_bad_pixels(SHAPE, 0.0, make_generator(1, "test")).any()
