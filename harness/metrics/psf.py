"""How sharp the product is: width and shape of isolated stars."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from harness.metrics.selection import unmeasured
from harness.metrics.stars import Floats, StarFits
from harness.model import Measurement

FWHM = "psf.fwhm"
RECOVERY = "psf.fwhm_recovery"
ELLIPTICITY = "psf.ellipticity"
PHASE_SCATTER = "psf.ellipticity_phase_scatter"
UNITS = {FWHM: "arcsec", RECOVERY: "", ELLIPTICITY: "", PHASE_SCATTER: ""}
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
    quadrature: float | None = None,
    fewest: int = FEWEST,
) -> tuple[Measurement, ...]:
    """Measure width, its recovery, ellipticity and how that hangs on sub-pixel phase.

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
        Of the point-spread function on the sky, arcsec; its ratio goes to `extras` of psf.fwhm.
    quadrature : float, optional
        What adding in quadrature predicts (`quadrature_fwhm`), arcsec; goes to `extras` as well.
    fewest : int, optional
        Stars below which nothing is measured; 1 is enough where the expectation is of the very
        same pixels.

    Returns
    -------
    tuple of Measurement
        psf.fwhm (arcsec, geometric mean of both axes, median over stars), psf.fwhm_recovery
        (median over stars of measured over expected width) and psf.ellipticity (median of
        1 - smaller / larger width), each with the standard error of the median;
        psf.ellipticity_phase_scatter: standard deviation of (width along x - width along y) over
        the larger of both. Each star lies at its own sub-pixel phase, so that without noise this
        is the scatter with phase. It takes two stars.
    """
    both = fits.good & expected.good
    count = int(np.count_nonzero(both))
    if count < fewest:
        reason = f"{count} stars could be fitted, {fewest} are needed"
        known = _predict(expected, pixel_scale) if expected.good.sum() >= fewest else {}
        return tuple(
            unmeasured(name, unit, region, reason, expected=known.get(name))
            for name, unit in UNITS.items()
        )
    width, wanted = _width(fits, both), _width(expected, both)
    shape, true_shape = _elongation(fits, both), _elongation(expected, both)
    extras = {}
    if intrinsic_fwhm:
        extras["over_intrinsic"] = float(np.median(width)) * pixel_scale / intrinsic_fwhm
    if quadrature:
        extras["quadrature"] = quadrature
    found = (
        _median(FWHM, width * pixel_scale, wanted * pixel_scale, region),
        _median(RECOVERY, width / wanted, np.ones(count), region),
        _median(ELLIPTICITY, np.abs(shape), np.abs(true_shape), region),
    )
    return (
        dataclasses.replace(found[0], extras=extras),
        *found[1:],
        _phase_scatter(shape, true_shape, region),
    )


def _predict(expected: StarFits, pixel_scale: float) -> dict[str, float]:
    """Return what should have been measured, so that it is missed where nothing was."""
    shape = _elongation(expected, expected.good)
    return {
        FWHM: float(np.median(_width(expected, expected.good))) * pixel_scale,
        RECOVERY: 1.0,
        ELLIPTICITY: float(np.median(np.abs(shape))),
        **({PHASE_SCATTER: float(np.std(shape, ddof=1))} if shape.size > 1 else {}),
    }


def _median(metric: str, values: Floats, expected: Floats, region: str) -> Measurement:
    return Measurement(
        metric=metric,
        value=float(np.median(values)),
        unit=UNITS[metric],
        region=region,
        sample_size=int(values.size),
        expected=float(np.median(expected)),
        uncertainty=_error(values) if values.size >= FEWEST else None,
    )


def _phase_scatter(shape: Floats, expected: Floats, region: str) -> Measurement:
    if shape.size < 2:
        return unmeasured(PHASE_SCATTER, "", region, "one star has one phase")
    return Measurement(
        metric=PHASE_SCATTER,
        value=float(np.std(shape, ddof=1)),
        unit="",
        region=region,
        sample_size=int(shape.size),
        expected=float(np.std(expected, ddof=1)),
        uncertainty=float(np.std(shape - expected, ddof=1)) / math.sqrt(2 * (shape.size - 1)),
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


def _error(values: Floats) -> float:
    return float(MEDIAN_ERROR * np.std(values, ddof=1) / math.sqrt(values.size))


def _width(fits: StarFits, use: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray(np.sqrt(np.abs(fits.x_fwhm[use] * fits.y_fwhm[use])))


def _elongation(fits: StarFits, use: npt.NDArray[np.bool_]) -> Floats:
    """Return the signed ellipticity: positive where a star is wider along x than along y."""
    x, y = np.abs(fits.x_fwhm[use]), np.abs(fits.y_fwhm[use])
    return np.asarray((x - y) / np.maximum(x, y))
