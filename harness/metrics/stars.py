"""Fits of isolated stars, on which widths, positions and fluxes rest."""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError
from harness.metrics.gaussian import fit_gaussians
from harness.metrics.selection import Image

Floats = npt.NDArray[np.float64]

STAMP = 3.0
"""Side of a stamp in FWHM: the core of the star, where a Gaussian describes it best."""
SMALLEST_STAMP = 5
"""Pixels; a Gaussian with background has six free parameters."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StarFits:
    """Gaussian fits, one for each star that was asked for.

    Attributes
    ----------
    x, y : ndarray, (n,), float64
        0-based centres, output pixels.
    x_fwhm, y_fwhm : ndarray, (n,), float64
        Widths along the axes of the output, pixels.
    good : ndarray, (n,), bool
        Whether the stamp was whole and the fit converged; the other arrays mean nothing elsewhere.
    """

    x: Floats
    y: Floats
    x_fwhm: Floats
    y_fwhm: Floats
    good: npt.NDArray[np.bool_]


def fit_stars(sci: Image, x: Floats, y: Floats, *, fwhm: float) -> StarFits:
    """Fit a Gaussian to each star by least squares, as `photutils.psf.PSFPhotometry` does.

    All stars are fitted at once (`harness.metrics.gaussian`); `PSFPhotometry` itself gets those of
    which that makes nothing.

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        Science image; not finite without weight.
    x, y : ndarray, (n,), float64
        Where the stars are, within a pixel.
    fwhm : float
        First guess of the width, pixels.

    Returns
    -------
    StarFits

    Raises
    ------
    MetricError
        If the guess is not positive.
    """
    if not fwhm > 0:
        raise MetricError(f"the guess of the FWHM is {fwhm}", where="fit_stars", allowed="above 0")
    side = max(SMALLEST_STAMP, 2 * int(STAMP * fwhm / 2) + 1)
    whole = np.array([_is_whole(sci, i, j, side) for i, j in zip(x, y, strict=True)], dtype=bool)
    fits = StarFits(
        x=np.full(x.size, np.nan),
        y=np.full(x.size, np.nan),
        x_fwhm=np.full(x.size, np.nan),
        y_fwhm=np.full(x.size, np.nan),
        good=np.zeros(x.size, dtype=bool),
    )
    if not whole.any():
        return fits
    rest = _fit_together(fits, sci, x, y, fwhm, side, whole)
    if not rest.any():
        return fits
    try:
        _fit(fits, sci, x, y, fwhm, side, rest)
    except ValueError:
        # Where there is no star, a width can run off to zero, and the fitter gives up on them all.
        for star in np.flatnonzero(rest):
            alone = np.zeros_like(whole)
            alone[star] = True
            with contextlib.suppress(ValueError):
                _fit(fits, sci, x, y, fwhm, side, alone)
    return fits


def cut_stars(
    sci: Image, x: Floats, y: Floats, *, reach: int, level: float
) -> tuple[Image, Floats, Floats]:
    """Cut stars out of an image and lay them side by side, so that the rest is never copied.

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        Science image.
    x, y : ndarray, (n,), float64
        Where the stars are, pixels.
    reach : int
        How far about a star its stamp goes, pixels.
    level : float
        Taken off every pixel: the sky.

    Returns
    -------
    stamps : ndarray, (2 reach + 1, n (2 reach + 1)), of the type of `sci`
        NaN where a stamp goes beyond the image, and for a star without a place.
    x, y : ndarray, (n,), float64
        Where the stars are on the stamps.
    """
    width = 2 * reach + 1
    stamps = np.full((width, x.size * width), np.nan, dtype=sci.dtype)
    on_x, on_y = np.full(x.size, np.nan), np.full(x.size, np.nan)
    placed = np.isfinite(x) & np.isfinite(y)
    for number in np.flatnonzero(placed):
        left, low = round(float(x[number])) - reach, round(float(y[number])) - reach
        rows = slice(max(low, 0), max(low + width, 0))
        columns = slice(max(left, 0), max(left + width, 0))
        piece = sci[rows, columns]
        top, start = rows.start - low, number * width + columns.start - left
        stamps[top : top + piece.shape[0], start : start + piece.shape[1]] = piece
        on_x[number], on_y[number] = x[number] - left + number * width, y[number] - low
    stamps -= sci.dtype.type(level)
    return stamps, on_x, on_y


def half_maximum_widths(
    sci: Image, x: Floats, y: Floats, *, reach: int, sky: float = 0.0
) -> Floats:
    """Measure how wide stars are at half their peak, whatever their profile.

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        Science image; not finite without weight.
    x, y : ndarray, (n,), float64
        Where the stars are, within a pixel.
    reach : int
        How far about a star is looked, pixels.
    sky : float, optional
        Level that is taken off first.

    Returns
    -------
    ndarray, (n,), float64
        Diameter of the circle that has the area of the joined pixels above half of the peak; NaN
        for stars whose surroundings do not lie on the image.
    """
    from scipy import ndimage

    widths = np.full(x.size, np.nan)
    for index, (column, row) in enumerate(zip(np.rint(x), np.rint(y), strict=True)):
        top, left = int(row) - reach, int(column) - reach
        stamp = sci[max(top, 0) : top + 2 * reach + 1, max(left, 0) : left + 2 * reach + 1]
        if stamp.shape != (2 * reach + 1, 2 * reach + 1):
            continue
        stamp = stamp - sky
        near = np.nan_to_num(stamp[reach - 1 : reach + 2, reach - 1 : reach + 2])
        peak = np.unravel_index(int(np.argmax(near)), near.shape)
        with np.errstate(invalid="ignore"):
            labels, _ = ndimage.label(stamp > near.max() / 2)
        label = labels[reach - 1 + peak[0], reach - 1 + peak[1]]
        if label and near.max() > 0:
            widths[index] = math.sqrt(4 * np.count_nonzero(labels == label) / math.pi)
    return widths


def _fit_together(
    fits: StarFits,
    sci: Image,
    x: Floats,
    y: Floats,
    fwhm: float,
    side: int,
    whole: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Fit stars whose stamps are whole, and tell of which nothing came."""
    half = side // 2
    # The pixel in which photutils centres a stamp: of two as near, the lower one.
    column, row = (np.ceil(at[whole] - 0.5).astype(np.intp) for at in (x, y))
    reach = np.arange(-half, half + 1)
    stamps = sci[row[:, None, None] + reach[:, None], column[:, None, None] + reach]
    found = fit_gaussians(
        stamps.astype(np.float64), x[whole] - column + half, y[whole] - row + half, fwhm=fwhm
    )
    fits.x[whole], fits.y[whole] = found.x + column - half, found.y + row - half
    fits.x_fwhm[whole], fits.y_fwhm[whole] = found.x_fwhm, found.y_fwhm
    _judge(fits, found.flux, x, y, fwhm, whole)
    rest = whole.copy()
    rest[whole] = ~found.settled
    fits.good[rest] = False
    return rest


def _judge(
    fits: StarFits, flux: Floats, x: Floats, y: Floats, fwhm: float, some: npt.NDArray[np.bool_]
) -> None:
    """Say of some fits whether they are good: a star that is there, and not another one."""
    sound = np.asarray(flux) > 0
    for values in (fits.x, fits.y, fits.x_fwhm, fits.y_fwhm):
        sound &= np.isfinite(values[some])
    near = np.hypot(fits.x[some] - x[some], fits.y[some] - y[some]) < fwhm
    fits.good[some] = sound & near


def _fit(
    fits: StarFits,
    sci: Image,
    x: Floats,
    y: Floats,
    fwhm: float,
    side: int,
    whole: npt.NDArray[np.bool_],
) -> None:
    from astropy.table import QTable
    from photutils.psf import GaussianPSF, PSFPhotometry

    model = GaussianPSF(x_fwhm=fwhm, y_fwhm=fwhm)
    model.x_fwhm.fixed = model.y_fwhm.fixed = False
    stamps, at_x, at_y = _side_by_side(sci, x[whole], y[whole], side // 2 + 1)
    start = QTable({"x": x[whole] + at_x, "y": y[whole] + at_y})
    photometry = PSFPhotometry(model, fit_shape=side, aperture_radius=fwhm)
    with warnings.catch_warnings():
        # A fit that did not converge is found in its flags, star by star.
        warnings.simplefilter("ignore")
        found = photometry(stamps, init_params=start)
    fits.x[whole], fits.y[whole] = found["x_fit"] - at_x, found["y_fit"] - at_y
    fits.x_fwhm[whole], fits.y_fwhm[whole] = found["x_fwhm_fit"], found["y_fwhm_fit"]
    _judge(fits, found["flux_fit"], x, y, fwhm, whole)


def _side_by_side(sci: Image, x: Floats, y: Floats, half: int) -> tuple[Floats, Floats, Floats]:
    """Cut whole stamps out of an image, for the photometry copies all that it is given.

    Returns
    -------
    stamps : ndarray, (2 half + 1, n (2 half + 1)), float64
    at_x, at_y : ndarray, (n,), float64
        What takes positions on the image to positions on the stamps.
    """
    width = 2 * half + 1
    stamps = np.empty((width, x.size * width))
    column, row = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    for number, (i, j) in enumerate(zip(column, row, strict=True)):
        stamp = sci[j - half : j + half + 1, i - half : i + half + 1]
        stamps[:, number * width : (number + 1) * width] = stamp
    return stamps, np.arange(x.size) * width + half - column.astype(float), half - row.astype(float)


def _is_whole(sci: Image, x: float, y: float, side: int) -> bool:
    """Tell whether a star's stamp lies on the image and holds no empty pixel."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return False
    half = side // 2 + 1
    column, row = round(x), round(y)
    inside = half <= column < sci.shape[1] - half and half <= row < sci.shape[0] - half
    if not inside:
        return False
    stamp = sci[row - half : row + half + 1, column - half : column + half + 1]
    return bool(np.isfinite(stamp).all())
