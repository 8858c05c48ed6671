"""Agreement: roundoff passes, the smallest real fault does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.agreement import (
    measure_coverage_mismatch,
    measure_science_agreement,
    measure_weight_agreement,
)
from harness.metrics.allowance import science_allowance, weight_allowance
from harness.metrics.selection import peak_in
from harness.metrics.weighted import judged_pixels

SHAPE = (30, 40)
MASK = np.ones(SHAPE, bool)


@pytest.fixture
def truth() -> tuple[np.ndarray, np.ndarray]:
    """Return float64 science and weight with holes in one row."""
    rng = np.random.default_rng(3)
    wht = rng.uniform(10, 100, SHAPE)
    wht[5, 5:9] = 0
    return rng.normal(3, 1, SHAPE), wht


def test_allowances_are_those_of_the_design() -> None:
    """The documented figures, kernel by kernel."""
    assert weight_allowance("square", 16) == pytest.approx(6e-8 * 12)
    assert weight_allowance("turbo", 1) == pytest.approx(6e-8 * 6)
    assert weight_allowance("gaussian", 99) == 1e-6
    assert weight_allowance("lanczos3", 9) == 1e-6
    assert science_allowance("lanczos2", 9) == 5e-4
    assert science_allowance("point", 4) == pytest.approx(6e-8 * 8)
    by_pixel = weight_allowance("square", np.array([[1, 4]]))
    np.testing.assert_allclose(by_pixel, 6e-8 * np.array([[6, 8]]))
    with pytest.raises(MetricError, match="tophat"):
        weight_allowance("tophat", 1)


def test_rounding_to_float32_is_within_the_allowance(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """The truth rounded once differs by at most half a unit in the last place."""
    sci, wht = truth
    sci32, wht32 = sci.astype(np.float32), wht.astype(np.float32)
    weight = measure_weight_agreement(wht32, wht, MASK, "all", kernel="square", contributions=1)
    science = measure_science_agreement(
        sci32, wht32, sci, wht, MASK, "all", kernel="square", contributions=1
    )
    assert 0 < weight.value <= 1 / 6
    assert 0 < science.value <= 1 / 6
    assert weight.sample_size == MASK.size
    assert science.sample_size == MASK.size - 4


def test_worst_weight_is_found_and_located(truth: tuple[np.ndarray, np.ndarray]) -> None:
    """One weight off by 2e-6 of the maximum is five allowances away, and named by its pixel."""
    _, wht = truth
    off = wht.copy()
    off[20, 33] -= 2e-6 * wht.max()
    seen = measure_weight_agreement(off, wht, MASK, "all", kernel="square", contributions=1)
    assert seen.value == pytest.approx(2e-6 / 3.6e-7)
    assert (seen.extras["x"], seen.extras["y"]) == (33, 20)
    assert seen.extras["fraction_of_max"] == pytest.approx(2e-6)
    assert seen.extras["delta"] == pytest.approx(-2e-6 * wht.max())


def test_allowance_per_pixel_decides_which_is_worst(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """The same difference weighs more where fewer drops fell."""
    _, wht = truth
    off = wht.copy()
    off[4, 4] += 1e-6 * wht.max()
    off[9, 9] += 1e-6 * wht.max()
    contributions = np.full(SHAPE, 100)
    contributions[9, 9] = 1
    seen = measure_weight_agreement(
        off, wht, MASK, "all", kernel="square", contributions=contributions
    )
    assert (seen.extras["x"], seen.extras["y"]) == (9, 9)
    assert seen.value == pytest.approx(1e-6 / (6e-8 * 6))


def test_worst_pixel_beyond_the_first_row_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large images are walked in blocks; the row of the worst pixel is that of the image."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", 64)
    wht = np.full((50, 20), 1.0)
    off = wht.copy()
    off[44, 3] = 1.5
    off[2, 2] = 1.25
    mask = np.ones((50, 20), bool)
    seen = measure_weight_agreement(off, wht, mask, "all", kernel="gaussian", contributions=1)
    assert (seen.extras["x"], seen.extras["y"]) == (3, 44)
    assert seen.value == pytest.approx(0.5e6)
    assert seen.sample_size == 1000


def test_science_is_not_judged_without_normal_weights(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """NaN in holes and nonsense under a denormal weight do not count; a fault beside them does."""
    sci, wht = truth
    seen_sci, seen_wht = sci.copy(), wht.copy()
    seen_sci[wht == 0] = np.nan
    seen_wht[1, 1] = 1e-40
    seen_sci[1, 1] = 1e6
    arguments = {"kernel": "square", "contributions": 1}
    clean = measure_science_agreement(seen_sci, seen_wht, sci, wht, MASK, "all", **arguments)
    assert clean.value == 0
    seen_sci[2, 2] += 1e-5
    fault = measure_science_agreement(seen_sci, seen_wht, sci, wht, MASK, "all", **arguments)
    assert fault.value > 1
    assert (fault.extras["x"], fault.extras["y"]) == (2, 2)
    assert fault.extras["weight_fraction"] == pytest.approx(wht[2, 2] / wht.max())


def test_lanczos_science_needs_a_thousandth_of_the_largest_weight(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """Below the floor a lanczos value is not judged, above it 5e-4 of the maximum is allowed."""
    sci, wht = truth
    light = wht.copy()
    light[3, 3] = 5e-4 * wht.max()
    seen = sci.copy()
    seen[3, 3] = 1e4
    arguments = {"contributions": 1, "data_max": 10.0}
    fine = measure_science_agreement(
        seen, light, sci, light, MASK, "all", kernel="lanczos3", **arguments
    )
    assert fine.value == 0
    square = measure_science_agreement(
        seen, light, sci, light, MASK, "all", kernel="square", **arguments
    )
    assert square.value > 1
    seen[8, 8] += 6e-3
    fault = measure_science_agreement(
        seen, light, sci, light, MASK, "all", kernel="lanczos3", **arguments
    )
    assert fault.value == pytest.approx(1.2)


def test_nan_under_a_weight_deviates_without_bound(truth: tuple[np.ndarray, np.ndarray]) -> None:
    """A value that is not finite is no roundoff, whatever is allowed."""
    sci, wht = truth
    bad_sci, bad_wht = sci.copy(), wht.copy()
    bad_sci[0, 0] = np.nan
    bad_wht[0, 0] = np.inf
    science = measure_science_agreement(
        bad_sci, wht, sci, wht, MASK, "all", kernel="square", contributions=1
    )
    weight = measure_weight_agreement(bad_wht, wht, MASK, "all", kernel="square", contributions=1)
    assert science.value == weight.value == np.inf
    assert science.extras == weight.extras == {"not_finite": 1.0}


def test_nothing_expected_is_not_measured() -> None:
    """A region without expected weight has nothing to agree on."""
    empty = np.zeros(SHAPE)
    weight = measure_weight_agreement(empty, empty, MASK, "sky", kernel="square", contributions=1)
    science = measure_science_agreement(
        empty, empty, empty, empty, MASK, "sky", kernel="square", contributions=1
    )
    assert weight.value is None
    assert science.value is None
    assert "choose" in weight.reason


def test_coverage_mismatch_counts_lost_and_gained_pixels(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """One covered pixel lost, one hole filled; a sliver below roundoff is neither."""
    _, wht = truth
    seen = wht.copy()
    arguments = {"kernel": "square", "contributions": 1}
    assert measure_coverage_mismatch(seen, wht, MASK, "all", **arguments).value == 0
    seen[0, 0] = 0
    seen[5, 5] = 30
    seen[5, 6] = 1e-9 * wht.max()
    result = measure_coverage_mismatch(seen, wht, MASK, "all", **arguments)
    assert result.value == 2
    assert result.extras["lost"] == 1
    assert result.extras["gained"] == 1
    assert result.extras["ambiguous"] == 1
    assert (result.extras["x"], result.extras["y"]) == (0, 0)


def test_coverage_mismatch_sees_a_filled_hole_of_nan(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """NaN where a hole belongs is not a hole."""
    _, wht = truth
    seen = wht.copy()
    seen[5, 5] = np.nan
    result = measure_coverage_mismatch(seen, wht, MASK, "all", kernel="point", contributions=1)
    assert result.value == 1


def test_allowance_grows_with_the_root_of_the_contributions() -> None:
    """Four times the drops adds twice the root's share."""
    one, four = weight_allowance("square", 1), weight_allowance("square", 4)
    assert math.isclose(four - one, 2 * 6e-8)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kernel", ["square", "gaussian"])
def test_the_worst_pixel_is_that_of_all_pixels(seed, kernel, monkeypatch) -> None:
    """Block by block and by candidates alone, the worst pixel is the one that all ratios give."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", 100)
    rng = np.random.default_rng(seed)
    expected = rng.uniform(1, 2, SHAPE)
    drops = rng.integers(0, 60, SHAPE)
    wht = (expected + rng.normal(scale=1e-7, size=SHAPE)).astype(np.float32)
    mask = rng.random(SHAPE) < 0.7
    found = measure_weight_agreement(
        wht, expected, mask, "some", kernel=kernel, contributions=drops
    )
    ratios = np.abs(wht - expected) / (expected[mask].max() * weight_allowance(kernel, drops))
    ratios[~mask] = -1
    y, x = np.unravel_index(ratios.argmax(), SHAPE)
    assert (found.extras["y"], found.extras["x"]) == (y, x)
    assert found.value == pytest.approx(ratios[y, x], rel=1e-12)
    assert found.extras["delta"] == wht[y, x] - expected[y, x]
    assert found.sample_size == np.count_nonzero(mask)


@pytest.mark.parametrize("kernel", ["square", "gaussian", "lanczos3"])
def test_what_is_known_of_the_weights_changes_nothing(kernel, monkeypatch) -> None:
    """Judged pixels and largest weight that were found once give the same measurements."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", 300)
    rng = np.random.default_rng(9)
    wht = np.where(rng.random((60, 70)) < 0.2, 0.0, rng.uniform(-1, 50, (60, 70)))
    sci = rng.normal(3, 1, wht.shape)
    seen = (wht * (1 + rng.normal(0, 1e-6, wht.shape))).astype(np.float32)
    seen[40, 3:6], seen[2, 2] = 0.0, 7.0
    made = sci.astype(np.float32)
    made[seen == 0] = np.nan
    mask = np.ones(wht.shape, bool)
    heaviest = peak_in(wht, mask)
    judged = judged_pixels(seen, wht, mask, kernel=kernel)
    shared = {"kernel": kernel, "contributions": np.full(wht.shape, 4)}
    known = {"judged": judged, "weight_max": heaviest}
    for measure, given in (
        (measure_weight_agreement, {"weight_max": heaviest}),
        (measure_coverage_mismatch, known),
    ):
        expected = measure(seen, wht, mask, "all", **shared)
        assert measure(seen, wht, mask, "all", **shared, **given) == expected
        assert expected.value > 0
    expected = measure_science_agreement(made, seen, sci, wht, mask, "all", **shared)
    assert expected.sample_size == np.count_nonzero(judged)
    told = measure_science_agreement(made, seen, sci, wht, mask, "all", **shared, **known)
    assert told == expected
