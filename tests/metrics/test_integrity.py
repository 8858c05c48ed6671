"""Context, data quality and variance against constructed truth."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.integrity import (
    context_from_weights,
    measure_context,
    measure_dq,
    measure_variance,
)

SHAPE = (12, 15)
MASK = np.ones(SHAPE, bool)


def single_weights(exposures: int) -> np.ndarray:
    """Return weights where exposure k covers all columns from k % 10 on."""
    weights = np.ones((exposures, *SHAPE))
    for k in range(exposures):
        weights[k, :, : k % 10] = 0
    return weights


def test_bits_follow_the_single_exposures() -> None:
    """Pixel (0, 0) is seen by exposures 0, 10, 20, 30; the 33rd opens a second plane."""
    ctx = context_from_weights(single_weights(33))
    assert ctx.shape == (2, *SHAPE)
    assert ctx.dtype == np.int32
    assert ctx[0, 0, 0] == (1 | 1 << 10 | 1 << 20 | 1 << 30)
    assert ctx[1, 0, 0] == 0
    assert ctx[1, 0, 2] == 1


def test_bit_31_is_the_sign_bit() -> None:
    """Exposure 31 makes the int32 negative, and a wrong one is still a single bit."""
    ctx = context_from_weights(single_weights(32))
    assert ctx.shape[0] == 1
    assert (ctx[0, :, 9:] < 0).all()
    broken = ctx.copy()
    broken[0, 3, 12] &= 0x7FFFFFFF
    result = measure_context(broken, MASK, "all", expected_ctx=ctx)
    assert result.value == 1
    assert result.extras["missing"] == 1


def test_right_context_has_no_wrong_bit() -> None:
    """The same context in the same planes."""
    ctx = context_from_weights(single_weights(40))
    result = measure_context(ctx.copy(), MASK, "all", expected_ctx=ctx)
    assert result.value == 0
    assert result.sample_size == MASK.size


def test_wrong_bits_are_counted_by_kind_and_located() -> None:
    """One bit cleared, two set, in two pixels."""
    ctx = context_from_weights(single_weights(4))
    broken = ctx.copy()
    broken[0, 2, 8] &= ~1
    broken[0, 7, 0] |= 0b110
    result = measure_context(broken, MASK, "all", expected_ctx=ctx)
    assert result.value == 3
    assert result.extras["missing"] == 1
    assert result.extras["spurious"] == 2
    assert result.extras["pixels"] == 2
    assert (result.extras["x"], result.extras["y"]) == (8, 2)


def test_a_missing_plane_is_found() -> None:
    """A core that stops after 32 exposures loses every bit of the 33rd."""
    ctx = context_from_weights(single_weights(33))
    result = measure_context(ctx[:1], MASK, "all", expected_ctx=ctx)
    assert result.value == np.count_nonzero(ctx[1])
    assert result.extras["planes"] == 1
    assert result.extras["expected_planes"] == 2


def test_a_plane_too_many_must_be_empty() -> None:
    """An extra plane of zeros is no fault, one with a bit is."""
    ctx = context_from_weights(single_weights(4))
    more = np.concatenate([ctx, np.zeros_like(ctx)])
    assert measure_context(more, MASK, "all", expected_ctx=ctx).value == 0
    more[1, 4, 4] = 2
    assert measure_context(more, MASK, "all", expected_ctx=ctx).value == 1


def test_ambiguous_pixels_are_not_judged() -> None:
    """A sliver may or may not set its bit; what is left is the sample."""
    ctx = context_from_weights(single_weights(4))
    broken = ctx.copy()
    broken[0, 1, 1] ^= 0b11
    ambiguous = np.zeros(SHAPE, bool)
    ambiguous[1, 1] = True
    result = measure_context(broken, MASK, "all", expected_ctx=ctx, ambiguous=ambiguous)
    assert result.value == 0
    assert result.sample_size == MASK.size - 1


def test_context_of_one_exposure_needs_its_axis() -> None:
    """A single weight map is not a stack of them."""
    with pytest.raises(MetricError, match="exposures, ny, nx"):
        context_from_weights(np.ones(SHAPE))


def test_dq_is_the_or_of_the_contributors() -> None:
    """A bit lost in one pixel and one added in another are two wrong pixels."""
    truth = np.zeros(SHAPE, np.uint32)
    truth[2:5, 3:6] = 16 | 2**31
    assert measure_dq(truth.copy(), MASK, "all", expected_dq=truth).value == 0
    broken = truth.copy()
    broken[2, 3] = 16
    broken[11, 14] = 4
    result = measure_dq(broken, MASK, "all", expected_dq=truth)
    assert result.value == 2
    assert result.extras["missing"] == 1
    assert result.extras["spurious"] == 1
    assert (result.extras["x"], result.extras["y"]) == (3, 2)


def test_dq_overwritten_by_the_last_contributor_is_found() -> None:
    """The classic fault: assignment where OR was meant."""
    first, last = np.full(SHAPE, 1, np.uint32), np.full(SHAPE, 2, np.uint32)
    result = measure_dq(last, MASK, "all", expected_dq=first | last)
    assert result.value == MASK.size
    assert result.extras["missing"] == MASK.size


def test_variance_with_linear_weights_is_far_off() -> None:
    """Two exposures of weight 1 and 3: squared weights give 10/16 v, linear ones v."""
    wht = np.full(SHAPE, 4.0)
    truth = np.full(SHAPE, 10 / 16)
    arguments = {
        "expected_variance": truth,
        "expected_wht": wht,
        "kernel": "square",
        "contributions": 2,
    }
    right = measure_variance(truth.astype(np.float32), wht, MASK, "all", **arguments)
    linear = measure_variance(np.ones(SHAPE, np.float32), wht, MASK, "all", **arguments)
    assert right.value < 1
    assert linear.value > 1e5
    assert linear.extras["fraction_of_max"] == pytest.approx(0.6)


def test_variance_allows_twice_the_science_roundoff() -> None:
    """The allowance is 2 x 6e-8 (4 + 2 sqrt n) of the largest variance."""
    truth, wht = np.full(SHAPE, 1.0), np.ones(SHAPE)
    off = truth.copy()
    off[6, 6] += 1e-6
    result = measure_variance(
        off,
        wht,
        MASK,
        "all",
        expected_variance=truth,
        expected_wht=wht,
        kernel="square",
        contributions=4,
    )
    assert result.value == pytest.approx(1e-6 / (2 * 6e-8 * 8))
    assert (result.extras["x"], result.extras["y"]) == (6, 6)


def test_variance_is_not_judged_in_holes_and_must_be_finite() -> None:
    """NaN in a hole is right, under a weight it is infinitely wrong."""
    truth, wht = np.full(SHAPE, 1.0), np.ones(SHAPE)
    wht[0, 0] = 0
    seen = truth.copy()
    seen[0, 0] = np.nan
    arguments = {
        "expected_variance": truth,
        "expected_wht": wht,
        "kernel": "square",
        "contributions": 1,
    }
    assert measure_variance(seen, wht, MASK, "all", **arguments).value == 0
    seen[1, 1] = np.nan
    assert measure_variance(seen, wht, MASK, "all", **arguments).value == np.inf


def test_absent_images_are_not_measured() -> None:
    """A core without context, dq or variance gets a reason, never a pass."""
    ctx = context_from_weights(single_weights(2))
    ones = np.ones(SHAPE)
    results = [
        measure_context(None, MASK, "all", expected_ctx=ctx),
        measure_dq(None, MASK, "all", expected_dq=np.zeros(SHAPE, np.uint32)),
        measure_variance(
            None,
            ones,
            MASK,
            "all",
            expected_variance=ones,
            expected_wht=ones,
            kernel="square",
            contributions=1,
        ),
    ]
    assert all(result.value is None and "product has no" in result.reason for result in results)


def test_variance_without_truth_is_not_measured() -> None:
    """Exposures of zero variance cannot tell right from wrong."""
    zeros, ones = np.zeros(SHAPE), np.ones(SHAPE)
    result = measure_variance(
        zeros,
        ones,
        MASK,
        "all",
        expected_variance=zeros,
        expected_wht=ones,
        kernel="square",
        contributions=1,
    )
    assert result.value is None
