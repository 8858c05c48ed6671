import math

import numpy as np
import pytest

from harness.cores.oracle import combine
from harness.cores.oracle_noise import (
    expected_noise_ratio,
    limiting_noise_ratio,
    output_covariance,
    output_variance,
)
from harness.cores.oracle_operator import LinearDrizzle, operator
from harness.errors import CoreError
from harness.model import DrizzleParams, Exposure, OutputGrid

ROUNDOFF = 1e-12
"""Sums of some hundred float64 products of order 1."""
SHAPE = (40, 42)


def make_exposure(number: int, *, size: int = 24, shift: tuple[float, float] = (0, 0)) -> Exposure:
    """Return an exposure at scale 0.7 with weights and variances of its own."""
    rng = np.random.default_rng(number)
    y, x = np.indices((size, size), dtype=float)
    pixmap = np.stack([(x - 0.1 * y + shift[0]) / 0.7 + 5, (y + 0.1 * x + shift[1]) / 0.7 + 2], -1)
    weight_map = rng.uniform(0.5, 2, (size, size)).astype(np.float32)
    weight_map[10, 11] = 0
    return Exposure(
        name=f"e{number}",
        data=rng.normal(10, 3, (size, size)).astype(np.float32),
        weight_map=weight_map,
        exptime=2.0,
        in_units="cps",
        pixel_scale=1.0,
        pixmap=pixmap,
        variance=(rng.uniform(1, 2, (size, size)).astype(np.float32),),
    )


EXPOSURES = [make_exposure(1), make_exposure(2, shift=(0.5, 0.3)), make_exposure(3, shift=(9, 4))]


def make_params(kernel: str = "square", pixfrac: float = 0.8, scale: float = 0.7) -> DrizzleParams:
    """Return parameters for the exposures above, partly cut by the output."""
    grid = OutputGrid(shape=SHAPE, pixel_scale=scale)
    return DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=grid)


def dense_covariance(linear: LinearDrizzle) -> np.ndarray:
    """Return the covariance of all pixels of the box from dense matrices."""
    pairs = zip(linear.matrices, linear.variances, strict=True)
    return sum(m.toarray() @ np.diag(v) @ m.toarray().T for m, v in pairs)


@pytest.mark.parametrize("kernel", ["square", "turbo", "gaussian", "lanczos2"])
@pytest.mark.parametrize("box", [None, (5, 31, 7, 40)])
def test_the_matrix_does_what_combine_does(
    kernel: str, box: tuple[int, int, int, int] | None
) -> None:
    """Applied to the data it gives the science image, squared the variance, in any box."""
    params = make_params(kernel)
    product = combine(EXPOSURES, params)
    linear = operator(EXPOSURES, params, box=box)
    y0, y1, x0, x1 = linear.box
    assert np.abs(linear.weight - product.wht[y0:y1, x0:x1]).max() < ROUNDOFF
    pairs = zip(linear.matrices, EXPOSURES, strict=True)
    science = sum(m @ e.data.ravel().astype(float) for m, e in pairs).reshape(linear.weight.shape)
    # Where a lanczos weight all but cancels, the quotient magnifies the roundoff.
    firm = np.abs(linear.weight) > 1e-3
    assert np.abs(science - product.sci[y0:y1, x0:x1])[firm].max() < 1e3 * ROUNDOFF
    variance = output_variance(linear) - product.variance[0][y0:y1, x0:x1]
    assert np.abs(variance[firm]).max() < 1e6 * ROUNDOFF


def test_rows_add_up_to_one() -> None:
    """A constant sky stays constant: every covered output pixel is a weighted mean."""
    linear = operator(EXPOSURES, make_params())
    total = sum(matrix.sum(axis=1) for matrix in linear.matrices).reshape(linear.weight.shape)
    assert np.abs(total - (linear.weight > 0)).max() < ROUNDOFF


def test_covariance_of_chosen_pixels_is_that_of_the_dense_product() -> None:
    """Chosen rows of L V L^T, in output coordinates."""
    linear = operator(EXPOSURES, make_params(), box=(5, 25, 7, 30))
    pixels = np.array([[10, 12], [10, 13], [11, 12], [24, 29], [5, 7]])
    rows = (pixels[:, 0] - 5) * 23 + pixels[:, 1] - 7
    expected = dense_covariance(linear)[np.ix_(rows, rows)]
    covariance = output_covariance(linear, pixels)
    assert np.abs(covariance - expected).max() < ROUNDOFF
    assert expected[0, 1] > 0.05 * expected[0, 0]


@pytest.mark.parametrize("block", [1, 3, 4])
def test_noise_ratio_is_that_of_the_dense_covariance(block: int) -> None:
    """Variance of block sums over that of independent pixels, without blocks that the mask cuts."""
    linear = operator(EXPOSURES, make_params(), box=(8, 32, 8, 34))
    mask = np.ones((24, 26), dtype=bool)
    mask[5, 9] = False
    dense = dense_covariance(linear)
    sums, pixels = [], []
    for y in range(0, 24 - block + 1, block):
        for x in range(0, 26 - block + 1, block):
            if mask[y : y + block, x : x + block].all():
                rows = (np.arange(y, y + block)[:, None] * 26 + np.arange(x, x + block)).ravel()
                sums.append(dense[np.ix_(rows, rows)].sum())
                pixels.append(dense[rows, rows].mean())
    expected = math.sqrt(np.mean(sums) / (block**2 * np.mean(pixels)))
    assert expected_noise_ratio(linear, mask, block) == pytest.approx(expected, rel=ROUNDOFF)
    assert block > 1 or expected == pytest.approx(1, rel=ROUNDOFF)


def test_limiting_ratio_is_the_sum_of_all_covariances() -> None:
    """The limit of large blocks from the dense covariance."""
    linear = operator(EXPOSURES, make_params(), box=(8, 32, 8, 34))
    mask = np.zeros((24, 26), dtype=bool)
    mask[6:17, 5:20] = True
    dense = dense_covariance(linear)
    inside = mask.ravel()
    expected = math.sqrt(dense[inside].sum() / np.trace(dense[np.ix_(inside, inside)]))
    assert limiting_noise_ratio(linear, mask) == pytest.approx(expected, rel=ROUNDOFF)


@pytest.mark.parametrize(("pixfrac", "scale"), [(1.0, 1.0), (0.8, 0.5), (0.5, 0.75), (1.0, 0.5)])
def test_many_dithers_reach_the_formula(pixfrac: float, scale: float) -> None:
    """On a fine regular grid of dithers R is Fruchter & Hook's formula."""
    steps = np.arange(8) / 8 + 1 / 16
    y, x = np.indices((12, 12), dtype=float)
    flat = np.ones((12, 12), dtype=np.float32)
    exposures = [
        Exposure(
            name="e",
            data=flat,
            weight_map=flat,
            exptime=1.0,
            in_units="cps",
            pixel_scale=1.0,
            pixmap=np.stack([(x + a) / scale, (y + b) / scale], -1),
        )
        for a in steps
        for b in steps
    ]
    grid = OutputGrid(shape=(24, 24), pixel_scale=scale)
    params = DrizzleParams(kernel="square", pixfrac=pixfrac, grid=grid)
    edge = int(12 / scale) - 6
    linear = operator(exposures, params)
    mask = np.zeros((24, 24), dtype=bool)
    mask[4:edge, 4:edge] = True
    r = pixfrac / scale
    formula = r / (1 - 1 / (3 * r)) if r >= 1 else 1 / (1 - r / 3)
    # The formula is the limit of many dithers; 8 x 8 of them miss it by up to 0.9 %.
    assert limiting_noise_ratio(linear, mask) == pytest.approx(formula, rel=0.01)


def test_inverse_weights_stand_for_missing_variances() -> None:
    """Without variance images the weights' inverses are used; given ones come first."""
    exposure = make_exposure(4)
    bare = Exposure(
        name="bare",
        data=exposure.data,
        weight_map=exposure.weight_map,
        exptime=1.0,
        in_units="cps",
        pixel_scale=1.0,
        pixmap=exposure.pixmap,
    )
    used = exposure.weight_map.ravel() != 0
    inverse = 1 / exposure.weight_map.ravel()[used].astype(float)
    (variance,) = operator([bare], make_params()).variances
    assert np.abs(variance[used] - inverse).max() < 1e-6
    assert (variance[~used] == 0).all()
    given = np.full(exposure.data.shape, 3.0)
    given[10, 11] = np.nan
    (variance,) = operator([bare], make_params(), variances=[given]).variances
    assert (variance[used] == 3).all()
    assert (variance[~used] == 0).all()


def test_unusable_requests_are_named() -> None:
    """Boxes off the output, foreign masks and blocks that do not fit are refused."""
    with pytest.raises(CoreError, match=r"box \(0, 41, 0, 9\)"):
        operator(EXPOSURES, make_params(), box=(0, 41, 0, 9))
    with pytest.raises(CoreError, match="variances of shapes"):
        operator(EXPOSURES, make_params(), variances=[np.ones((2, 2))])
    linear = operator(EXPOSURES, make_params(), box=(5, 25, 7, 30))
    with pytest.raises(CoreError, match="mask of shape"):
        expected_noise_ratio(linear, np.ones((3, 3), dtype=bool), 2)
    with pytest.raises(CoreError, match="no whole block"):
        expected_noise_ratio(linear, np.ones((20, 23), dtype=bool), 21)
    with pytest.raises(CoreError, match="outside the box"):
        output_covariance(linear, np.array([[4, 7]]))
