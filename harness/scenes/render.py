"""Stars on pixels: the point-spread function integrated over every true pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.scenes.optics import PixelFrame, map_near
from harness.scenes.psf import PointSpread

Array = npt.NDArray[np.float64]

CORE = 2.5
"""Within so many FWHM of the star pixels get the full number of nodes, outside two fewer."""
NODE_ERROR = 1e-8
"""Wanted error of the Gauss-Legendre rule on a Gaussian, as a fraction of its peak per axis."""
BLOCK = 1_000_000
"""Nodes evaluated at once; 8 MB an array."""


def count_nodes(fwhm: float, pixel: float) -> int:
    """Return how many Gauss-Legendre nodes an axis of a pixel needs.

    From the error term of the rule, (n!)^4 / ((2n+1) ((2n)!)^3) f^(2n), and the largest 2n-th
    derivative of a Gaussian, (2n-1)!! / sigma^(2n).

    Parameters
    ----------
    fwhm, pixel : float
        FWHM and the longest edge of a pixel, arcsec.
    """
    from math import factorial, prod

    sigma = fwhm / pixel / 2.3548200450309493
    for n in range(3, 16):
        rule = factorial(n) ** 4 / ((2 * n + 1) * factorial(2 * n) ** 3)
        if rule * prod(range(1, 2 * n, 2)) / sigma ** (2 * n) < NODE_ERROR:
            return n
    return 16


def render_stars(
    frame: PixelFrame, x: Array, y: Array, flux: Array, psf: PointSpread
) -> npt.NDArray[np.float64]:
    """Collect the light of stars in the pixels of a frame.

    Each pixel gets the integral of the point-spread function over its true outline on the sky,
    distortion, skew and unequal sides included. The sum over all pixels that a star reaches is
    its flux within 1e-6; a star near the edge loses what falls outside.

    Parameters
    ----------
    frame : PixelFrame
        What is read out.
    x, y : ndarray, (n,), float64
        0-based pixel positions.
    flux : ndarray, (n,), float64
        Electrons/s.
    psf : PointSpread
        On the sky.

    Returns
    -------
    ndarray, (ny, nx), float64
        Electrons/s collected; no flat field applied.
    """
    image = np.zeros(frame.shape)
    sides = np.abs(np.linalg.svd(np.array(frame.chip.matrix), compute_uv=False))
    # 5 % covers the change of scale that distortion makes over a chip.
    reach = int(np.ceil(1.05 * psf.radius / sides.min() + 1))
    near = (x > -reach - 1) & (x < frame.shape[1] + reach) & (y > -reach - 1)
    near &= y < frame.shape[0] + reach
    x, y, flux = x[near], y[near], flux[near]
    nodes = count_nodes(psf.fwhm, float(sides.max()))
    step = np.arange(-reach, reach + 1)
    dy, dx = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    # In the worst case the star sits half a pixel off, and so does the far corner of a pixel.
    distance = np.hypot(dx, dy) - np.sqrt(2.0)
    core = distance * sides.min() < CORE * psf.fwhm
    wing = ~core & (distance * sides.min() < 1.05 * psf.radius)
    for chosen, count in ((core, nodes), (wing, max(3, nodes - 2))):
        size = max(1, BLOCK // max(1, int(chosen.sum()) * count**2))
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            _add(image, frame, x[part], y[part], flux[part], psf, dx[chosen], dy[chosen], count)
    return image


def _add(
    image: Array,
    frame: PixelFrame,
    x: Array,
    y: Array,
    flux: Array,
    psf: PointSpread,
    dx: npt.NDArray[np.intp],
    dy: npt.NDArray[np.intp],
    count: int,
) -> None:
    if len(x) == 0 or len(dx) == 0:
        return
    node, weight = np.polynomial.legendre.leggauss(count)
    node_y, node_x = (grid.ravel() / 2 for grid in np.meshgrid(node, node, indexing="ij"))
    weights = np.outer(weight, weight).ravel() / 4
    whole_x, whole_y = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    # Pixels from the star to every node: (stars, pixels, nodes).
    u = (whole_x - x)[:, None, None] + dx[:, None] + node_x
    v = (whole_y - y)[:, None, None] + dy[:, None] + node_y
    local = map_near(frame, x, y)
    j = local.jacobian[:, :, :, None, None]
    c = local.curvature[:, :, :, None, None]
    to_x = u * (j[:, 0, 0] + c[:, 0, 0] / 2 * u + c[:, 0, 1] * v) + v * (
        j[:, 0, 1] + c[:, 0, 2] / 2 * v
    )
    to_y = u * (j[:, 1, 0] + c[:, 1, 0] / 2 * u + c[:, 1, 1] * v) + v * (
        j[:, 1, 1] + c[:, 1, 2] / 2 * v
    )
    area = (j[:, 0, 0] + c[:, 0, 0] * u + c[:, 0, 1] * v) * (
        j[:, 1, 1] + c[:, 1, 1] * u + c[:, 1, 2] * v
    ) - (j[:, 0, 1] + c[:, 0, 1] * u + c[:, 0, 2] * v) * (
        j[:, 1, 0] + c[:, 1, 0] * u + c[:, 1, 1] * v
    )
    light = (psf.density(to_x, to_y) * np.abs(area)) @ weights * flux[:, None]
    column, row = whole_x[:, None] + dx, whole_y[:, None] + dy
    inside = (column >= 0) & (column < image.shape[1]) & (row >= 0) & (row < image.shape[0])
    np.add.at(image, (row[inside], column[inside]), light[inside])
