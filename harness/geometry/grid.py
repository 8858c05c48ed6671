"""Output grids: the undistorted frame that holds all exposures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.errors import GeometryError
from harness.model import Exposure, OutputGrid

ARCSEC_PER_DEGREE = 3600.0
MARGIN = 2
"""Output pixels left free around the exposures, so that no square drop is cut at an edge."""
OUTLINE_POINTS = 33
"""Points along each edge of a frame: between them distortion bends it by less than 0.1 pixel."""
LARGEST_SIDE = 100_000
"""Output pixels; more is not one field of view but a mistake in a WCS or the scale."""


def native_scale(wcs: Any) -> float:
    """Return the square root of the pixel area at the reference pixel.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        A celestial WCS.

    Returns
    -------
    float
        Arcsec. Distortion does not count: at the reference pixel its linear part is in the CD
        matrix.
    """
    from astropy.wcs.utils import proj_plane_pixel_area

    return float(math.sqrt(proj_plane_pixel_area(wcs.celestial)) * ARCSEC_PER_DEGREE)


def orientation_of(wcs: Any) -> float:
    """Return the position angle of the +y axis at the reference pixel, degrees east of north.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        Its linear part counts.

    Returns
    -------
    float
        In (-180, 180].
    """
    cd = wcs.pixel_scale_matrix
    return float(math.degrees(math.atan2(cd[0, 1], cd[1, 1])))


def make_grid(
    exposures: Sequence[Exposure],
    scale: float,
    *,
    orientation: float | None = None,
    margin: int = MARGIN,
) -> OutputGrid:
    """Lay an undistorted TAN grid around all exposures.

    Parameters
    ----------
    exposures : sequence of Exposure
        Each with a celestial `wcs`.
    scale : float
        Output scale, arcsec per pixel.
    orientation : float, optional
        Position angle of the output +y axis, degrees east of north; that of the first exposure
        where not given, as AstroDrizzle does.
    margin : int, optional
        Free output pixels on each side.

    Returns
    -------
    OutputGrid
        With right ascension rising to the left of the +y axis, and its reference point at the
        centre of the exposures.

    Raises
    ------
    GeometryError
        If an exposure has no celestial WCS, the scale is not positive, there is no exposure, or
        they lie too far apart.
    """
    if not exposures:
        raise GeometryError("no exposures", where="output grid", remedy="Pass at least one")
    if not (math.isfinite(scale) and scale > 0):
        raise GeometryError(
            f"scale is {scale}", where="output grid", allowed="a positive number of arcsec"
        )
    first = celestial_wcs(exposures[0])
    angle = orientation_of(first) if orientation is None else orientation
    corners = np.concatenate([_sky_outline(exposure) for exposure in exposures])
    centre = _centre_of(corners)
    wcs = tangent_wcs(centre, scale, angle)
    x, y = wcs.wcs_world2pix(corners[:, 0], corners[:, 1], 0)
    extent = max(np.ptp(x), np.ptp(y))
    if not extent <= LARGEST_SIDE:
        raise GeometryError(
            f"the exposures span {extent:.3g} output pixels of {scale} arcsec",
            where=f"output grid of {', '.join(sorted({e.name for e in exposures}))}",
            allowed=f"at most {LARGEST_SIDE}, all in one tangent plane",
            remedy="Combine exposures of one field of view, or check their WCS and the scale",
        )
    x0, y0 = math.floor(x.min()) - margin, math.floor(y.min()) - margin
    nx, ny = math.ceil(x.max()) + margin + 1 - x0, math.ceil(y.max()) + margin + 1 - y0
    wcs.wcs.crpix = [1.0 - x0, 1.0 - y0]
    wcs.pixel_shape = (nx, ny)
    wcs.wcs.set()
    return OutputGrid(shape=(ny, nx), pixel_scale=scale, wcs=wcs)


def celestial_wcs(exposure: Exposure) -> Any:
    """Return the WCS of an exposure.

    Parameters
    ----------
    exposure : Exposure
        As read or made.

    Returns
    -------
    astropy.wcs.WCS
        That of the exposure, not a copy.

    Raises
    ------
    GeometryError
        If it has none that maps to the sky; the message names the exposure.
    """
    if exposure.wcs is None or not exposure.wcs.has_celestial:
        raise GeometryError(
            "has no celestial WCS",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Give a frame with CTYPE, CRVAL, CRPIX and CD keywords, or pass a pixmap",
        )
    return exposure.wcs


def _sky_outline(exposure: Exposure) -> Any:
    ny, nx = exposure.data.shape
    count = OUTLINE_POINTS
    along_x, along_y = np.linspace(-0.5, nx - 0.5, count), np.linspace(-0.5, ny - 0.5, count)
    x = np.concatenate([along_x, along_x, np.full(count, -0.5), np.full(count, nx - 0.5)])
    y = np.concatenate([np.full(count, -0.5), np.full(count, ny - 0.5), along_y, along_y])
    ra, dec = celestial_wcs(exposure).all_pix2world(x, y, 0)
    return np.column_stack([ra, dec])


def _centre_of(corners: Any) -> tuple[float, float]:
    # The mean of unit vectors is safe across right ascension 0 and near the poles.
    ra, dec = np.radians(corners).T
    x, y, z = (
        (np.cos(dec) * np.cos(ra)).mean(),
        (np.cos(dec) * np.sin(ra)).mean(),
        np.sin(dec).mean(),
    )
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def tangent_wcs(centre: tuple[float, float], scale: float, angle: float) -> Any:
    """Return a gnomonic WCS whose first pixel has its centre at `centre`.

    Parameters
    ----------
    centre : tuple of float
        (ra, dec), degrees.
    scale : float
        Arcsec per pixel.
    angle : float
        Position angle of the +y axis, degrees east of north.
    """
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = list(centre)
    wcs.wcs.crpix = [1.0, 1.0]
    step, turn = scale / ARCSEC_PER_DEGREE, math.radians(angle)
    wcs.wcs.cd = [
        [-step * math.cos(turn), step * math.sin(turn)],
        [step * math.sin(turn), step * math.cos(turn)],
    ]
    wcs.wcs.set()
    return wcs
