"""Drizzle as a sparse matrix, from input to output science values."""

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
    UnsupportedCaseError
        For an unknown kernel or pixfrac, see `oracle_kernels.footprints`.
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
