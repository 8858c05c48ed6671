"""What is written where: footprint, fill, finite values, inputs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from harness.errors import MetricError
from harness.metrics.bounds import (
    kernel_margin,
    measure_fill,
    measure_finite,
    measure_footprint,
)

SHAPE = (16, 16)
MASK = np.ones(SHAPE, bool)


def test_margins_cover_what_each_kernel_reaches() -> None:
    """Square drops: an output pixel; lanczos3 at half scale: six and the corner more."""
    assert kernel_margin("square", 1.0, 0.5) == 1
    assert kernel_margin("point", 0.1, 1.0) == 1
    assert kernel_margin("turbo", 1.0, 0.5) == 2
    assert kernel_margin("gaussian", 1.0, 1.0) == 3
    assert kernel_margin("lanczos3", 1.0, 0.5) == 8
    with pytest.raises(MetricError, match="tophat"):
        kernel_margin("tophat", 1.0, 1.0)


def test_weight_beyond_the_margin_is_counted() -> None:
    """One pixel around the outline is free, the next is a fault."""
    footprint = np.zeros(SHAPE, bool)
    footprint[5:10, 5:10] = True
    wht = np.zeros(SHAPE, np.float32)
    wht[4:11, 4:11] = 1
    fine = measure_footprint(wht, footprint)
    assert fine.value == 0
    assert fine.sample_size == 256 - 49
    wht[3, 7] = -1e-30
    fault = measure_footprint(wht, footprint)
    assert fault.value == 1
    assert (fault.extras["x"], fault.extras["y"]) == (7, 3)
    assert measure_footprint(wht, footprint, margin=2).value == 0
    assert measure_footprint(wht, footprint, margin=0).value == 49 - 25 + 1


def test_margin_does_not_wrap_around_the_edge() -> None:
    """A footprint at the left edge says nothing about the right one."""
    footprint = np.zeros(SHAPE, bool)
    footprint[:, 0] = True
    wht = np.zeros(SHAPE)
    wht[8, 15] = 1
    assert measure_footprint(wht, footprint).value == 1


@pytest.mark.parametrize("fillval", [None, 0.0, -99.5, float("nan")])
def test_empty_pixels_hold_the_fill_value(fillval: float | None) -> None:
    """Right everywhere counts nothing; one pixel left at another value counts one."""
    wht = np.ones(SHAPE, np.float32)
    wht[:, 3] = 0
    sci = np.ones(SHAPE, np.float32)
    sci[:, 3] = np.nan if fillval is None else fillval
    assert measure_fill(sci, wht, MASK, "all", fillval=fillval).value == 0
    sci[9, 3] = 7
    fault = measure_fill(sci, wht, MASK, "all", fillval=fillval)
    assert fault.value == 1
    assert fault.sample_size == 16


def test_fill_value_is_compared_in_the_type_of_the_image() -> None:
    """0.1 in float32 is not 0.1 in float64, and yet the right fill."""
    sci = np.full(SHAPE, 0.1, np.float32)
    assert measure_fill(sci, np.zeros(SHAPE), MASK, "all", fillval=0.1).value == 0


def test_values_under_weights_are_finite() -> None:
    """NaN in a hole is right; NaN under a weight, or as a weight, is a fault."""
    sci, wht = np.ones(SHAPE), np.ones(SHAPE)
    wht[0] = 0
    sci[0] = np.nan
    assert measure_finite(sci, wht, MASK, "all").value == 0
    sci[4, 4] = np.inf
    wht[5, 5] = np.nan
    result = measure_finite(sci, wht, MASK, "all")
    assert result.value == 2
    assert result.extras["weights"] == 1
    assert result.extras["science"] == 1


@pytest.mark.parametrize("margin", [0, 1, 3, 20])
def test_the_margin_is_a_square_about_every_pixel(margin) -> None:
    """A weight is at fault exactly where scipy's filter of the footprint says so."""
    footprint = np.random.default_rng(7).random(SHAPE) < 0.02
    near = ndimage.maximum_filter(footprint, size=2 * margin + 1, mode="constant", cval=0)
    found = measure_footprint(np.ones(SHAPE, np.float32), footprint, margin=margin)
    assert found.value == np.count_nonzero(~near) == found.sample_size
