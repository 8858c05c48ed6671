"""Stars on pixels: the point-spread function integrated over every true pixel."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from harness.scenes.optics import LocalMap, PixelFrame, map_near
from harness.scenes.psf import PointSpread

Array = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.intp]

CORE = 2.5
"""Within so many FWHM of the star a pixel may get the full number of nodes, outside two fewer."""
NODE_ERROR = 1e-8
"""Wanted error of the Gauss-Legendre rule on a Gaussian, as a fraction of its peak per axis."""
SAFETY = 4.0
"""By how much less the error must be where it is tried, without distortion: a pixel 5 % wider has
twice the error under a rule of seven nodes."""
BLOCK = 40_000
"""Nodes evaluated at once: 320 kB an array, which the cache holds, and a product that BLAS does not
spread over processors that others use."""


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
    most = count_nodes(psf.fwhm, float(sides.max()))
    column, row = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    about = _expand(map_near(frame, x, y), column - x, row - y)
    for dx, dy, count in _share_out(psf, frame.chip.matrix, reach, most):
        powers, weights = _lay_nodes(dx, dy, count)
        size = max(1, BLOCK // powers.shape[1])
        for start in range(0, len(x), size):
            some = slice(start, start + size)
            to_x, to_y, area = (terms[some] @ powers for terms in about)
            density = psf.density(to_x, to_y)
            density *= np.abs(area)
            light = density.reshape(len(area), len(dx), -1) @ weights * flux[some, None]
            _add(image, column[some, None] + dx, row[some, None] + dy, light)
    return image


@functools.lru_cache(maxsize=8)
def _share_out(
    psf: PointSpread, matrix: tuple[tuple[float, float], ...], reach: int, most: int
) -> tuple[tuple[Offsets, Offsets, int], ...]:
    """Group the pixels of a stamp by the number of nodes that they need.

    Tried are stars in the middle, on the sides and on the corners of a pixel: two rules in a row
    must agree with that of two nodes more than `most`. Where none does, as in an image, a pixel
    gets `most`, and outside of `CORE` two fewer.

    Returns
    -------
    tuple of (dx, dy, count)
        Pixels from the pixel of the star, (n,) each, and nodes along an axis.
    """
    step = np.arange(-reach, reach + 1)
    dy, dx = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    side = float(np.abs(np.linalg.svd(np.array(matrix), compute_uv=False)).min())
    # In the worst case the star sits half a pixel off, and so does the far corner of a pixel.
    distance = (np.hypot(dx, dy) - np.sqrt(2.0)) * side
    near = distance < 1.05 * psf.radius
    dx, dy, distance = dx[near], dy[near], distance[near]
    phase = np.array([-0.5, 0.0, 0.5])
    phase_y, phase_x = (grid.ravel()[:, None] for grid in np.meshgrid(phase, phase))
    truth = _integrate(psf, matrix, dx - phase_x, dy - phase_y, most + 2)
    limit = NODE_ERROR / SAFETY * truth.max()
    counts = np.where(distance < CORE * psf.fwhm, most, max(3, most - 2))
    agreed = np.zeros(dx.size, dtype=bool)
    for count in range(most, 1, -1):
        found = _integrate(psf, matrix, dx - phase_x, dy - phase_y, count)
        agrees = (np.abs(found - truth) < limit).all(axis=0)
        agreed = agrees if count == most else agreed & agrees
        # One more than the fewest that agree.
        counts = np.where(agreed, np.minimum(counts, count + 1), counts)
    groups = ((dx[counts == count], dy[counts == count], int(count)) for count in np.unique(counts))
    return tuple(groups)


def _integrate(
    psf: PointSpread, matrix: tuple[tuple[float, float], ...], u: Array, v: Array, count: int
) -> Array:
    """Integrate over pixels whose centres lie (u, v) pixels from a star, without distortion."""
    node, weight = np.polynomial.legendre.leggauss(count)
    (xu, xv), (yu, yv) = matrix
    total = np.zeros(u.shape)
    for a, weight_a in zip(node / 2, weight, strict=True):
        for b, weight_b in zip(node / 2, weight, strict=True):
            light = psf.density(xu * (u + a) + xv * (v + b), yu * (u + a) + yv * (v + b))
            total += weight_a * weight_b / 4 * light
    return total * abs(xu * yv - xv * yu)


def _lay_nodes(dx: Offsets, dy: Offsets, count: int) -> tuple[Array, Array]:
    """Return the powers 1, u, v, u^2, u v, v^2 of all nodes of some pixels, and a pixel's weights.

    Pixels from the pixel of the star to every node, the same for all stars.
    """
    node, weight = np.polynomial.legendre.leggauss(count)
    node_y, node_x = (grid.ravel() / 2 for grid in np.meshgrid(node, node, indexing="ij"))
    u, v = (dx[:, None] + node_x).ravel(), (dy[:, None] + node_y).ravel()
    powers = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    return powers, np.outer(weight, weight).ravel() / 4


def _add(image: Array, column: Offsets, row: Offsets, light: Array) -> None:
    """Add light to pixels, of which some may lie outside and some be the same."""
    ny, nx = image.shape
    if column.min() < 0 or row.min() < 0 or column.max() >= nx or row.max() >= ny:
        inside = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
        column, row, light = column[inside], row[inside], light[inside]
    np.add.at(image.reshape(-1), (row * nx + column).ravel(), light.ravel())


def _expand(local: LocalMap, u0: Array, v0: Array) -> tuple[Array, Array, Array]:
    """Write the transform about stars as polynomials about the pixels in which they are.

    Parameters
    ----------
    local : LocalMap
        About the stars.
    u0, v0 : ndarray, (n,), float64
        Pixels from a star to the centre of its pixel.

    Returns
    -------
    tuple of ndarray, (n, 6), float64
        Arcsec along x', along y', and the Jacobian's determinant, by 1, u, v, u^2, u v, v^2.
    """
    j, c = local.jacobian, local.curvature
    along = []
    for axis in (0, 1):
        xx, xy, yy = c[:, axis, 0], c[:, axis, 1], c[:, axis, 2]
        by_u = j[:, axis, 0] + xx * u0 + xy * v0
        by_v = j[:, axis, 1] + xy * u0 + yy * v0
        constant = u0 * (j[:, axis, 0] + by_u) / 2 + v0 * (j[:, axis, 1] + by_v) / 2
        along.append((constant, by_u, by_v, xx / 2, xy, yy / 2))
    (_, xu, xv, xuu, xuv, xvv), (_, yu, yv, yuu, yuv, yvv) = along
    # The derivatives of x' are xu + 2 xuu u + xuv v and xv + xuv u + 2 xvv v, and so for y'.
    area = (
        xu * yv - xv * yu,
        2 * xuu * yv + xu * yuv - xuv * yu - 2 * xv * yuu,
        xuv * yv + 2 * xu * yvv - 2 * xvv * yu - xv * yuv,
        2 * xuu * yuv - 2 * xuv * yuu,
        4 * (xuu * yvv - xvv * yuu),
        2 * xuv * yvv - 2 * xvv * yuv,
    )
    to_x, to_y, det = (np.stack(terms, axis=1) for terms in (*along, area))
    return to_x, to_y, det
