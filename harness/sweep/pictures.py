"""Images and histograms of a point, small enough to keep."""

from __future__ import annotations

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
    covered = product.wht != 0
    top, left = closeup_corner(stage)
    cut = slice(top, min(top + CLOSEUP, y1)), slice(left, min(left + CLOSEUP, x1))
    block = -(-max(product.wht.shape) // FULL)
    region_block = -(-max(stage.mask.shape) // FULL)
    inside = stage.mask.astype(np.float32)
    holes = stage.mask & ~covered[y0:y1, x0:x1]
    share = shrink(inside, region_block)
    empty = shrink(holes, region_block) if holes.any() else np.zeros_like(share)
    with np.errstate(invalid="ignore", divide="ignore"):
        hole_map = np.where(share > 0, empty / share, np.nan)
        count = shrink(covered, block)
        flux = shrink(np.where(covered & np.isfinite(product.sci), product.sci, 0.0), block)
        full = np.where(count > 0, flux / count, np.nan)

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

    closeup = np.where(covered[cut], product.sci[cut], np.nan)
    return (
        picture("science_closeup", closeup, 1, (top, left)),
        picture("weight_closeup", np.where(covered[cut], product.wht[cut], np.nan), 1, (top, left)),
        picture("science_full", full, block, (0, 0)),
        picture(
            "weight_full", np.where(count > 0, shrink(product.wht, block), np.nan), block, (0, 0)
        ),
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


def shrink(image: npt.NDArray[Any], block: int) -> npt.NDArray[np.float32]:
    """Average blocks of pixels; those at the far edges may be cut and average what they hold.

    Parameters
    ----------
    image : ndarray, (ny, nx)
        Of any real type.
    block : int
        Side of a block, pixels.

    Returns
    -------
    ndarray, (rows of blocks, columns of blocks), float32
        Means.
    """
    if block == 1:
        return image.astype(np.float32)
    rows, columns = np.arange(0, image.shape[0], block), np.arange(0, image.shape[1], block)
    # Whole blocks by a sum along an axis, three times faster than reduceat.
    whole = image.shape[0] // block
    image = image.astype(np.float32, copy=False)
    by_row = image[: whole * block].reshape(whole, block, -1).sum(axis=1)
    if whole < rows.size:
        by_row = np.concatenate([by_row, image[whole * block :].sum(axis=0, keepdims=True)])
    sums = np.add.reduceat(by_row, columns, axis=1)
    heights = np.diff(np.append(rows, image.shape[0]))
    widths = np.diff(np.append(columns, image.shape[1]))
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
