"""Repetition: two products of the same exposures are one, but for roundoff."""

import dataclasses

import numpy as np
import pytest

from harness.metrics.repetition import ORDER, REPEAT, measure_repetition
from harness.model import DrizzledProduct, OutputGrid

SHAPE = (20, 24)


@pytest.fixture
def product():
    """Give a product with a hole."""
    rng = np.random.default_rng(5)
    sci = rng.normal(3, 1, SHAPE).astype(np.float32)
    wht = rng.uniform(10, 100, SHAPE).astype(np.float32)
    sci[4, 4], wht[4, 4] = np.nan, 0
    return DrizzledProduct(sci=sci, wht=wht, grid=OutputGrid(shape=SHAPE, pixel_scale=1.0))


def measure(product, **changes):
    """Measure a product against itself with some images replaced."""
    again = dataclasses.replace(product, **changes)
    return measure_repetition(REPEAT, product, again, kernel="square", contributions=4)


def test_the_same_twice_differs_by_nothing(product):
    """Equal products, holes included, are at zero."""
    found = measure(product)
    assert (found.metric, found.value) == (REPEAT, 0.0)
    assert found.sample_size


@pytest.mark.parametrize("image", ["sci", "wht"])
def test_one_pixel_that_changes_is_found(product, image):
    """The pixel that changed is named, and which image it is of."""
    other = getattr(product, image).copy()
    other[7, 9] *= 1.001
    found = measure(product, **{image: other})
    assert found.value > 2
    assert (found.extras["x"], found.extras["y"]) == (9, 7)
    assert found.extras["science"] == (image == "sci")


def test_nan_counts_where_the_other_run_has_a_value(product):
    """NaN both times is the same; NaN once is a difference without bound."""
    sci = product.sci.copy()
    sci[7, 9] = np.nan
    empty = dataclasses.replace(product, sci=sci)
    assert measure(empty).value == 0
    assert measure(product, sci=sci).value == np.inf
    found = measure_repetition(ORDER, empty, product, kernel="square", contributions=4)
    assert found.metric == ORDER
    assert found.value == np.inf
