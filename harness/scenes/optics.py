"""Where a chip looks: its WCS, and its transform from pixels to arcsec near a star."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.scenes.detector import Chip

ARCSEC_PER_DEGREE = 3600.0
NEWTON_STEPS = 12
"""More than enough: the distortion changes by 1e-3 a pixel, so each step gains three digits."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PixelFrame:
    """The part of a chip that an exposure reads out.

    Attributes
    ----------
    chip : Chip
        The whole chip.
    corner : tuple of int
        0-based (y, x) of the first pixel read out.
    shape : tuple of int
        (ny, nx) read out.
    distorted : bool
        Whether the SIP terms apply.
    """

    chip: Chip
    corner: tuple[int, int]
    shape: tuple[int, int]
    distorted: bool = True


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LocalMap:
    """Transform near some pixels, to second order, and its Jacobian.

    Attributes
    ----------
    jacobian : ndarray, (n, 2, 2), float64
        d(arcsec in the POSTARG frame)/d(pixel), rows x' and y', columns x and y.
    curvature : ndarray, (n, 2, 3), float64
        Second derivatives by xx, xy, yy, arcsec per square pixel.
    """

    jacobian: Array
    curvature: Array


def sip_matrix(coefficients: dict[str, float]) -> Array:
    """Return the coefficients of u^p v^q as a square matrix [p, q].

    Parameters
    ----------
    coefficients : dict of str to float
        By "p_q".

    Returns
    -------
    ndarray, (order + 1, order + 1), float64
        Element [p, q] belongs to u^p v^q.
    """
    powers = {tuple(int(n) for n in key.split("_")): value for key, value in coefficients.items()}
    order = max((p + q for p, q in powers), default=2)
    matrix = np.zeros((order + 1, order + 1))
    for (p, q), value in powers.items():
        matrix[p, q] = value
    return matrix


def make_wcs(
    frame: PixelFrame, *, pointing: tuple[float, float], orientat: float, postarg: Array
) -> Any:
    """Return the WCS of one chip in one exposure.

    Parameters
    ----------
    frame : PixelFrame
        What is read out.
    pointing : tuple of float
        (ra, dec) that the telescope points at without dither, degrees.
    orientat : float
        Position angle of the detector's +y axis there, degrees east of north.
    postarg : ndarray, (2,), float64
        By how much the target moves on the detector, arcsec along its axes.

    Returns
    -------
    astropy.wcs.WCS
        TAN, or TAN-SIP with forward coefficients.
    """
    from astropy.wcs import WCS, Sip

    chip = frame.chip
    turn = _frame_to_sky(orientat)
    crval, convergence = _deproject(pointing, turn @ (np.array(chip.offset) - postarg))
    # North at the chip is not north at the pointing: position angles grow eastwards.
    cd = _rotation(-convergence) @ turn @ np.array(chip.matrix) / ARCSEC_PER_DEGREE
    crpix = [chip.crpix[0] - frame.corner[1], chip.crpix[1] - frame.corner[0]]
    wcs = WCS(naxis=2)
    suffix = "-SIP" if frame.distorted else ""
    wcs.wcs.ctype = [f"RA---TAN{suffix}", f"DEC--TAN{suffix}"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.radesys = "ICRS"
    wcs.wcs.crval = list(crval)
    wcs.wcs.crpix = crpix
    wcs.wcs.cd = cd
    if frame.distorted:
        wcs.sip = Sip(sip_matrix(chip.sip_a), sip_matrix(chip.sip_b), None, None, crpix)
    wcs.pixel_shape = (frame.shape[1], frame.shape[0])
    wcs.wcs.set()
    return wcs


def find_pixels(frame: PixelFrame, wcs: Any, ra: Array, dec: Array) -> tuple[Array, Array]:
    """Return 0-based pixel (x, y) of sky positions, by Newton's method on the SIP terms.

    Parameters
    ----------
    frame : PixelFrame
        What is read out.
    wcs : astropy.wcs.WCS
        As `make_wcs` returned it.
    ra, dec : ndarray, (n,), float64
        Degrees.

    Returns
    -------
    tuple of ndarray, (n,), float64
        0-based x and y.
    """
    target_x, target_y = wcs.wcs_world2pix(ra, dec, 0)
    x0, y0 = wcs.wcs.crpix - 1.0
    x, y = np.array(target_x), np.array(target_y)
    if not frame.distorted:
        return x, y
    a, b = sip_matrix(frame.chip.sip_a), sip_matrix(frame.chip.sip_b)
    for _ in range(NEWTON_STEPS):
        u, v = x - x0, y - y0
        miss_x = x + _value(a, u, v) - target_x
        miss_y = y + _value(b, u, v) - target_y
        au, av = 1.0 + _value(_by_u(a), u, v), _value(_by_v(a), u, v)
        bu, bv = _value(_by_u(b), u, v), 1.0 + _value(_by_v(b), u, v)
        det = au * bv - av * bu
        x, y = x - (bv * miss_x - av * miss_y) / det, y - (au * miss_y - bu * miss_x) / det
    return x, y


def map_near(frame: PixelFrame, x: Array, y: Array) -> LocalMap:
    """Expand the transform to the POSTARG frame to second order about 0-based pixels (x, y).

    Parameters
    ----------
    frame : PixelFrame
        What is read out.
    x, y : ndarray, (n,), float64
        0-based pixels.
    """
    matrix = np.array(frame.chip.matrix)
    slopes = np.broadcast_to(np.eye(2), (len(x), 2, 2)).copy()
    bends = np.zeros((len(x), 2, 3))
    if frame.distorted:
        u, v = _relative(frame, x, y)
        for row, terms in enumerate((frame.chip.sip_a, frame.chip.sip_b)):
            c = sip_matrix(terms)
            slopes[:, row, 0] += _value(_by_u(c), u, v)
            slopes[:, row, 1] += _value(_by_v(c), u, v)
            bends[:, row, 0] = _value(_by_u(_by_u(c)), u, v)
            bends[:, row, 1] = _value(_by_u(_by_v(c)), u, v)
            bends[:, row, 2] = _value(_by_v(_by_v(c)), u, v)
    return LocalMap(jacobian=matrix @ slopes, curvature=matrix @ bends)


def pixel_areas(frame: PixelFrame, rows: slice = slice(None)) -> Array:
    """Return the area of every pixel of some rows on the sky.

    The Jacobian at the centre of a pixel stands for its mean: they differ by the third
    derivatives of the distortion, less than 1e-9 of the area.

    Parameters
    ----------
    frame : PixelFrame
        What is read out.
    rows : slice, optional
        Of the chip; all of them where not given.

    Returns
    -------
    ndarray, (rows, nx), float64
        Square arcsec.
    """
    linear = abs(float(np.linalg.det(np.array(frame.chip.matrix))))
    y, nx = np.arange(frame.shape[0], dtype=np.float64)[rows], frame.shape[1]
    if not frame.distorted:
        return np.full((y.size, nx), linear)
    u, v = _relative(frame, np.arange(nx, dtype=np.float64), np.zeros(1))
    v = v[0] + y
    a, b = sip_matrix(frame.chip.sip_a), sip_matrix(frame.chip.sip_b)

    def on_grid(c: Array) -> Array:
        grid: Array = np.polynomial.polynomial.polygrid2d(v, u, c.T)
        return grid

    det = (1.0 + on_grid(_by_u(a))) * (1.0 + on_grid(_by_v(b))) - on_grid(_by_v(a)) * on_grid(
        _by_u(b)
    )
    return np.asarray(linear * np.abs(det))


def _relative(frame: PixelFrame, x: Array, y: Array) -> tuple[Array, Array]:
    crpix = frame.chip.crpix
    return x - (crpix[0] - 1 - frame.corner[1]), y - (crpix[1] - 1 - frame.corner[0])


def _value(c: Array, u: Array, v: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyval2d(u, v, c))


def _by_u(c: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyder(c, axis=0))


def _by_v(c: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyder(c, axis=1))


def _rotation(angle: float) -> Array:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _frame_to_sky(orientat: float) -> Array:
    """Return the matrix from the POSTARG frame to (east, north); x is right of y, so mirrored."""
    angle = math.radians(orientat)
    return np.array([[-math.cos(angle), math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _deproject(centre: tuple[float, float], offset: Array) -> tuple[tuple[float, float], float]:
    """Return the sky position at (east, north) arcsec in the tangent plane of `centre`.

    The second value is the convergence of the meridians, radians: by how much the position angle
    of a great circle grows on the way.
    """
    ra0, dec0 = np.radians(centre)
    east, north = np.radians(np.asarray(offset) / ARCSEC_PER_DEGREE)
    across = math.cos(dec0) - north * math.sin(dec0)
    up = math.sin(dec0) + north * math.cos(dec0)
    turn = math.atan2(east, across)
    dec = math.atan2(up, math.hypot(east, across))
    ra = math.degrees(ra0 + turn) % 360.0
    return (ra, math.degrees(dec)), turn * math.sin(dec0)
