"""Pixmaps: where the centre of every input pixel falls on the output grid."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError
from harness.geometry.grid import celestial_wcs
from harness.model import Exposure, OutputGrid, Pixmap

INTERPOLATION_LIMIT = 1e-6
"""Largest error of an interpolated pixmap, output pixels: 1 % of float32 roundoff at x = 1000."""
DEGREE = 5
"""Degree of the spline: distortion polynomials of order 4 or 5 are then followed to roundoff."""
FIRST_STEP = 32
LAST_STEP = 4


def compute_pixmap(
    wcs: Any, shape: tuple[int, int], grid: OutputGrid, *, exact: bool = False
) -> Pixmap:
    """Map the centres of all pixels of an input frame onto an output grid.

    The transform is smooth, so it is computed on a coarse grid of nodes and carried to all
    pixels by a quintic spline; its error is measured half-way between all nodes, where it is
    largest, and the nodes are doubled until it is below `INTERPOLATION_LIMIT`. A WCS with
    lookup tables, or one too rough for the spline, is transformed pixel by pixel.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        WCS of the input, distortion included.
    shape : tuple of int
        (ny, nx) of the input.
    grid : OutputGrid
        With an undistorted `wcs`.
    exact : bool, optional
        Transform every pixel.

    Returns
    -------
    ndarray, (ny, nx, 2), float64
        Output (x, y), 0-based.

    Raises
    ------
    GeometryError
        If the grid has no WCS.
    """
    if grid.wcs is None:
        raise GeometryError(
            "the output grid has no WCS", where="pixmap", remedy="Make it with make_grid"
        )
    ny, nx = shape
    smooth = not _has_lookup_tables(wcs)
    step = FIRST_STEP
    while smooth and not exact and step >= LAST_STEP and min(ny, nx) > 8 * step:
        pixmap = _interpolate_pixmap(wcs, shape, grid.wcs, step)
        if pixmap is not None:
            return pixmap
        step //= 2
    x, y = np.meshgrid(np.arange(nx, dtype=np.float64), np.arange(ny, dtype=np.float64))
    return np.ascontiguousarray(np.stack(_transform(wcs, grid.wcs, x, y), axis=-1))


def project(exposure: Exposure, grid: OutputGrid, *, exact: bool = False) -> Exposure:
    """Return the exposure with its pixmap on `grid`.

    Raises
    ------
    GeometryError
        If the exposure or the grid has no celestial WCS.
    """
    pixmap = compute_pixmap(celestial_wcs(exposure), exposure.data.shape, grid, exact=exact)
    return dataclasses.replace(exposure, pixmap=pixmap)


def _has_lookup_tables(wcs: Any) -> bool:
    names = ("cpdis1", "cpdis2", "det2im1", "det2im2")
    return any(getattr(wcs, name, None) is not None for name in names)


def _transform(
    wcs: Any, target: Any, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    ra, dec = wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    out_x, out_y = target.wcs_world2pix(ra, dec, 0)
    return out_x.reshape(x.shape), out_y.reshape(y.shape)


def _interpolate_pixmap(wcs: Any, shape: tuple[int, int], target: Any, step: int) -> Pixmap | None:
    """Return the spline's pixmap, or None where it misses the limit half-way between nodes."""
    from scipy.interpolate import RectBivariateSpline

    ny, nx = shape
    nodes_y = np.linspace(0.0, ny - 1.0, -(-ny // step) + 1)
    nodes_x = np.linspace(0.0, nx - 1.0, -(-nx // step) + 1)
    middle_y, middle_x = (nodes_y[1:] + nodes_y[:-1]) / 2, (nodes_x[1:] + nodes_x[:-1]) / 2
    on_nodes = _transform(wcs, target, *np.meshgrid(nodes_x, nodes_y))
    between = _transform(wcs, target, *np.meshgrid(middle_x, middle_y))
    pixmap = np.empty((ny, nx, 2))
    for axis in (0, 1):
        spline = RectBivariateSpline(nodes_y, nodes_x, on_nodes[axis], kx=DEGREE, ky=DEGREE, s=0)
        error = np.abs(spline(middle_y, middle_x) - between[axis]).max()
        if not error <= INTERPOLATION_LIMIT:
            return None
        pixmap[..., axis] = spline(np.arange(ny), np.arange(nx))
    return pixmap
