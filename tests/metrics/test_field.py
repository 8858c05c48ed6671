"""Tests of harness.metrics.field and harness.metrics.survey: what is found without the truth."""

import dataclasses

import numpy as np
import pytest

from harness.metrics.field import (
    add_up,
    find_background,
    find_blank_cell,
    find_stars,
    native_scale_of,
)
from harness.metrics.survey import survey_field
from harness.model import Exposure

SHAPE = (120, 160)


def expose(data, *, shift=(0.0, 0.0), scale=0.1, weight=None):
    """Return an exposure whose pixels fall on output pixels of half their size."""
    y, x = np.indices(data.shape, dtype=np.float64)
    pixmap = np.stack([2 * (x + shift[0]) + 0.5, 2 * (y + shift[1]) + 0.5], axis=-1)
    return Exposure(
        name="made",
        data=data.astype(np.float32),
        weight_map=np.ones(data.shape, np.float32) if weight is None else weight,
        exptime=1.0,
        in_units="cps",
        pixel_scale=scale,
        pixmap=pixmap,
    )


@pytest.fixture(scope="module")
def field(draw, places):
    """Give eight stars, the brightest first, on a noisy sky of 5 that is blank below them."""
    flux = np.linspace(1200.0, 300.0, 8)
    image = 5.0 + draw(SHAPE, places[0][:8], places[1][:8], flux, 2.2)
    return image + 0.2 * np.random.default_rng(1).standard_normal(SHAPE)


def test_background_leaves_stars_out(field):
    """Level and scatter are those of the sky."""
    level, scatter = find_background(field.ravel())
    assert level == pytest.approx(5.0, abs=0.02)
    assert scatter == pytest.approx(0.2, rel=0.1)
    assert find_background(np.empty(0)) == (0.0, 0.0)


def test_stars_are_found_brightest_first(field, places):
    """All stars are found where they are, and nothing else."""
    x, y = find_stars(field - 5.0, 0.2)
    assert x.size == 8
    assert np.hypot(x - places[0][:8], y - places[1][:8]).max() < 0.15


def test_close_pairs_are_left_out(draw):
    """Stars nearer to each other than a stamp do not count; where all are, the brightest does."""
    x, y = np.array([20.0, 26.5, 60.0]), np.array([20.0, 20.0, 20.0])
    pair = draw((40, 80), x, y, np.array([50.0, 30.0, 40.0]), 2.2)
    assert find_stars(pair, 0.001)[0] == pytest.approx([60.0], abs=0.1)
    alone = draw((40, 80), x[:2], y[:2], np.array([50.0, 30.0]), 2.2)
    assert find_stars(alone, 0.001)[0] == pytest.approx([20.0], abs=0.3)


@pytest.mark.parametrize("image", [np.zeros((30, 30)), np.ones((5, 5))], ids=["empty", "tiny"])
def test_nothing_to_find(image):
    """An empty or a tiny image has no star."""
    assert find_stars(image, 0.0)[0].size == 0


def test_blank_sky_is_the_quietest_cell_without_stars():
    """Cells with a star, with holes, or with faint structure are not taken."""
    generator = np.random.default_rng(2)
    clear = generator.standard_normal((96, 144))
    good = np.ones(clear.shape, bool)
    # Cells are 32 pixels wide. One holds a star, one is half empty, the others are lumpy but one.
    lumpy = np.kron(generator.standard_normal((24, 36)), np.ones((4, 4)))
    lumpy[64:, 64:96] = 0
    good[:32, :16] = False
    found = find_blank_cell(clear + lumpy, good, np.array([40.0]), np.array([40.0]))
    assert found == (79.5, 79.5, 32.0)
    assert find_blank_cell(clear, np.zeros_like(good), np.empty(0), np.empty(0)) is None
    assert find_blank_cell(clear[:20, :20], good[:20, :20], np.empty(0), np.empty(0)) is None


def test_exposures_are_added_up_by_weight():
    """Each pixel falls where its centre does; the mean is weighted; nothing is NaN."""
    ones = np.ones((4, 4))
    heavy = expose(3 * ones, weight=np.full((4, 4), 3.0, np.float32))
    mean = add_up([expose(ones), heavy], (0, 8, 0, 12), 2.0)
    assert mean.shape == (4, 6)
    assert mean[:, :4] == pytest.approx(2.5)
    assert np.isnan(mean[:, 4:]).all()
    masked = expose(ones, weight=np.zeros((4, 4), np.float32))
    assert np.isnan(add_up([masked], (0, 8, 0, 8), 2.0)).all()


def test_native_scale_is_the_median():
    """One exposure of another detector does not decide."""
    ones = np.ones((4, 4))
    scales = [expose(ones), expose(ones), expose(ones, scale=0.9)]
    assert native_scale_of(scales) == 0.1


def test_a_field_is_surveyed_on_the_output(field, places):
    """Stars come with their places and width in output pixels, and the sky with its level."""
    exposures = [expose(field), expose(np.roll(field, 1, axis=1), shift=(-1.0, 0.0))]
    mask = np.ones((240, 320), bool)
    seen = survey_field(exposures, 0.05, (0, 240, 0, 320), mask, most=5)
    assert seen.x == pytest.approx(2 * places[0][:5] + 0.5, abs=0.1)
    assert seen.y == pytest.approx(2 * places[1][:5] + 0.5, abs=0.1)
    assert seen.background == pytest.approx(5.0, abs=0.02)
    # Drawn 2.2 wide at pixel centres; the pixel and that of the sum are taken off.
    assert seen.fwhm == pytest.approx(2 * np.sqrt(2.2**2 - 2 * 2.3548**2 / 12), rel=0.05)
    assert seen.sky is not None
    assert seen.sky[2] == 80.0


def test_a_survey_keeps_to_its_region(field, places):
    """Stars outside the mask do not count, and neither do those beyond the most that is asked."""
    exposure = expose(field)
    mask = np.zeros((240, 320), bool)
    mask[:90, 200:] = True
    seen = survey_field([exposure], 0.05, (0, 240, 0, 320), mask, most=9)
    inside = (2 * places[0] + 0.5 >= 200) & (2 * places[1] + 0.5 < 90)
    assert inside.sum() == 1
    assert seen.x == pytest.approx(2 * places[0][inside] + 0.5, abs=0.1)
    dark = dataclasses.replace(exposure, data=np.zeros_like(exposure.data))
    nothing = survey_field([dark], 0.05, (0, 240, 0, 320), mask, most=9)
    assert nothing.x.size == 0
    assert nothing.fwhm == 0.0
