"""Images and histograms of a point, small enough to keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.model import DrizzledProduct, Measurement
from harness.rows import row_blocks
from harness.sweep.plan import Point
from harness.sweep.record import Histogram, Picture
from harness.sweep.stage import Stage

CLOSEUP = 96
"""Output pixels a side: single output pixels and drops can be told apart on a screen."""
FULL = 320
"""Pixels that the longer side of a shrunk image may have."""
BINS = 80
WIDEST = 3.0
"""Weight over median weight at which the last bin of a histogram ends; what lies above counts
in it."""


def make_pictures(stage: Stage, point: Point, product: DrizzledProduct) -> tuple[Picture, ...]:
    """Cut and shrink the images of a product that the report shows."""
    y0, y1, x0, x1 = stage.box
    sci, wht, shape = product.sci, product.wht, product.wht.shape
    top, left = closeup_corner(stage)
    cut = slice(top, min(top + CLOSEUP, y1)), slice(left, min(left + CLOSEUP, x1))
    block = -(-max(shape) // FULL)
    region_block = -(-max(stage.mask.shape) // FULL)

    def find_holes(rows: slice) -> npt.NDArray[np.bool_]:
        empty: npt.NDArray[np.bool_] = stage.mask[rows] & (wht[y0:y1, x0:x1][rows] == 0)
        return empty

    def take_light(rows: slice) -> npt.NDArray[np.float32]:
        return np.where((wht[rows] != 0) & np.isfinite(sci[rows]), sci[rows], np.float32(0))

    share = shrink(stage.mask.__getitem__, stage.mask.shape, region_block)
    empty = shrink(find_holes, stage.mask.shape, region_block)
    with np.errstate(invalid="ignore", divide="ignore"):
        hole_map = np.where(share > 0, empty / share, np.nan)
        count = shrink(lambda rows: wht[rows] != 0, shape, block)
        full = np.where(count > 0, shrink(take_light, shape, block) / count, np.nan)
        weights = shrink(wht.__getitem__, shape, block)

    def picture(
        role: str, pixels: npt.NDArray[np.floating], size: int, at: tuple[int, int]
    ) -> Picture:
        return Picture(
            role=role,  # type: ignore[arg-type]
            core=point.core,
            kernel=point.kernel,
            scale=point.scale,
            pixfrac=point.pixfrac,
            pixels=np.ascontiguousarray(pixels, dtype=np.float32),
            block=size,
            corner=at,
        )

    covered = wht[cut] != 0
    return (
        picture("science_closeup", np.where(covered, sci[cut], np.nan), 1, (top, left)),
        picture("weight_closeup", np.where(covered, wht[cut], np.nan), 1, (top, left)),
        picture("science_full", full, block, (0, 0)),
        picture("weight_full", np.where(count > 0, weights, np.nan), block, (0, 0)),
        picture("hole_map", hole_map, region_block, (y0, x0)),
    )


def closeup_corner(stage: Stage) -> tuple[int, int]:
    """Return (y, x) of the close-up: about the brightest star, or the middle of the region."""
    y0, y1, x0, x1 = stage.box
    if stage.star_x.size:
        y, x = float(stage.star_y[0]), float(stage.star_x[0])
    else:
        y, x = (y0 + y1) / 2, (x0 + x1) / 2
    top = min(max(round(y) - CLOSEUP // 2, y0), max(y1 - CLOSEUP, y0))
    left = min(max(round(x) - CLOSEUP // 2, x0), max(x1 - CLOSEUP, x0))
    return top, left


def shrink(
    values: Callable[[slice], npt.NDArray[Any]], shape: tuple[int, ...], block: int
) -> npt.NDArray[np.float32]:
    """Average blocks of pixels; those at the far edges may be cut and average what they hold.

    Parameters
    ----------
    values : callable
        Takes a slice of rows, gives those of an image, (rows, nx), as float32 holds them.
    shape : tuple of int
        (ny, nx) of the image.
    block : int
        Pixels a side.

    Returns
    -------
    ndarray, (rows of blocks, columns of blocks), float32
        Means.
    """
    rows, columns = np.arange(0, shape[0], block), np.arange(0, shape[1], block)
    by_row = np.empty((rows.size, shape[1]), dtype=np.float32)
    # Whole blocks by a sum along an axis, three times faster than reduceat.
    whole = shape[0] // block
    for some in row_blocks((whole, block * shape[1])):
        strip = values(slice(some.start * block, some.stop * block)).astype(np.float32, copy=False)
        by_row[some] = strip.reshape(-1, block, shape[1]).sum(axis=1)
    if whole < rows.size:
        by_row[whole] = values(slice(whole * block, None)).astype(np.float32).sum(axis=0)
    sums = np.add.reduceat(by_row, columns, axis=1)
    heights = np.diff(np.append(rows, shape[0]))
    widths = np.diff(np.append(columns, shape[1]))
    shrunk: npt.NDArray[np.float32] = (sums / np.outer(heights, widths)).astype(np.float32)
    return shrunk


def find_histogram(
    wht: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    uniformity: Measurement,
    point: Point,
) -> Histogram | None:
    """Count the weights of the region in bins of weight over median weight.

    Parameters
    ----------
    wht : ndarray, (ny, nx), float32
        Weight map of the point.
    mask : ndarray, (ny, nx), bool
        The region.
    """
    median = uniformity.extras.get("median", 0.0)
    if not median > 0:
        return None
    edges = np.linspace(0.0, WIDEST, BINS + 1)
    per_bin = np.float32(BINS / (WIDEST * median))
    counts = np.zeros(BINS, dtype=np.int64)
    for rows in row_blocks(mask.shape):
        bins = (wht[rows][mask[rows]] * per_bin).astype(np.int32)
        np.clip(bins, 0, BINS - 1, out=bins)
        counts += np.bincount(bins, minlength=BINS)
    return Histogram(
        core=point.core,
        kernel=point.kernel,
        scale=point.scale,
        pixfrac=point.pixfrac,
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
    )
