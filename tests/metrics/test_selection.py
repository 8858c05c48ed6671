"""Tests of harness.metrics.selection."""

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.selection import (
    check_selection,
    count_not_finite,
    parts_in,
    peak_in,
    unmeasured,
)
from harness.rows import row_blocks


@pytest.mark.parametrize(
    ("mask", "images", "message"),
    [
        (np.ones((3, 4)), {}, "2-dimensional array of float64.*region_mask"),
        (np.ones(4, bool), {}, "1-dimensional array of bool"),
        (np.ones((3, 4), bool), {"sci": np.ones((4, 3))}, r"sci has shape \(4, 3\).*\(3, 4\)"),
        (np.zeros((3, 4), bool), {"sci": np.ones((3, 4))}, "no output pixel lies in it"),
    ],
    ids=["type", "axes", "shape", "empty"],
)
def test_what_does_not_fit_is_named(mask, images, message):
    """Region and image are named, with what was found and wanted."""
    with pytest.raises(MetricError, match=rf"region 'here': .*{message}"):
        check_selection(mask, "here", **images)


def test_images_that_are_missing_are_no_fault():
    """An image that is None is not looked at."""
    check_selection(np.ones((3, 4), bool), "here", sci=np.ones((3, 4)), variance=None)


@pytest.mark.parametrize("pixels", [1, 10, 1000])
def test_blocks_cover_every_row_once(monkeypatch, pixels):
    """Whatever their size, blocks of rows follow each other without gap or overlap."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", pixels)
    rows = [row for block in row_blocks((7, 4)) for row in range(block.start, block.stop)]
    assert rows == list(range(7))


def test_peak_and_count_keep_to_the_region():
    """Only pixels of the region count; what is not finite is counted and has no size."""
    image = np.array([[1.0, -9.0, np.nan], [np.inf, 2.0, 50.0]])
    mask = np.array([[True, True, True], [True, True, False]])
    assert peak_in(image, mask) == 9.0
    assert count_not_finite(image, mask) == 2
    assert peak_in(image, np.array([[False, False, True], [False, False, False]])) == 0.0


def masks_of(shape):
    """Return regions of all kinds: whole, turned, in two pieces, scattered, a line, none."""
    y, x = np.indices(shape)
    scattered = np.random.default_rng(2).random(shape) < 0.5
    return {
        "whole": np.ones(shape, bool),
        "turned": (x + y // 2 > 6) & (x + y // 2 < 30),
        "two pieces": (x < 5) | (x > 20),
        "holes": scattered | (x % 7 > 0),
        "scattered": scattered,
        "column": x == 4,
        "none": np.zeros(shape, bool),
    }


@pytest.mark.parametrize("name", masks_of((3, 4)))
@pytest.mark.parametrize("pixels", [1, 100, 10_000])
def test_parts_are_the_region_once(monkeypatch, name, pixels):
    """Whatever the region and the blocks, each of its values comes once, and no other."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", pixels)
    image = np.random.default_rng(1).permutation(30 * 40).reshape(30, 40)
    mask = masks_of(image.shape)[name]
    parts = [part for rows in row_blocks(mask.shape) for part in parts_in(image, mask, rows)]
    assert all(part.size for part in parts)
    seen = np.concatenate([np.zeros(0, int), *(part.ravel() for part in parts)])
    assert np.array_equal(np.sort(seen), np.sort(image[mask]))
    assert peak_in(-image, mask) == max(image[mask], default=0)
    if name == "whole":
        assert all(np.shares_memory(part, image) for part in parts)


def test_what_was_not_measured_says_why():
    """A measurement without value keeps its reason and what the truth has."""
    found = unmeasured("a.b", "pix", "here", "no light", sample_size=3, expected=2.0)
    assert (found.value, found.reason, found.sample_size, found.expected) == (
        None,
        "no light",
        3,
        2.0,
    )
