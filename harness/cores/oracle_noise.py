"""Exact noise of the product, from the operator: variance, covariance, correlation ratios.

With L the matrix from input to output science values, and V the diagonal of the input variances,
the covariance of the output is L V L^T. Nothing here builds that matrix: what is asked of it is
asked of the sparse L.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_operator import Floats, LinearDrizzle
from harness.errors import CoreError


def output_variance(linear: LinearDrizzle) -> Floats:
    """Return the variance of every output pixel of the box.

    Parameters
    ----------
    linear : LinearDrizzle
        The operator of a box of output pixels.

    Returns
    -------
    ndarray, (y1 - y0, x1 - x0), float64
        (counts/s per input-pixel area)^2; 0 without weight.
    """
    total = np.zeros(linear.weight.size)
    for matrix, variance in zip(linear.matrices, linear.variances, strict=True):
        total += matrix.power(2) @ variance
    return total.reshape(linear.weight.shape)


def output_covariance(linear: LinearDrizzle, pixels: npt.NDArray[np.integer[Any]]) -> Floats:
    """Return the covariance of some output pixels.

    Parameters
    ----------
    linear : LinearDrizzle
        The operator.
    pixels : ndarray, (n, 2), int
        (y, x) on the output, inside the box.

    Returns
    -------
    ndarray, (n, n), float64

    Raises
    ------
    CoreError
        If a pixel lies outside the box.
    """
    y0, y1, x0, x1 = linear.box
    y, x = pixels[:, 0], pixels[:, 1]
    if not ((y >= y0) & (y < y1) & (x >= x0) & (x < x1)).all():
        raise CoreError("pixels outside the box", where="oracle", allowed=f"box {linear.box}")
    rows = (y - y0) * (x1 - x0) + (x - x0)
    total = np.zeros((len(rows), len(rows)))
    for matrix, variance in zip(linear.matrices, linear.variances, strict=True):
        chosen = matrix[rows]
        total += ((chosen * variance[None, :]) @ chosen.T).toarray()
    return total


def expected_noise_ratio(linear: LinearDrizzle, mask: npt.NDArray[np.bool_], block: int) -> float:
    """Return the noise correlation ratio R that block averaging measures, exactly.

    R^2 is the variance of the sum over a block divided by the block's number of pixels times
    the variance of one pixel, both averaged over all blocks (Fruchter & Hook 2002, section 7;
    Casertano et al. 2000, appendix, whose factor is its inverse). 1 for uncorrelated pixels.

    Parameters
    ----------
    linear : LinearDrizzle
        The operator.
    mask : ndarray, (y1 - y0, x1 - x0), bool
        Pixels of the box that may be used. Blocks lie side by side from the first row and column
        of the box; only those that are whole and entirely in the mask count.
    block : int
        Side of a block, output pixels.

    Returns
    -------
    float

    Raises
    ------
    CoreError
        If no whole block lies in the mask, or the mask has another shape than the box.
    """
    from scipy.sparse import csr_array

    labels, count = _block_numbers(mask, linear, block)
    members = np.flatnonzero(labels >= 0)
    ones = np.ones(members.size)
    sums = csr_array((ones, (labels[members], members)), shape=(count, labels.size))
    of_sums = np.zeros(count)
    for matrix, variance in zip(linear.matrices, linear.variances, strict=True):
        of_sums += (sums @ matrix).power(2) @ variance
    of_pixels = output_variance(linear).ravel()[members]
    return float(np.sqrt(of_sums.mean() / (block**2 * of_pixels.mean())))


def limiting_noise_ratio(linear: LinearDrizzle, mask: npt.NDArray[np.bool_]) -> float:
    """Return the noise correlation ratio R in the limit of large blocks, exactly.

    R^2 is the sum of the covariances of a pixel with all others, itself included, over its
    variance, both averaged over the mask. Covariances with pixels outside the box are missed:
    keep the mask a kernel's width inside it.

    Parameters
    ----------
    linear : LinearDrizzle
        The operator.
    mask : ndarray, (y1 - y0, x1 - x0), bool
        Pixels of the box over which to average.

    Returns
    -------
    float

    Raises
    ------
    CoreError
        As `expected_noise_ratio`.
    """
    labels, _ = _block_numbers(mask, linear, 1)
    inside = (labels >= 0).astype(np.float64)
    everywhere = np.ones(inside.size)
    covariance = 0.0
    for matrix, variance in zip(linear.matrices, linear.variances, strict=True):
        covariance += float(((inside @ matrix) * variance) @ (everywhere @ matrix))
    return float(np.sqrt(covariance / (inside @ output_variance(linear).ravel())))


def _block_numbers(
    mask: npt.NDArray[np.bool_], linear: LinearDrizzle, block: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Return the number of its block for every pixel, -1 for none, and how many there are."""
    if mask.shape != linear.weight.shape:
        raise CoreError(
            f"mask of shape {mask.shape}", where="oracle", allowed=f"{linear.weight.shape}"
        )
    ny, nx = mask.shape[0] // block, mask.shape[1] // block
    part = mask[: ny * block, : nx * block].reshape(ny, block, nx, block)
    whole = part.all(axis=(1, 3))
    count = int(whole.sum())
    if not count:
        raise CoreError(
            "no whole block lies in the mask",
            where="oracle",
            allowed=f"masks that hold squares of {block}x{block} pixels",
            remedy="Choose smaller blocks or a larger region",
        )
    numbers = np.where(whole, np.cumsum(whole).reshape(ny, nx) - 1, -1)
    labels = np.full(mask.shape, -1, dtype=np.int64)
    labels[: ny * block, : nx * block] = np.repeat(np.repeat(numbers, block, 0), block, 1)
    return labels.ravel(), count
