"""Holes: constructed weight maps with known holes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from harness.errors import MetricError
from harness.metrics.coverage import find_holes, join_pixels, measure_coverage


@pytest.fixture
def weights() -> np.ndarray:
    """Return a 20x30 map with three holes: 1, 3 and 2 pixels, the last two touch at a corner."""
    wht = np.full((20, 30), 2.0, dtype=np.float32)
    wht[3, 4] = 0
    wht[10, 10:13] = 0
    wht[11, 13:15] = 0
    return wht


def test_counts_share_number_and_largest(weights: np.ndarray) -> None:
    """Six hole pixels of 600 are three holes, the largest of three pixels."""
    fraction, count, largest = measure_coverage(weights, np.ones((20, 30), bool), "all")
    assert (fraction.value, count.value, largest.value) == (0.01, 3.0, 3.0)
    assert fraction.sample_size == 600
    assert fraction.region == "all"
    assert largest.unit == "pix"


def test_only_the_region_counts(weights: np.ndarray) -> None:
    """A hole outside the region does not count, and the sample is the region."""
    mask = np.zeros((20, 30), bool)
    mask[:5, :10] = True
    fraction, count, largest = measure_coverage(weights, mask, "corner")
    assert (fraction.value, count.value, largest.value) == (0.02, 1.0, 1.0)
    assert fraction.sample_size == 50


def test_full_coverage_has_no_hole() -> None:
    """Without holes all three are zero."""
    values = measure_coverage(np.ones((4, 4), np.float32), np.ones((4, 4), bool), "all")
    assert [m.value for m in values] == [0.0, 0.0, 0.0]


def test_what_was_found_once_need_not_be_found_again(weights: np.ndarray) -> None:
    """The holes of the prediction may be given in the place of its weights."""
    mask = np.ones((20, 30), bool)
    broken = np.where(np.arange(30) == 7, np.float32(0), weights)
    once = find_holes(weights, mask)
    by_holes = measure_coverage(broken, mask, "all", expected_wht=once)
    assert by_holes == measure_coverage(broken, mask, "all", expected_wht=weights)
    assert by_holes[0].expected == pytest.approx(6 / 600)


def test_expected_comes_from_the_predicted_weights(weights: np.ndarray) -> None:
    """A core that loses one more pixel departs from what the geometry predicts."""
    broken = weights.copy()
    broken[15, 20] = 0
    fraction, count, largest = measure_coverage(
        broken, np.ones((20, 30), bool), "all", expected_wht=weights.astype(np.float64)
    )
    assert fraction.value == pytest.approx(7 / 600)
    assert fraction.expected == pytest.approx(6 / 600)
    assert (count.value, count.expected) == (4.0, 3.0)
    assert (largest.value, largest.expected) == (3.0, 3.0)


def test_slivers_are_told_and_are_not_holes(weights: np.ndarray) -> None:
    """A weight of 1e-9 of the maximum is covered, but named as undecided."""
    weights[0, 0] = 2e-9
    fraction, _, _ = measure_coverage(weights, np.ones((20, 30), bool), "all")
    assert fraction.value == 0.01
    assert fraction.extras["sliver_fraction"] == pytest.approx(1 / 600)


def test_nan_weights_are_not_measured(weights: np.ndarray) -> None:
    """NaN is neither a hole nor a weight: no value, and the reason names integrity.finite."""
    weights[7, 7] = np.nan
    for measurement in measure_coverage(weights, np.ones((20, 30), bool), "all"):
        assert measurement.value is None
        assert "1 weights" in measurement.reason
        assert "integrity.finite" in measurement.reason


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.ones((5, 5), bool), ["wht has shape (20, 30)", "(5, 5)"]),
        (np.zeros((20, 30), bool), ["no output pixel"]),
        (np.ones((20, 30)), ["float64", "bool"]),
    ],
)
def test_wrong_masks_are_errors(weights: np.ndarray, mask: np.ndarray, words: list[str]) -> None:
    """A mask of another shape or type, or an empty one, is an error that names the region."""
    with pytest.raises(MetricError) as error:
        measure_coverage(weights, mask, "north")
    for word in [*words, "'north'"]:
        assert word in str(error.value)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_runs_are_joined_as_pixels_are(share, monkeypatch) -> None:
    """Holes joined from runs are those of `scipy.ndimage.label`, over the seams of blocks too."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", 70 * 3)
    image = np.random.default_rng(3).random((40, 70)) < share
    image[:, 0] = image[:, -1] = True
    labels, count = ndimage.label(image)
    expected = np.bincount(labels[image])[1:]
    assert sorted(join_pixels(image)) == sorted(expected)
    assert len(expected) == count
    assert join_pixels(np.ones((3, 4), dtype=bool)).tolist() == [12]
