"""Coverage: output pixels on which no drop has fallen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.metrics.selection import (
    Image,
    Mask,
    check_selection,
    count_not_finite,
    parts_in,
    unmeasured,
)
from harness.model import Measurement
from harness.rows import row_blocks

SLIVER = 6e-7
"""Fraction of the largest weight below which a float32 core and exact geometry may disagree on
whether a pixel is a hole: ten roundings of 6e-8 in the corners of a drop."""

HOLE_FRACTION = "coverage.hole_fraction"
HOLE_COUNT = "coverage.hole_count"
LARGEST_HOLE = "coverage.largest_hole"
UNITS = {HOLE_FRACTION: "", HOLE_COUNT: "", LARGEST_HOLE: "pix"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Holes:
    """The holes of a weight map in a region.

    Attributes
    ----------
    pixels : int
        Without weight.
    count : int
        4-connected sets of them.
    largest : int
        Pixels of the largest set.
    slivers : int
        Pixels with a weight, but below `SLIVER` of the largest.
    """

    pixels: int
    count: int
    largest: int
    slivers: int


def measure_coverage(
    wht: Image, mask: Mask, region: str, *, expected_wht: Image | Holes | None = None
) -> tuple[Measurement, Measurement, Measurement]:
    """Measure the holes: their share of the region, their number, and the largest.

    A hole pixel has a weight of exactly zero; hole pixels that share an edge (4-connected) are
    one hole, so that holes that touch at a corner count apart. A region cuts holes at its edge.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Weight map.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    expected_wht : ndarray, (ny, nx), or Holes, optional
        Weight map that the geometry predicts for the same exposures and parameters, or what
        `find_holes` has found in it.

    Returns
    -------
    tuple of Measurement
        coverage.hole_fraction, coverage.hole_count, coverage.largest_hole (pix). `extras` of the
        first: `sliver_fraction` and `expected_sliver_fraction`, the share of pixels with a weight
        above zero but below `SLIVER` of the maximum, on which roundoff decides.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    check_selection(mask, region, wht=wht)
    if isinstance(expected_wht, np.ndarray):
        check_selection(mask, region, expected_wht=expected_wht)
    size = int(np.count_nonzero(mask))
    bounds = [_bounds_of(wht, mask, rows) for rows in row_blocks(mask.shape)]
    if not np.isfinite(bounds).all():
        bad = count_not_finite(wht, mask)
        reason = f"{bad} weights in the region are not finite; see integrity.finite"
        fraction, count, largest = (
            unmeasured(name, unit, region, reason, sample_size=size) for name, unit in UNITS.items()
        )
        return fraction, count, largest
    seen = _find_holes(wht, mask, bounds)
    wanted = (
        find_holes(expected_wht, mask) if isinstance(expected_wht, np.ndarray) else expected_wht
    )
    extras = {"hole_pixels": float(seen.pixels), "sliver_fraction": seen.slivers / size}
    if wanted is not None:
        extras["expected_sliver_fraction"] = wanted.slivers / size
    return (
        Measurement(
            metric=HOLE_FRACTION,
            value=seen.pixels / size,
            unit=UNITS[HOLE_FRACTION],
            region=region,
            sample_size=size,
            expected=None if wanted is None else wanted.pixels / size,
            extras=extras,
        ),
        Measurement(
            metric=HOLE_COUNT,
            value=float(seen.count),
            unit=UNITS[HOLE_COUNT],
            region=region,
            sample_size=size,
            expected=None if wanted is None else float(wanted.count),
        ),
        Measurement(
            metric=LARGEST_HOLE,
            value=float(seen.largest),
            unit=UNITS[LARGEST_HOLE],
            region=region,
            sample_size=size,
            expected=None if wanted is None else float(wanted.largest),
        ),
    )


def find_holes(wht: Image, mask: Mask) -> Holes:
    """Find the holes of a weight map in a region.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Finite weights.
    mask : ndarray, (ny, nx), bool
        The region.
    """
    return _find_holes(wht, mask, [_bounds_of(wht, mask, rows) for rows in row_blocks(mask.shape)])


def _bounds_of(wht: Image, mask: Mask, rows: slice) -> tuple[float, float]:
    """Return the smallest and the largest weight of some rows of the region; zeros without any."""
    parts = [(float(part.min()), float(part.max())) for part in parts_in(wht, mask, rows)]
    if not parts:
        return 0.0, 0.0
    lowest, highest = np.array(parts).T
    # Unlike those of Python, these let NaN through.
    return float(lowest.min()), float(highest.max())


def _find_holes(wht: Image, mask: Mask, bounds: Sequence[tuple[float, float]]) -> Holes:
    holes: npt.NDArray[np.bool_] = np.zeros(mask.shape, dtype=bool)
    peak = max(0.0, *(highest for _, highest in bounds))
    pixels = slivers = 0
    for rows, (lowest, _) in zip(row_blocks(mask.shape), bounds, strict=True):
        if lowest >= SLIVER * peak > 0:
            continue
        np.equal(wht[rows], 0, out=holes[rows])
        holes[rows] &= mask[rows]
        here = int(np.count_nonzero(holes[rows]))
        pixels += here
        if peak > 0:
            thin = wht[rows] < SLIVER * peak
            thin &= wht[rows] > -SLIVER * peak
            thin &= mask[rows]
            # A hole is thin, too.
            slivers += int(np.count_nonzero(thin)) - here
    if pixels == 0:
        return Holes(pixels=0, count=0, largest=0, slivers=slivers)
    sizes = join_pixels(holes)
    return Holes(pixels=pixels, count=sizes.size, largest=int(sizes.max()), slivers=slivers)


def join_pixels(image: Mask) -> npt.NDArray[np.int64]:
    """Return the sizes of the 4-connected sets of pixels, in no order.

    They are labelled in blocks of rows and joined along the seams, for labels of the whole image
    would take four times the memory of what they label.

    Parameters
    ----------
    image : ndarray, (ny, nx), bool

    Returns
    -------
    ndarray, (sets,), int64
        Pixels.
    """
    from scipy import ndimage
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    sizes = [np.zeros(1, dtype=np.int64)]
    seams = []
    last = np.zeros(image.shape[1], dtype=np.int64)
    count = 0
    for rows in row_blocks(image.shape):
        labels, found = ndimage.label(image[rows])
        sizes.append(np.bincount(labels.ravel(), minlength=found + 1)[1:])
        first = np.where(labels[0] > 0, labels[0] + np.int64(count), 0)
        seams.append(np.stack([last, first])[:, (last > 0) & (first > 0)])
        last = np.where(labels[-1] > 0, labels[-1] + np.int64(count), 0)
        count += found
    size = np.concatenate(sizes)
    if not any(seam.size for seam in seams):
        return size[1:]
    joined, ends = np.unique(np.concatenate(seams, axis=1), return_inverse=True)
    above, below = ends.reshape(2, -1)
    links = coo_array((np.ones(above.size, dtype=np.int8), (above, below)), (joined.size,) * 2)
    sets, of_set = connected_components(links, directed=False)
    together = np.bincount(of_set, size[joined], minlength=sets).astype(np.int64)
    size[joined] = 0
    return np.concatenate([size[size > 0], together])
