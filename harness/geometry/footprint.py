"""Footprints: the outline of a frame on the output."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError
from harness.model import Exposure, Pixmap

OUTLINE_STEP = 16
"""Input pixels between the points of an outline: over that length the distortion of WFC3/IR, 2e-5
per pixel, bends an edge by 16^2 / 8 * 2e-5 = 6e-4 pixel."""


def footprint_polygon(exposure: Exposure) -> Any:
    """Outline one chip on the output grid.

    Parameters
    ----------
    exposure : Exposure
        With `pixmap`.

    Returns
    -------
    shapely.Polygon
        Outer edges of the border pixels, in output (x, y). The pixels of a single row or
        column are taken for square.

    Raises
    ------
    GeometryError
        If there is no pixmap, or its border is not finite or crosses itself.
    """
    from shapely import Polygon

    border = _outer_border(_pixmap_of(exposure))
    if not np.isfinite(border).all():
        raise GeometryError(
            "the pixmap is not finite along the border",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Mask such pixels by weight, not in the pixmap, to measure regions",
        )
    outline = Polygon(border)
    if not outline.is_valid:
        raise GeometryError(
            "the outline on the output crosses itself",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Check the pixmap, or the WCS, for folds",
        )
    return outline


def input_pixel_size(exposure: Exposure) -> float:
    """Return the longer side of the central input pixel, output pixels.

    Parameters
    ----------
    exposure : Exposure
        With a pixmap.

    Raises
    ------
    GeometryError
        If there is no pixmap.
    """
    pixmap = _pixmap_of(exposure)
    ny, nx = pixmap.shape[:2]
    y, x = max(ny // 2 - 1, 0), max(nx // 2 - 1, 0)
    cell = _with_neighbours(pixmap[y : y + 2, x : x + 2])
    along_x = np.hypot(*(cell[0, 1] - cell[0, 0]))
    along_y = np.hypot(*(cell[1, 0] - cell[0, 0]))
    return float(max(along_x, along_y))


def _pixmap_of(exposure: Exposure) -> Pixmap:
    if exposure.pixmap is None:
        raise GeometryError(
            "has no pixmap",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Call harness.geometry.project first",
        )
    return exposure.pixmap


def _outer_border(pixmap: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the (n, 2) outline: centres of the border pixels moved out by half a pixel."""
    ny, nx = pixmap.shape[:2]
    along_x = _stations(nx)
    along_y = _stations(ny)
    grown = _with_neighbours(pixmap)

    def at(y: float, x: float) -> npt.NDArray[np.float64]:
        y0, x0 = min(max(int(y), 0), max(ny - 2, 0)), min(max(int(x), 0), max(nx - 2, 0))
        cell = grown[y0 : y0 + 2, x0 : x0 + 2]
        row = cell[0] + (y - y0) * (cell[1] - cell[0])
        return np.asarray(row[0] + (x - x0) * (row[1] - row[0]))

    outline = [at(-0.5, x) for x in along_x]
    outline += [at(y, nx - 0.5) for y in along_y[1:]]
    outline += [at(ny - 0.5, x) for x in along_x[::-1][1:]]
    outline += [at(y, -0.5) for y in along_y[::-1][1:-1]]
    return np.array(outline)


def _with_neighbours(pixmap: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give a single row, column or pixel the neighbours that make its pixels square."""
    if pixmap.shape[0] > 1 and pixmap.shape[1] > 1:
        return pixmap
    if pixmap.shape[0] == 1 == pixmap.shape[1]:
        pixmap = np.concatenate([pixmap, pixmap + np.array([1.0, 0.0])], axis=1)
    single = 0 if pixmap.shape[0] == 1 else 1
    steps = np.gradient(pixmap, axis=1 - single)
    # A quarter turn of the step along the line; to which side does not show in the outline.
    sideways = steps[..., ::-1] * [-1.0, 1.0]
    return np.concatenate([pixmap, pixmap + sideways], axis=single)


def _stations(size: int) -> npt.NDArray[np.float64]:
    return np.linspace(-0.5, size - 0.5, max(2, -(-size // OUTLINE_STEP) + 1))
