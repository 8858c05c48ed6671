"""Dither patterns: published offsets on half-pixel phases, grids, seeds, errors."""

import dataclasses

import numpy as np
import pytest

from harness.errors import FixtureError, SceneError
from harness.scenes.detector import load_detector
from harness.scenes.dither import Dither, compute_offsets, list_dithers, load_dither

PHASE_ERROR = 0.005
"""Pixels; offsets are published to 0.001 arcsec, 0.008 pixels of 0.12 arcsec, rounded to half."""
CCD_PHASE_ERROR = 0.06
"""Pixels: 0.0005 arcsec of rounding is 0.013 pixels of 0.04 arcsec, and the two chips differ in
scale by 2 %, so that 4 pixels for one are 3.95 for the other."""


def steps_in_pixels(dither, detector, chip=0):
    """Return the offsets of a pattern in pixels of a detector."""
    loaded = load_detector(detector)
    offsets = compute_offsets(load_dither(dither), loaded, seed=1)
    return np.linalg.solve(np.array(loaded.chips[chip].matrix), offsets.T).T


def phase_errors(steps):
    """Return how far the steps are from the four half-pixel phases, each taken once."""
    halves = np.rint(2 * steps).astype(int)
    assert {tuple(phase) for phase in halves % 2} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    return np.abs(steps - halves / 2).max()


def test_infrared_box_falls_on_half_pixels():
    """IR-DITHERBOX-MIN samples the four phases of the anisotropic pixels."""
    assert phase_errors(steps_in_pixels("ir-dither-box-min", "wfc3-ir")) < PHASE_ERROR


def test_infrared_box_misses_half_pixels_of_square_pixels():
    """On square pixels of 0.1283 arcsec the same offsets are off by a tenth of a pixel."""
    steps = steps_in_pixels("ir-dither-box-min", "wfc3-ir-isotropic")
    assert np.abs(steps - np.rint(2 * steps) / 2).max() > 0.1


@pytest.mark.parametrize("chip", [0, 1])
@pytest.mark.parametrize(
    ("dither", "detector", "pixels"),
    [
        ("acs-wfc-dither-box", "acs-wfc", [(0, 0), (5, 1.5), (2.5, 4.5), (-2.5, 3)]),
        ("wfc3-uvis-dither-box", "wfc3-uvis", [(0, 0), (4, 1.5), (2.5, 4), (-1.5, 2.5)]),
    ],
)
def test_ccd_boxes_step_as_published(dither, detector, pixels, chip):
    """The offsets in arcsec are the published steps in pixels of either chip."""
    tolerance = CCD_PHASE_ERROR if detector == "wfc3-uvis" else 2 * CCD_PHASE_ERROR
    np.testing.assert_allclose(steps_in_pixels(dither, detector, chip), pixels, atol=tolerance)


def test_uvis_box_is_the_published_parallelogram():
    """Spacings 0.173 and 0.112 arcsec, orient 23.884, sides at 81.785 degrees."""
    first, second = np.radians([23.884, 23.884 + 180 - 81.785])
    along = 0.173 * np.array([np.cos(first), np.sin(first)])
    across = 0.112 * np.array([np.cos(second), np.sin(second)])
    offsets = load_dither("wfc3-uvis-dither-box").offsets
    expected = [np.zeros(2), along, along + across, across]
    np.testing.assert_allclose(offsets, expected, atol=1e-4)


def test_grid_covers_one_pixel_evenly():
    """A grid of five by five has every phase in steps of a fifth of a pixel once."""
    steps = steps_in_pixels("grid-5x5", "jwst-niriss")
    fifths = np.rint(5 * steps).astype(int)
    np.testing.assert_allclose(steps, fifths / 5, atol=1e-9)
    assert sorted(map(tuple, fifths)) == [(x, y) for x in range(5) for y in range(5)]


def test_line_has_equal_steps():
    """A line goes on by its spacing, at its angle."""
    line = dataclasses.replace(load_dither("line-2pt"), points=4)
    steps = np.diff(compute_offsets(line, load_detector("wfc3-uvis"), seed=1), axis=0)
    np.testing.assert_allclose(np.hypot(*steps.T), line.spacing)
    np.testing.assert_allclose(np.degrees(np.arctan2(*steps.T[::-1])), line.angle)


def test_random_offsets_follow_the_seed():
    """Within the span, the same for a seed, others for another."""
    random, detector = load_dither("random-40"), load_detector("wfc3-ir")
    one = compute_offsets(random, detector, seed=1)
    assert one.shape == (40, 2)
    assert 0.4 * random.span < np.abs(one).max() <= random.span / 2
    np.testing.assert_array_equal(one, compute_offsets(random, detector, seed=1))
    assert not np.isclose(one, compute_offsets(random, detector, seed=2)).any()


def test_every_pattern_gives_exposures_and_a_source():
    """No pattern in the fixtures is empty or without provenance."""
    for name in list_dithers():
        dither = load_dither(name)
        assert dither.source
        assert dither.name == name
        assert len(compute_offsets(dither, load_detector("acs-hrc"), seed=1)) >= 1


def test_pattern_without_exposures_is_refused():
    """The error says what to set."""
    empty = Dither(name="void", description="", source="", kind="line")
    with pytest.raises(SceneError, match="points"):
        compute_offsets(empty, load_detector("wfc3-ir"), seed=1)


def test_unknown_pattern_names_those_there_are():
    """The error lists the patterns."""
    with pytest.raises(FixtureError, match="ir-dither-box-min"):
        load_dither("spiral")
