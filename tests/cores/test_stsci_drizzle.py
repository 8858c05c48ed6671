import dataclasses

import numpy as np
import pytest

from harness.cores.call import run_core

ROUNDOFF = 1e-6
"""Relative; a dozen float32 operations."""


@pytest.fixture
def drizzle(in_memory_cores):
    """Give the core of the `drizzle` package."""
    return in_memory_cores["drizzle"]


@pytest.fixture
def pair(make_exposure):
    """Build two exposures that fall pixel on pixel, with two variance images and DQ bits."""
    rng = np.random.default_rng(3)
    exposures = []
    for seed in (1, 2):
        variance = tuple(rng.uniform(0.5, 2.0, (40, 44)).astype(np.float32) for _ in range(2))
        dq = (rng.random((40, 44)) < 0.2).astype(np.uint32) << (4 * seed)
        exposures.append(
            make_exposure(scale=1.0, shift=(3.0, 5.0), seed=seed, variance=variance, dq=dq)
        )
    exposures[0].weight_map[7, 7] = 0.0
    return exposures


def test_variance_has_squared_weights(drizzle, pair, make_params):
    """Var = sum w^2 v / (sum w)^2 (linear error propagation of the weighted mean)."""
    params = make_params((50, 60), scale=1.0, kernel="point")
    product = run_core(drizzle, pair, params)
    weights = np.array([e.weight_map for e in pair], dtype=float)
    for plane in (0, 1):
        variance = np.array([e.variance[plane] for e in pair], dtype=float)
        expected = (weights**2 * variance).sum(axis=0) / weights.sum(axis=0) ** 2
        found = product.variance[plane][5:45, 3:47]
        np.testing.assert_allclose(found, expected, rtol=ROUNDOFF)


def test_variance_of_counts_is_that_of_rates(drizzle, pair, make_params):
    """Variances in counts squared are divided by the exposure time squared."""
    params = make_params((50, 60), scale=1.0, fillval=0.0)
    counts = [
        dataclasses.replace(
            e,
            data=e.data * np.float32(e.exptime),
            variance=tuple(v * np.float32(e.exptime**2) for v in e.variance),
            in_units="counts",
        )
        for e in pair
    ]
    one, other = run_core(drizzle, pair, params), run_core(drizzle, counts, params)
    np.testing.assert_allclose(other.variance[0], one.variance[0], rtol=ROUNDOFF)
    np.testing.assert_allclose(other.sci, one.sci, rtol=ROUNDOFF)


def test_dq_is_the_or_of_the_contributors(drizzle, pair, make_params):
    """Bits of pixels of weight 0 do not count."""
    pair[0].dq[7, 7] = 1 << 20
    product = run_core(drizzle, pair, make_params((50, 60), scale=1.0, kernel="point"))
    expected = pair[0].dq | pair[1].dq
    expected[7, 7] = pair[1].dq[7, 7]
    np.testing.assert_array_equal(product.dq[5:45, 3:47], expected)


def test_dq_of_some_exposures_only(drizzle, pair, make_params):
    """An exposure without DQ adds no bits."""
    mixed = [pair[0], dataclasses.replace(pair[1], dq=None)]
    product = run_core(drizzle, mixed, make_params((50, 60), scale=1.0, kernel="point"))
    expected = np.where(pair[0].weight_map > 0, pair[0].dq, 0)
    np.testing.assert_array_equal(product.dq[5:45, 3:47], expected)


def test_fill_value_of_the_variance(drizzle, pair, make_params):
    """Variance images are filled like the science image."""
    filled = run_core(drizzle, pair, make_params((50, 60), scale=1.0, fillval=-1.0))
    left = run_core(drizzle, pair, make_params((50, 60), scale=1.0))
    empty = filled.wht == 0
    assert (filled.variance[1][empty] == -1).all()
    assert np.isnan(left.variance[1][empty]).all()
