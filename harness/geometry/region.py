"""Regions: which output pixels count for a measurement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError
from harness.geometry.grid import ARCSEC_PER_DEGREE
from harness.model import Exposure, OutputGrid, Region

OUTLINE_STEP = 16
"""Input pixels between the points of an outline; distortion bends an edge by less than 1e-3 px
over that length."""


def footprint_polygon(exposure: Exposure) -> Any:
    """Outline one chip on the output grid.

    Parameters
    ----------
    exposure : Exposure
        With `pixmap`.

    Returns
    -------
    shapely.Polygon
        Outer edges of the border pixels, in output (x, y).

    Raises
    ------
    GeometryError
        If there is no pixmap or its border is not finite.
    """
    from shapely import Polygon

    if exposure.pixmap is None:
        raise GeometryError(
            "has no pixmap",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Call harness.geometry.project first",
        )
    border = _outer_border(exposure.pixmap)
    if not np.isfinite(border).all():
        raise GeometryError(
            "the pixmap is not finite along the border",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Mask such pixels by weight, not in the pixmap, to measure regions",
        )
    return Polygon(border)


def region_mask(
    region: Region, grid: OutputGrid, exposures: Sequence[Exposure]
) -> npt.NDArray[np.bool_]:
    """Select the output pixels whose centres lie in a region.

    Parameters
    ----------
    region : Region
        What is asked for; sky boxes are converted through the WCS of the output.
    grid : OutputGrid
        The output.
    exposures : sequence of Exposure
        With pixmaps on `grid`; chips of one exposure (same `name`) are joined before overlaps
        are formed.

    Returns
    -------
    ndarray, (ny, nx), bool

    Raises
    ------
    GeometryError
        If the region has no pixel on the output.
    """
    makers = {
        "pixel_box": lambda: _pixel_box(region, grid),
        "sky_box": lambda: _sky_box(region, grid),
        "footprint": lambda: _inside(_joined(exposures, everywhere=False), grid),
        "full_coverage": lambda: _inside(_joined(exposures, everywhere=True), grid),
    }
    mask = makers[region.kind]()
    if not mask.any():
        raise GeometryError(
            "no output pixel lies in it",
            where=f"region {region.name!r}",
            allowed=f"regions that meet the {grid.shape[0]}x{grid.shape[1]} output",
            remedy="Check its coordinates, or whether the exposures overlap",
        )
    return mask


def _outer_border(pixmap: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the (n, 2) outline: centres of the border pixels moved out by half a pixel."""
    ny, nx = pixmap.shape[:2]
    along_x = _stations(nx)
    along_y = _stations(ny)

    def at(y: float, x: float) -> npt.NDArray[np.float64]:
        y0, x0 = min(max(int(y), 0), max(ny - 2, 0)), min(max(int(x), 0), max(nx - 2, 0))
        here = pixmap[y0, x0]
        by_x = pixmap[y0, x0 + 1] - here if nx > 1 else np.array([1.0, 0.0])
        by_y = pixmap[y0 + 1, x0] - here if ny > 1 else np.array([0.0, 1.0])
        return np.asarray(here + (x - x0) * by_x + (y - y0) * by_y)

    outline = [at(-0.5, x) for x in along_x]
    outline += [at(y, nx - 0.5) for y in along_y[1:]]
    outline += [at(ny - 0.5, x) for x in along_x[::-1][1:]]
    outline += [at(y, -0.5) for y in along_y[::-1][1:-1]]
    return np.array(outline)


def _stations(size: int) -> npt.NDArray[np.float64]:
    return np.linspace(-0.5, size - 0.5, max(2, -(-size // OUTLINE_STEP) + 1))


def _joined(exposures: Sequence[Exposure], *, everywhere: bool) -> Any:
    """Return the union of all footprints, or the eroded overlap of all of them."""
    from shapely import intersection_all, union_all

    chips: dict[str, list[Any]] = defaultdict(list)
    for exposure in exposures:
        chips[exposure.name].append(footprint_polygon(exposure))
    by_exposure = [union_all(polygons) for polygons in chips.values()]
    if not everywhere:
        return union_all(by_exposure)
    input_pixel = max(_input_pixel_size(exposure) for exposure in exposures)
    return intersection_all(by_exposure).buffer(-input_pixel, join_style="mitre")


def _input_pixel_size(exposure: Exposure) -> float:
    """Return the longer side of the central input pixel, output pixels."""
    pixmap = exposure.pixmap
    assert pixmap is not None  # noqa: S101 - footprint_polygon has raised before
    ny, nx = pixmap.shape[:2]
    if ny < 2 or nx < 2:
        return 1.0
    y, x = (ny - 1) // 2, (nx - 1) // 2
    along_x = np.hypot(*(pixmap[y, x + 1] - pixmap[y, x]))
    along_y = np.hypot(*(pixmap[y + 1, x] - pixmap[y, x]))
    return float(max(along_x, along_y))


def _inside(polygon: Any, grid: OutputGrid) -> npt.NDArray[np.bool_]:
    from shapely import contains_xy, prepare

    mask = np.zeros(grid.shape, dtype=bool)
    if polygon.is_empty:
        return mask
    prepare(polygon)
    x0, y0, x1, y1 = polygon.bounds
    rows = slice(max(int(np.floor(y0)), 0), max(min(int(np.ceil(y1)) + 1, grid.shape[0]), 0))
    columns = slice(max(int(np.floor(x0)), 0), max(min(int(np.ceil(x1)) + 1, grid.shape[1]), 0))
    y, x = np.mgrid[rows, columns]
    mask[rows, columns] = contains_xy(polygon, x.astype(float), y.astype(float))
    return mask


def _pixel_box(region: Region, grid: OutputGrid) -> npt.NDArray[np.bool_]:
    if region.box is None:
        raise GeometryError(
            "has no box", where=f"region {region.name!r}", allowed="(y0, y1, x0, x1)"
        )
    y0, y1, x0, x1 = region.box
    mask = np.zeros(grid.shape, dtype=bool)
    mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    return mask


def _sky_box(region: Region, grid: OutputGrid) -> npt.NDArray[np.bool_]:
    from shapely import Polygon

    if region.sky is None or grid.wcs is None:
        raise GeometryError(
            "has no sky position, or the output has no WCS",
            where=f"region {region.name!r}",
            allowed="(ra, dec, width, height) in degrees and arcsec",
        )
    ra, dec, width, height = region.sky
    half_ra = width / 2 / ARCSEC_PER_DEGREE / np.cos(np.radians(dec))
    half_dec = height / 2 / ARCSEC_PER_DEGREE
    corners_ra = [ra - half_ra, ra + half_ra, ra + half_ra, ra - half_ra]
    corners_dec = [dec - half_dec, dec - half_dec, dec + half_dec, dec + half_dec]
    x, y = grid.wcs.all_world2pix(corners_ra, corners_dec, 0)
    return _inside(Polygon(np.column_stack([x, y])), grid)
