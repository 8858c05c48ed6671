"""How sharp the product is: width and shape of isolated stars."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.metrics.selection import unmeasured
from harness.metrics.stars import StarFits
from harness.model import Measurement

FWHM = "psf.fwhm"
RECOVERY = "psf.fwhm_recovery"
ELLIPTICITY = "psf.ellipticity"
FEWEST = 3
"""Stars below which a median and its error say nothing."""
MEDIAN_ERROR = 1.2533
"""Standard error of a median over that of a mean, for Gaussian scatter: sqrt(pi / 2)."""
FWHM_PER_BOXCAR = 2.3548 / math.sqrt(12.0)
"""FWHM of the Gaussian that has the variance of a boxcar of width 1."""


def measure_psf(
    fits: StarFits,
    expected: StarFits,
    region: str,
    *,
    pixel_scale: float,
    intrinsic_fwhm: float | None = None,
) -> tuple[Measurement, ...]:
    """Measure width, its recovery and ellipticity.

    Parameters
    ----------
    fits : StarFits
        Of the product.
    expected : StarFits
        The same fits of what the oracle makes of the scene without noise.
    region : str
        Where the stars lie.
    pixel_scale : float
        Output scale, arcsec.
    intrinsic_fwhm : float, optional
        Of the point-spread function on the sky, arcsec; its ratio goes to `extras`.

    Returns
    -------
    tuple of Measurement
        psf.fwhm (arcsec, geometric mean of both axes, median over stars), psf.fwhm_recovery
        (median over stars of measured over expected width) and psf.ellipticity (median of
        1 - smaller / larger width), each with the standard error of the median.
    """
    both = fits.good & expected.good
    count = int(np.count_nonzero(both))
    if count < FEWEST:
        reason = f"{count} stars could be fitted, {FEWEST} are needed"
        units = {FWHM: "arcsec", RECOVERY: "", ELLIPTICITY: ""}
        return tuple(unmeasured(name, unit, region, reason) for name, unit in units.items())
    width, wanted = _width(fits, both), _width(expected, both)
    extras = {}
    if intrinsic_fwhm:
        extras["over_intrinsic"] = float(np.median(width)) * pixel_scale / intrinsic_fwhm
    ratio = width / wanted
    shape, true_shape = _ellipticity(fits, both), _ellipticity(expected, both)
    return (
        Measurement(
            metric=FWHM,
            value=float(np.median(width)) * pixel_scale,
            unit="arcsec",
            region=region,
            sample_size=count,
            expected=float(np.median(wanted)) * pixel_scale,
            uncertainty=_error(width) * pixel_scale,
            extras=extras,
        ),
        Measurement(
            metric=RECOVERY,
            value=float(np.median(ratio)),
            unit="",
            region=region,
            sample_size=count,
            expected=1.0,
            uncertainty=_error(ratio),
        ),
        Measurement(
            metric=ELLIPTICITY,
            value=float(np.median(shape)),
            unit="",
            region=region,
            sample_size=count,
            expected=float(np.median(true_shape)),
            uncertainty=_error(shape),
        ),
    )


def quadrature_fwhm(fwhm: float, input_pixel: float, pixfrac: float, output_pixel: float) -> float:
    """Return the width that a star would have if widths added in quadrature.

    The point-spread function, the input pixel, the drop and the output pixel are convolved; each
    boxcar stands with the FWHM of the Gaussian of its variance (Fruchter & Hook 2002, section 7).

    Parameters
    ----------
    fwhm, input_pixel, output_pixel : float
        Arcsec.
    pixfrac : float
        Drop over input pixel.
    """
    boxes = (input_pixel, pixfrac * input_pixel, output_pixel)
    return math.sqrt(fwhm**2 + sum((FWHM_PER_BOXCAR * side) ** 2 for side in boxes))


def _width(fits: StarFits, use: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(np.abs(fits.x_fwhm[use] * fits.y_fwhm[use])))


def _ellipticity(fits: StarFits, use: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    x, y = np.abs(fits.x_fwhm[use]), np.abs(fits.y_fwhm[use])
    return np.asarray(1.0 - np.minimum(x, y) / np.maximum(x, y))


def _error(values: npt.NDArray[np.float64]) -> float:
    return float(MEDIAN_ERROR * np.std(values, ddof=1) / math.sqrt(values.size))
