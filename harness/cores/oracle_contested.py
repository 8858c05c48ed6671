"""Output pixels on whose contributors the roundoff of a core decides."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_doubt import find_doubtful, is_worthwhile
from harness.cores.oracle_kernels import (
    POINT_PIXFRAC,
    Footprints,
    checked_pixmap,
    footprints,
    kernel_reach,
)
from harness.cores.oracle_sums import SMALLEST_WEIGHT
from harness.model import DrizzleParams, Exposure
from harness.rows import SMALL_BLOCK, row_blocks

Mask = npt.NDArray[np.bool_]

FIXED = frozenset({"point", "lanczos2", "lanczos3"})
"""Kernels on whose pixels pixfrac has no say."""


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
        Compute smaller and larger drops only where `oracle_doubt.find_doubtful` says that they
        may differ. The result is the same.

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
    kernels = {"point" if one.pixfrac <= POINT_PIXFRAC else one.kernel for one in (smaller, larger)}
    contested = np.zeros(params.grid.shape, dtype=bool)
    if fast and len(kernels) == 1 and kernels <= FIXED:
        return contested
    for exposure in exposures:
        chosen = exposure.weight_map != 0
        told = fast and len(kernels) == 1 and is_worthwhile(exposure, params)
        if told:
            chosen = find_doubtful(exposure, params, edge)
        if not chosen.any():
            continue
        differs = _reach(exposure, larger, chosen) != _reach(exposure, smaller, chosen)
        if not differs.any():
            continue
        if told:
            # Another drop, beyond doubt, may reach the same pixel whatever its size.
            beyond = ~chosen & _near(exposure, differs, _farthest(exposure, params))
            differs &= ~_reach(exposure, params, beyond)
        contested |= differs
    return contested


def _farthest(exposure: Exposure, params: DrizzleParams) -> int:
    """Return how far from its centre, in whole output pixels, a drop may reach."""
    if params.kernel != "square":
        return math.ceil(kernel_reach(exposure, params)) + 1
    # A corner lies half a step to a neighbour off in x and in y, beyond the edge of the frame too.
    pixmap, most, longest = checked_pixmap(exposure), max(params.grid.shape), 0.0
    for rows in row_blocks(exposure.data.shape, SMALL_BLOCK):
        # And the row after them.
        some = pixmap[rows.start : rows.stop + 1]
        for axis in (0, 1):
            step = np.abs(np.diff(some, axis=axis))
            longest = max(longest, float(np.max(step, initial=0.0, where=step < most)))
    return math.ceil(2 * longest) + 1


def _near(exposure: Exposure, image: Mask, margin: int) -> Mask:
    """Select the input pixels whose centre falls within a margin of a pixel of an image."""
    ny, nx = image.shape
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    near = image.copy()
    for axis in (0, 1):
        there, here = (np.moveaxis(one.copy(), axis, 0) for one in (near, near))
        for step in range(1, min(margin, near.shape[axis] - 1) + 1):
            here[step:] |= there[:-step]
            here[:-step] |= there[step:]
        near = np.moveaxis(here, 0, axis)
    x, y = np.moveaxis(checked_pixmap(exposure), -1, 0)
    with np.errstate(invalid="ignore"):
        within = (y >= rows[0] - margin - 1) & (y <= rows[-1] + margin + 1)
        within &= (x >= columns[0] - margin - 1) & (x <= columns[-1] + margin + 1)
    at_y = np.clip(np.rint(y[within]), 0, ny - 1).astype(np.intp)
    at_x = np.clip(np.rint(x[within]), 0, nx - 1).astype(np.intp)
    within[within] = near[at_y, at_x]
    return np.asarray(within)


def _reach(exposure: Exposure, params: DrizzleParams, chosen: Mask) -> Mask:
    """Mark what some input pixels reach."""
    image = np.zeros(params.grid.shape, dtype=bool)
    weight_map = np.where(chosen, exposure.weight_map, np.float32(0))
    some_of_it = dataclasses.replace(exposure, weight_map=weight_map)
    weight = weight_map.ravel()
    for some in footprints(some_of_it, params):
        given = some.fraction * weight[some.pixel].astype(np.float64)
        _mark(image, some, np.abs(given) >= SMALLEST_WEIGHT)
    return image


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
