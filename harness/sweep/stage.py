"""What all points of one output scale share."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError, UsageError
from harness.exposure_stream import change_each
from harness.geometry import make_grid, project, region_mask
from harness.model import FOOTPRINT, Exposure, OutputGrid, Region
from harness.rows import SMALL_BLOCK, row_blocks
from harness.sweep.pieces import Box, clip_grid, cut_exposure

Settle = Callable[[Sequence[Exposure], Callable[[Exposure], Exposure]], Sequence[Exposure]]

CELL = 1.5
"""Input pixels a side: in a cell that wide an exposure has the centre of a pixel, anisotropic and
skewed pixels too."""
DARK = 2
"""Cells a side; smaller gaps are bad pixels, which dithers and drops are there to fill."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stage:
    """Exposures on the grid of one scale, and where is measured.

    Attributes
    ----------
    grid : OutputGrid
    exposures : sequence of Exposure
        With pixmaps on `grid`.
    region : str
        Its name.
    box : tuple of int
        (y0, y1, x0, x1), half-open: the output pixels that hold the region.
    mask : ndarray, (y1 - y0, x1 - x0), bool
        The region, in the box.
    star_x, star_y : ndarray, (n,), float64
        Output pixels.
    star_fwhm : float
        Of the stars without drop and output pixel, arcsec; 0 where unknown.
    sky_box : tuple of int or None
        Blank sky, for the noise.
    dark : int
        Output pixels that were taken out of the region because no exposure ever sees them.
    """

    grid: OutputGrid
    exposures: Sequence[Exposure]
    region: str
    box: Box
    mask: npt.NDArray[np.bool_]
    star_x: npt.NDArray[np.float64]
    star_y: npt.NDArray[np.float64]
    star_fwhm: float
    sky_box: Box | None
    dark: int


def set_stage(
    exposures: Sequence[Exposure],
    scale: float,
    region: Region,
    *,
    settle: Settle = change_each,
    clip: bool = False,
) -> Stage:
    """Project the exposures onto the grid of a scale, and select the region; no stars yet.

    Parameters
    ----------
    exposures : sequence of Exposure
    scale : float
        Arcsec.
    region : Region
    settle : callable, optional
        Given the exposures and the function that projects one, returns all of them projected, where
        they are to lie, such as in shared memory.
    clip : bool, optional
        Cut the output to a region on the sky with a margin, and each exposure to what reaches it:
        there the product is the same, and drizzling it takes the less the smaller the region is.

    Raises
    ------
    UsageError
        If no exposure looks at the region, or the exposures have nothing in common.
    GeometryError
        If a WCS cannot be used.
    """
    grid = make_grid(exposures, scale)
    if clip and region.kind == "sky_box":
        grid = clip_grid(grid, _find_box(_select_pixels(region, grid, ())))
        ready = settle(exposures, functools.partial(_project_piece, grid=grid))
    else:
        ready = settle(exposures, functools.partial(project, grid=grid))
    mask = select_region(region, grid, ready)
    dark = find_dark_sky(grid, ready)
    before = int(np.count_nonzero(mask))
    if dark is not None and (mask & ~dark).any():
        mask &= ~dark
    y0, y1, x0, x1 = _find_box(mask)
    return Stage(
        grid=grid,
        exposures=ready,
        region=region.name,
        box=(y0, y1, x0, x1),
        mask=np.ascontiguousarray(mask[y0:y1, x0:x1]),
        star_x=np.empty(0),
        star_y=np.empty(0),
        star_fwhm=0.0,
        sky_box=None,
        dark=before - int(np.count_nonzero(mask)),
    )


def _find_box(mask: npt.NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _project_piece(exposure: Exposure, grid: OutputGrid) -> Exposure:
    whole = project(exposure, grid)
    # What reaches nothing stays as it is: a core skips it.
    return cut_exposure(whole, (0, grid.shape[0], 0, grid.shape[1])) or whole


def find_dark_sky(grid: OutputGrid, exposures: Sequence[Exposure]) -> npt.NDArray[np.bool_] | None:
    """Find sky on the detector at which no good pixel of any exposure ever looks.

    Reference pixels, an occulting finger and blobs of bad pixels leave empty sky that no pixfrac
    fills; its fringe shrinks as drops grow, which is no merit of the pixfrac. Single bad pixels
    are not meant: only empty squares of `DARK` cells of `CELL` input pixels, with a cell around.

    Returns
    -------
    ndarray, (ny, nx), bool, or None
        None where there is none.
    """
    from scipy import ndimage

    native = float(np.median([exposure.pixel_scale for exposure in exposures]))
    width = max(1.0, CELL * native / grid.pixel_scale)
    shape = math.ceil(grid.shape[0] / width), math.ceil(grid.shape[1] / width)
    looked, seen = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for exposure in exposures:
        assert exposure.pixmap is not None  # noqa: S101 - it has been projected
        for rows in row_blocks(exposure.data.shape, SMALL_BLOCK):
            x, y = np.moveaxis(np.floor((exposure.pixmap[rows] + 0.5) / width), -1, 0)
            use = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0])
            row, column = y[use].astype(np.int64), x[use].astype(np.int64)
            looked[row, column] = True
            good = exposure.weight_map[rows][use] > 0
            seen[row[good], column[good]] = True
    empty = looked & ~seen
    dark = ndimage.binary_opening(empty, structure=np.ones((DARK, DARK)))
    dark = ndimage.binary_dilation(dark, structure=np.ones((3, 3)))
    if not dark.any():
        return None
    rows = np.floor((np.arange(grid.shape[0]) + 0.5) / width).astype(np.int64)
    columns = np.floor((np.arange(grid.shape[1]) + 0.5) / width).astype(np.int64)
    return np.asarray(dark[np.ix_(rows, columns)])


def select_region(
    region: Region, grid: OutputGrid, exposures: Sequence[Exposure]
) -> npt.NDArray[np.bool_]:
    """Select the output pixels of a region at which an exposure looks.

    Parameters
    ----------
    region : Region
        Any kind.
    grid : OutputGrid
        The output.
    exposures : sequence of Exposure
        With pixmaps on that grid.

    Returns
    -------
    ndarray, (ny, nx), bool
        True inside.

    Raises
    ------
    UsageError
        If there is none.
    """
    mask = _select_pixels(region, grid, exposures)
    if region.kind == "sky_box":
        mask &= region_mask(FOOTPRINT, grid, exposures)
        if not mask.any():
            raise _outside(region, grid)
    return mask


def _select_pixels(
    region: Region, grid: OutputGrid, exposures: Sequence[Exposure]
) -> npt.NDArray[np.bool_]:
    try:
        return region_mask(region, grid, exposures)
    except GeometryError as error:
        if region.kind == "full_coverage":
            raise UsageError(
                "no part of the sky is on all exposures",
                where="region full coverage",
                remedy="Leave out the exposures that lie apart, or name a --region",
            ) from error
        raise _outside(region, grid) from error


def _outside(region: Region, grid: OutputGrid) -> UsageError:
    ny, nx = grid.shape
    ra, dec = (float(value) for value in grid.wcs.wcs_pix2world((nx - 1) / 2, (ny - 1) / 2, 0))
    return UsageError(
        "no exposure looks there",
        where=f"region {region.name}",
        allowed=f'the {nx * grid.pixel_scale:.1f}" x {ny * grid.pixel_scale:.1f}" about '
        f"{ra:.5f} {dec:+.5f}",
        remedy="Check --region, in degrees and arcsec",
    )
