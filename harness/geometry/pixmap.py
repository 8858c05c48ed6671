"""Pixmaps: where the centre of every input pixel falls on the output grid."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import GeometryError
from harness.geometry.grid import celestial_wcs
from harness.model import Exposure, OutputGrid, Pixmap
from harness.rows import row_blocks

INTERPOLATION_LIMIT = 1e-6
"""Largest error of an interpolated pixmap, output pixels: 1 % of float32 roundoff at x = 1000."""
DEGREE = 5
"""Degree of the spline: distortion polynomials of order 4 or 5 are then followed to roundoff."""
STEPS = (32, 16, 8)
"""Input pixels between nodes, the coarsest first; finer ones cost as much as all pixels."""
FEWEST_CELLS = 8
"""Cells along the shorter side; the ends of a spline are its worst part."""


def compute_pixmap(
    wcs: Any, shape: tuple[int, int], grid: OutputGrid, *, exact: bool = False
) -> Pixmap:
    """Map the centres of all pixels of an input frame onto an output grid.

    The transform is smooth, so it is computed on a coarse grid of nodes and carried to all
    pixels by a quintic spline; its error is measured half-way between all nodes and along a row
    and a column, and the nodes are doubled until it is below `INTERPOLATION_LIMIT`. A WCS with
    lookup tables, one too rough for the spline, and a small frame are transformed pixel by pixel.

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
    if not (exact or _has_lookup_tables(wcs)):
        for step in STEPS:
            if min(ny, nx) < FEWEST_CELLS * step:
                continue
            pixmap = _interpolate_pixmap(wcs, shape, grid.wcs, step)
            if pixmap is not None:
                return pixmap
    x, y = np.meshgrid(np.arange(nx, dtype=np.float64), np.arange(ny, dtype=np.float64))
    return np.ascontiguousarray(np.stack(_transform(wcs, grid.wcs, x, y), axis=-1))


def project(exposure: Exposure, grid: OutputGrid, *, exact: bool = False) -> Exposure:
    """Return the exposure with its pixmap on `grid`.

    Parameters
    ----------
    exposure : Exposure
        With a WCS; stays as it is.
    grid : OutputGrid
        With a WCS.
    exact : bool, optional
        Whether every pixel is transformed, as in `compute_pixmap`.

    Returns
    -------
    Exposure
        The same but for `pixmap`, (ny, nx, 2), float64, output (x, y).

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
    """Return the spline's pixmap, or None where it misses the limit."""
    nodes = [np.linspace(0.0, size - 1.0, -(-size // step) + 1) for size in shape]
    pixels = [np.arange(size, dtype=np.float64) for size in shape]
    # Half-way between nodes, where the error of a smooth transform is largest; and along one
    # whole row and column, where a ripple in step with the nodes would show.
    checks = [
        [(at[1:] + at[:-1]) / 2 for at in nodes],
        [pixels[0][shape[0] // 3 :][:1], pixels[1]],
        [pixels[0], pixels[1][shape[1] // 3 :][:1]],
    ]
    on_nodes = _transform(wcs, target, *np.meshgrid(*nodes[::-1]))
    truth = [_transform(wcs, target, *np.meshgrid(*check[::-1])) for check in checks]
    if not np.isfinite(on_nodes).all():
        return None
    pixmap = np.empty((*shape, 2))
    for axis in (0, 1):
        surface = _Surface(nodes, on_nodes[axis])
        for check, exact in zip(checks, truth, strict=True):
            # A NaN fails the comparison too.
            if not np.abs(surface.at(*check) - exact[axis]).max() <= INTERPOLATION_LIMIT:
                return None
        surface.fill(pixmap[..., axis], *pixels)
    return pixmap


class _Surface:
    """A product spline through values on a grid of nodes."""

    def __init__(self, nodes: list[npt.NDArray[np.float64]], values: Any) -> None:
        from scipy.interpolate import make_interp_spline

        self._down = make_interp_spline(nodes[0], values, k=DEGREE)
        self._across = make_interp_spline(nodes[1], self._down.c.T, k=DEGREE)

    def at(self, y: Any, x: Any) -> Any:
        """Return the values on the grid of all y and all x."""
        down, columns = self._factors(y, x)
        return down @ columns

    def fill(self, image: npt.NDArray[np.float64], y: Any, x: Any) -> None:
        """Write the values on the grid of all y and all x into an image."""
        down, columns = self._factors(y, x)
        for rows in row_blocks(image.shape):
            image[rows] = down[rows] @ columns

    def _factors(self, y: Any, x: Any) -> Any:
        from scipy.interpolate import BSpline

        # A design matrix has DEGREE + 1 elements a row, so that both products are cheap.
        columns = BSpline.design_matrix(x, self._across.t, DEGREE) @ self._across.c
        return BSpline.design_matrix(y, self._down.t, DEGREE), np.ascontiguousarray(columns.T)
