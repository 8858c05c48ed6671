"""Output pixels on whose contributors the roundoff of a core decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle import SMALLEST_WEIGHT
from harness.cores.oracle_kernels import POINT_PIXFRAC, Footprints, footprints
from harness.model import DrizzleParams, Exposure

Mask = npt.NDArray[np.bool_]

SLIVER_PER_EDGE = 64.0
"""Share of a drop, in units of the relative change of its size, above which a smaller drop surely
reaches the pixel still: 4 is exact for a parallelogram, which loses 1 - (1 - 2 e)^2 of its area;
the rest is for bent ones."""


def find_contested(
    exposures: Sequence[Exposure], params: DrizzleParams, *, edge: float, fast: bool = True
) -> Mask:
    """Select the output pixels that drops a little smaller and a little larger share differently.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on `params.grid`; they are gone through once.
    params : DrizzleParams
    edge : float
        Relative change of pixfrac to either side.
    fast : bool, optional
        For the square kernel, compute the smaller drops only where the larger ones have a sliver
        of themselves on a pixel. The result is the same.

    Returns
    -------
    ndarray, (ny, nx), bool
        Where an exposure contributes with drops of pixfrac (1 + edge), but not with those of
        pixfrac (1 - edge), or the other way about.

    Raises
    ------
    CoreError, UnsupportedCaseError
        See `oracle_kernels.footprints`.
    """
    smaller, larger = (
        dataclasses.replace(params, pixfrac=params.pixfrac * (1 + step)) for step in (-edge, edge)
    )
    fast = fast and params.kernel == "square" and smaller.pixfrac > POINT_PIXFRAC
    contested = np.zeros(params.grid.shape, dtype=bool)
    for exposure in exposures:
        by_larger = np.zeros(params.grid.shape, dtype=bool)
        by_smaller = np.zeros(params.grid.shape, dtype=bool)
        weight = exposure.weight_map.ravel()
        doubtful = np.full(weight.shape, not fast)
        for some in footprints(exposure, larger):
            given = np.abs(some.fraction * weight[some.pixel].astype(np.float64))
            reached = given >= SMALLEST_WEIGHT
            _mark(by_larger, some, reached)
            if fast:
                sure = some.fraction > SLIVER_PER_EDGE * edge
                sure &= given > 2 * SMALLEST_WEIGHT
                _mark(by_smaller, some, sure)
                doubtful[some.pixel[(reached & ~sure).any(axis=(0, 1))]] = True
        _reach(by_smaller, exposure, smaller, doubtful)
        contested |= by_larger != by_smaller
    return contested


def _reach(image: Mask, exposure: Exposure, params: DrizzleParams, chosen: Mask) -> None:
    """Mark what some input pixels reach."""
    if not chosen.any():
        return
    weight_map = np.where(chosen.reshape(exposure.weight_map.shape), exposure.weight_map, 0)
    some_of_it = dataclasses.replace(exposure, weight_map=weight_map.astype(np.float32, copy=False))
    weight = weight_map.ravel()
    for some in footprints(some_of_it, params):
        given = some.fraction * weight[some.pixel].astype(np.float64)
        _mark(image, some, np.abs(given) >= SMALLEST_WEIGHT)


def _mark(image: Mask, some: Footprints, where: npt.NDArray[Any]) -> None:
    ny, nx = image.shape
    span_y, span_x = where.shape[:2]
    flat = image.reshape(-1)
    inside = some.x.size > 0 and some.x.min() >= 0 and some.y.min() >= 0
    inside = inside and some.x.max() + span_x <= nx and some.y.max() + span_y <= ny
    for row in range(span_y):
        for column in range(span_x):
            hit = where[row, column]
            y, x = some.y + row, some.x + column
            if not inside:
                hit = hit & (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
            flat[(y * nx + x)[hit]] = True
