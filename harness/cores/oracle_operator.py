"""Drizzle as a sparse matrix: exact noise of the product, covariance included.

With L the matrix from input to output science values, and V the diagonal of the input variances,
the covariance of the output is L V L^T. Nothing here builds that matrix: what is asked of it is
asked of the sparse L.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle import count_rate
from harness.cores.oracle_kernels import footprints
from harness.errors import CoreError
from harness.model import DrizzleParams, Exposure

Floats = npt.NDArray[np.float64]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearDrizzle:
    """A box of output pixels as a linear function of all input pixels.

    Attributes
    ----------
    box : tuple of int
        (y0, y1, x0, x1) on the output, half-open.
    matrices : tuple of scipy.sparse.csr_array, (box pixels, input pixels)
        One for each exposure: what a unit of its count rate adds to the science value. The
        elements of a row add up to 1 over all exposures.
    weight : ndarray, (y1 - y0, x1 - x0), float64
        Output weight.
    variances : tuple of ndarray, (input pixels,), float64
        Variance of the count rate of each input pixel; 0 where its weight is.
    """

    box: Box
    matrices: tuple[Any, ...]
    weight: Floats
    variances: tuple[Floats, ...]


def operator(
    exposures: Sequence[Exposure],
    params: DrizzleParams,
    *,
    box: Box | None = None,
    variances: Sequence[npt.NDArray[Any]] | None = None,
) -> LinearDrizzle:
    """Write drizzling as a matrix.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on `params.grid`; only exposures that meet the box cost memory.
    params : DrizzleParams
        What is asked for.
    box : tuple of int, optional
        (y0, y1, x0, x1) of the output, half-open; all of it where not given. A matrix takes
        12 bytes for every output pixel of every drop: some 100 MB per million input pixels, so
        ask for the box that the noise is wanted in.
    variances : sequence of ndarray, (ny, nx), optional
        Variance of every input pixel, (counts/s)^2. Where not given, the total variance of an
        exposure if all have one, else the inverse of the weights, which is what weights stand
        for.

    Returns
    -------
    LinearDrizzle

    Raises
    ------
    CoreError
        If the box does not lie on the output, the variances do not match the exposures, or the
        exposures cannot be drizzled (see `oracle.combine`).
    """
    from scipy.sparse import coo_array, diags_array

    ny, nx = params.grid.shape
    y0, y1, x0, x1 = box or (0, ny, 0, nx)
    if not (0 <= y0 < y1 <= ny and 0 <= x0 < x1 <= nx):
        raise CoreError(
            f"box {box}", where="oracle", allowed=f"0 <= y0 < y1 <= {ny}, 0 <= x0 < x1 <= {nx}"
        )
    size = (y1 - y0, x1 - x0)
    weighted = []
    weight = np.zeros(size[0] * size[1])
    # With the box as the output, the kernels leave out what does not reach it.
    grid = dataclasses.replace(params.grid, shape=size, wcs=None)
    on_box = dataclasses.replace(params, grid=grid)
    for exposure in exposures:
        if exposure.pixmap is not None and (y0 or x0):
            exposure = dataclasses.replace(exposure, pixmap=exposure.pixmap - [x0, y0])
        inputs = exposure.weight_map.ravel()
        rows, columns, values = [_NO_INDEX], [_NO_INDEX], [np.empty(0)]
        for some in footprints(exposure, on_box):
            span_y, span_x = some.fraction.shape[:2]
            y = some.y + np.arange(span_y)[:, None, None]
            x = some.x + np.arange(span_x)[:, None]
            given = some.fraction * inputs[some.pixel].astype(np.float64)
            kept = (given != 0) & (y >= 0) & (y < size[0]) & (x >= 0) & (x < size[1])
            rows.append((y * size[1] + x)[kept].astype(np.int32))
            columns.append(np.broadcast_to(some.pixel, kept.shape)[kept].astype(np.int32))
            values.append(given[kept])
        index = (np.concatenate(rows), np.concatenate(columns))
        matrix = coo_array((np.concatenate(values), index), shape=(weight.size, inputs.size))
        weighted.append(matrix.tocsr())
        weight += weighted[-1].sum(axis=1)
    inverse = np.divide(1.0, weight, out=np.zeros(weight.size), where=weight != 0)
    scale = diags_array(inverse)
    return LinearDrizzle(
        box=(y0, y1, x0, x1),
        matrices=tuple((scale @ matrix).tocsr() for matrix in weighted),
        weight=weight.reshape(size),
        variances=_input_variances(exposures, variances),
    )


_NO_INDEX = np.empty(0, dtype=np.int32)


def _input_variances(
    exposures: Sequence[Exposure], variances: Sequence[npt.NDArray[Any]] | None
) -> tuple[Floats, ...]:
    if variances is None:
        if all(exposure.variance for exposure in exposures):
            variances = [count_rate(e.variance[0], e, power=2) for e in exposures]
        else:
            variances = [
                np.divide(
                    1.0, e.weight_map, out=np.zeros(e.weight_map.shape), where=e.weight_map != 0
                )
                for e in exposures
            ]
    if [v.shape for v in variances] != [e.data.shape for e in exposures]:
        raise CoreError(
            f"variances of shapes {[v.shape for v in variances]}",
            where="oracle",
            allowed=f"one for each exposure: {[e.data.shape for e in exposures]}",
        )
    # A pixel without weight may carry any variance, NaN too; it must not reach the sums.
    return tuple(
        np.where(e.weight_map != 0, v, 0.0).astype(np.float64).ravel()
        for v, e in zip(variances, exposures, strict=True)
    )


def output_variance(linear: LinearDrizzle) -> Floats:
    """Return the variance of every output pixel of the box.

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
