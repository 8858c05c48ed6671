"""RMS over median: weight maps whose ratio is known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.metrics.blocks import standard_deviation
from harness.metrics.weight import find_spreads, measure_weight_uniformity


def test_known_ratio_with_and_without_holes() -> None:
    """Weights 0, 1, 1, 2 and 1, 1, 2: sqrt(1/2) and sqrt(2)/3."""
    wht = np.array([[0, 1], [1, 2]], dtype=np.float32)
    whole, positive = measure_weight_uniformity(wht, np.ones((2, 2), bool), "all")
    assert whole.value == pytest.approx(math.sqrt(0.5), rel=1e-12)
    assert positive.value == pytest.approx(math.sqrt(2) / 3, rel=1e-12)
    assert (whole.sample_size, positive.sample_size) == (4, 3)
    assert whole.extras["median"] == 1.0
    assert whole.extras["maximum"] == 2.0


def test_uniform_weights_give_zero() -> None:
    """Equal weights have no scatter, at any level."""
    values = measure_weight_uniformity(np.full((9, 9), 1306.0), np.ones((9, 9), bool), "all")
    assert [m.value for m in values] == [0.0, 0.0]


def test_ratio_ignores_the_scale_but_not_the_region() -> None:
    """A common factor changes nothing; one bright pixel outside the region neither."""
    rng = np.random.default_rng(5)
    wht = rng.uniform(0.5, 1.5, (40, 40))
    mask = np.ones((40, 40), bool)
    mask[0, 0] = False
    first = measure_weight_uniformity(wht, mask, "r")[0].value
    wht[0, 0] = 1e6
    assert measure_weight_uniformity(wht, mask, "r")[0].value == first
    assert measure_weight_uniformity(8 * wht, mask, "r")[0].value == pytest.approx(first)
    assert first == pytest.approx(math.sqrt(1 / 12), rel=0.05)


def test_broken_weights_leave_the_expected_value() -> None:
    """Weights that are counted twice on every other column raise the ratio to 1/3 of the mean."""
    good = np.full((10, 10), 2.0)
    broken = good.copy()
    broken[:, ::2] *= 2
    whole, positive = measure_weight_uniformity(
        broken, np.ones((10, 10), bool), "all", expected_wht=good
    )
    assert whole.expected == positive.expected == 0.0
    assert whole.value == pytest.approx(1 / 3)


def test_what_was_found_once_need_not_be_found_again() -> None:
    """The spreads of the prediction may be given in the place of its weights."""
    rng = np.random.default_rng(8)
    wht, good = rng.uniform(0, 1, (2, 9, 9))
    mask = np.ones((9, 9), bool)
    by_spreads = measure_weight_uniformity(wht, mask, "all", expected_wht=find_spreads(good, mask))
    assert by_spreads == measure_weight_uniformity(wht, mask, "all", expected_wht=good)
    assert by_spreads[0].expected == pytest.approx(np.std(good) / np.median(good))


def test_median_zero_is_not_measured() -> None:
    """Where most pixels are holes there is no ratio, and the reason says what to do."""
    wht = np.zeros((5, 5), np.float32)
    wht[0, :3] = 1
    whole, positive = measure_weight_uniformity(wht, np.ones((5, 5), bool), "all")
    assert whole.value is None
    assert "raise pixfrac" in whole.reason
    assert positive.value == 0.0


def test_no_positive_weight_is_not_measured() -> None:
    """Nothing covered: neither recipe has a value."""
    whole, positive = measure_weight_uniformity(np.zeros((3, 3)), np.ones((3, 3), bool), "all")
    assert whole.value is None
    assert positive.value is None
    assert "no output pixel" in positive.reason


def test_nan_is_not_measured() -> None:
    """A NaN weight yields a reason and no number."""
    wht = np.ones((3, 3))
    wht[1, 1] = np.nan
    whole, positive = measure_weight_uniformity(wht, np.ones((3, 3), bool), "all")
    assert whole.value is None
    assert positive.value is None
    assert "integrity.finite" in whole.reason


def test_negative_weights_count_in_the_first_recipe_only() -> None:
    """Lanczos weights go negative; "positive weights" leaves them out."""
    wht = np.array([[-1.0, 2.0, 2.0, 2.0]])
    whole, positive = measure_weight_uniformity(wht, np.ones((1, 4), bool), "all")
    assert whole.value == pytest.approx(np.std(wht) / 2)
    assert positive.value == 0.0


def test_standard_deviation_keeps_its_digits_on_a_large_offset() -> None:
    """In float32 on a level of 1e6 the two-pass sum holds what a one-pass one would lose."""
    values = (1e6 + np.tile([0.0, 1.0], 1 << 20)).astype(np.float32)
    mean, std = standard_deviation(lambda: [values[:7], values[7:]], values.size)
    assert mean == 1e6 + 0.5
    assert std == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("lowest", [-0.2, 0.0, 0.5])
def test_spreads_are_those_of_numpy(monkeypatch, kind, lowest) -> None:
    """In a turned region, in blocks, with holes and negative weights or without."""
    monkeypatch.setattr("harness.rows.BLOCK_PIXELS", 500)
    rng = np.random.default_rng(4)
    wht = rng.uniform(lowest, 1.0, (60, 90)).astype(kind)
    if lowest <= 0:
        wht[rng.random(wht.shape) < 0.3] = 0.0
    y, x = np.indices(wht.shape)
    mask = (x + y // 3 > 20) & (x + y // 3 < 85)
    wht[~mask] = np.nan
    values = wht[mask].astype(np.float64)
    for spread, chosen in zip(find_spreads(wht, mask), (values, values[values > 0]), strict=True):
        assert spread.size == chosen.size
        assert (spread.minimum, spread.maximum) == (chosen.min(), chosen.max())
        assert spread.median == np.median(chosen.astype(kind))
        assert spread.mean == pytest.approx(chosen.mean(), rel=1e-13)
        assert spread.std == pytest.approx(chosen.std(), rel=1e-13)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_counted(broken) -> None:
    """One weight in the region that is no number leaves no value, and the reason says so."""
    wht = np.ones((40, 50), dtype=np.float32)
    wht[30, 7] = broken
    mask = np.ones(wht.shape, bool)
    for one in measure_weight_uniformity(wht, mask, "all", expected_wht=np.ones(wht.shape)):
        assert one.value is None
        assert one.expected == 0.0
        assert "1 weights in the region are not finite" in one.reason
    mask[30, 7] = False
    assert [one.value for one in measure_weight_uniformity(wht, mask, "all")] == [0.0, 0.0]
