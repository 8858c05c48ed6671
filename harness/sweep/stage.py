"""What all points of one output scale share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError, UsageError
from harness.geometry import make_grid, project, region_mask
from harness.model import FOOTPRINT, Exposure, OutputGrid, Region

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stage:
    """Exposures on the grid of one scale, and where is measured.

    Attributes
    ----------
    grid : OutputGrid
    exposures : tuple of Exposure
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
    """

    grid: OutputGrid
    exposures: tuple[Exposure, ...]
    region: str
    box: Box
    mask: npt.NDArray[np.bool_]
    star_x: npt.NDArray[np.float64]
    star_y: npt.NDArray[np.float64]
    star_fwhm: float
    sky_box: Box | None


def set_stage(
    exposures: Sequence[Exposure],
    scale: float,
    region: Region,
    *,
    keep: Callable[[Exposure], Exposure] = lambda exposure: exposure,
) -> Stage:
    """Project the exposures onto the grid of a scale, and select the region; no stars yet.

    Parameters
    ----------
    exposures : sequence of Exposure
    scale : float
        Arcsec.
    region : Region
    keep : callable, optional
        Applied to each projected exposure before the next is projected; what it returns is used,
        such as the same exposure in shared memory.

    Raises
    ------
    UsageError
        If no exposure looks at the region, or the exposures have nothing in common.
    GeometryError
        If a WCS cannot be used.
    """
    grid = make_grid(exposures, scale)
    ready = tuple(keep(project(exposure, grid)) for exposure in exposures)
    mask = select_region(region, grid, ready)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
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
    )


def select_region(
    region: Region, grid: OutputGrid, exposures: tuple[Exposure, ...]
) -> npt.NDArray[np.bool_]:
    """Select the output pixels of a region at which an exposure looks.

    Raises
    ------
    UsageError
        If there is none.
    """
    try:
        mask = region_mask(region, grid, exposures)
    except GeometryError as error:
        if region.kind == "full_coverage":
            raise UsageError(
                "no part of the sky is on all exposures",
                where="region full coverage",
                remedy="Leave out the exposures that lie apart, or name a --region",
            ) from error
        raise _outside(region, grid) from error
    if region.kind == "sky_box":
        mask &= region_mask(FOOTPRINT, grid, exposures)
        if not mask.any():
            raise _outside(region, grid)
    return mask


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
