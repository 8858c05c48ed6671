"""What a product makes of the stars of a scene, beside what the oracle makes of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_sums import OracleProduct
from harness.exposure_stream import change_each
from harness.metrics.astrometry import measure_offset, measure_scatter
from harness.metrics.field import native_scale_of
from harness.metrics.photometry import measure_aperture_scatter, measure_flux_ratio, sum_apertures
from harness.metrics.psf import FEWEST, measure_psf, quadrature_fwhm
from harness.metrics.stars import STAMP, StarFits, cut_stars, fit_stars, half_maximum_widths
from harness.metrics.survey import survey_field
from harness.model import DrizzledProduct, Exposure, Measurement
from harness.trials.case import Case
from harness.trials.exposures import CaseExposures

MOST_STARS = 40
"""Stars that are fitted, the brightest: enough for a median, and 0.3 s instead of 1 s."""
REACH = 6
"""Input pixels about a found star in which its width is sought: less than half of the distance to
its neighbours."""
APERTURE = 1.5
"""Radius of the aperture in FWHM of the product: holds 99.8 % of a Gaussian."""
ROOM = 6
"""Pixels about what is fitted and summed: for the smallest stamp, and what is looked at beside."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StarTruth:
    """What a scene knows of its stars, where no measurement is.

    Attributes
    ----------
    x, y : ndarray, (n,), float64
        Positions, output pixels.
    flux : ndarray, (n,), float64
        Sum of the pixels that a product should hold: electrons/s over the area of an output pixel
        in nominal input pixels.
    fwhm : float
        Of the point-spread function, arcsec.
    """

    x: Floats
    y: Floats
    flux: Floats
    fwhm: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StarExpectation:
    """The stars that are measured, and what the oracle makes of them.

    Attributes
    ----------
    region : str
        Where they lie.
    x, y : ndarray, (n,), float64
        Positions, output pixels.
    fwhm : float
        Expected width, output pixels: from adding in quadrature, or, of found stars, that at half
        their peak.
    sky : float
        Background, electrons/s in a pixel of nominal area; taken off before measuring.
    fits : StarFits
        Of the oracle's product: for a scene, without noise.
    sums : ndarray, (n,), float64
        Apertures in the same.
    fewest : int
        Stars without which nothing is measured.
    truth : StarTruth or None
        Of a scene.
    """

    region: str
    x: Floats
    y: Floats
    fwhm: float
    sky: float
    fits: StarFits
    sums: Floats
    fewest: int
    truth: StarTruth | None


def expect_stars(
    ready: CaseExposures, quiet: OracleProduct, covered: npt.NDArray[np.bool_], case: Case
) -> StarExpectation | None:
    """Choose the stars of a scene and measure them on the oracle's product.

    Parameters
    ----------
    ready : CaseExposures
    quiet : OracleProduct
        Of the exposures without noise.
    covered : ndarray, (ny, nx), bool
        Where all exposures overlap.
    case : Case

    Returns
    -------
    StarExpectation or None
        None where the source has no isolated star in the covered region.
    """
    truth = ready.sky.truth
    if truth is None or not truth.isolated.any():
        return None
    x, y = ready.grid.wcs.wcs_world2pix(truth.ra, truth.dec, 0)
    inside = (x > 0) & (y > 0) & (x < covered.shape[1] - 1) & (y < covered.shape[0] - 1)
    use = inside & truth.isolated
    use[use] = covered[np.rint(y[use]).astype(int), np.rint(x[use]).astype(int)]
    chosen = np.flatnonzero(use)
    chosen = chosen[np.argsort(-truth.flux[chosen], kind="stable")][:MOST_STARS]
    if not chosen.size:
        return None
    x, y = x[chosen], y[chosen]
    native, scale = ready.exposures[0].pixel_scale, ready.grid.pixel_scale
    known = StarTruth(x=x, y=y, flux=truth.flux[chosen] / (scale / native) ** 2, fwhm=truth.fwhm)
    fwhm = quadrature_fwhm(truth.fwhm, native, case.pixfrac, scale) / scale
    return _measure_truth(quiet, x, y, fwhm=fwhm, sky=truth.sky, fewest=FEWEST, truth=known)


def find_stars(
    ready: CaseExposures, product: OracleProduct, covered: npt.NDArray[np.bool_], *, most: int
) -> StarExpectation | None:
    """Find the stars of real frames and measure them on the oracle's product.

    The product under test holds the same noise, so that one star is enough to compare.

    Parameters
    ----------
    ready : CaseExposures
    product : OracleProduct
        Of these exposures.
    covered : ndarray, (ny, nx), bool
        Where all exposures overlap.
    most : int
        How many stars are taken, from the brightest.

    Returns
    -------
    StarExpectation or None
        None where no star is found in the covered region.
    """
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    box = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    part = covered[box[0] : box[1], box[2] : box[3]]
    scale = ready.grid.pixel_scale
    seen = survey_field(in_rates(ready.exposures), scale, box, part, most=most)
    reach = math.ceil(REACH * native_scale_of(ready.exposures) / scale)
    widths = half_maximum_widths(product.sci, seen.x, seen.y, reach=reach, sky=seen.background)
    if not np.isfinite(widths).any():
        return None
    return _measure_truth(
        product,
        seen.x,
        seen.y,
        fwhm=float(np.nanmedian(widths)),
        sky=seen.background,
        fewest=1,
        truth=None,
    )


def in_rates(exposures: Sequence[Exposure]) -> Sequence[Exposure]:
    """Return the exposures in counts/s, as products are."""
    return change_each(exposures, _in_rate)


def _in_rate(exposure: Exposure) -> Exposure:
    if exposure.in_units == "cps":
        return exposure
    rate = exposure.data / np.float32(exposure.exptime)
    return dataclasses.replace(exposure, data=rate, in_units="cps")


def _measure_truth(
    product: OracleProduct,
    x: Floats,
    y: Floats,
    *,
    fwhm: float,
    sky: float,
    fewest: int,
    truth: StarTruth | None,
) -> StarExpectation:
    fits, sums = _fit_and_sum(product.sci, x, y, fwhm=fwhm, sky=sky)
    return StarExpectation(
        region="full_coverage",
        x=x,
        y=y,
        fwhm=fwhm,
        sky=sky,
        fits=fits,
        sums=sums,
        fewest=fewest,
        truth=truth,
    )


def _fit_and_sum(
    sci: npt.NDArray[Any], x: Floats, y: Floats, *, fwhm: float, sky: float
) -> tuple[StarFits, Floats]:
    """Fit stars and sum their apertures above the sky."""
    reach = math.ceil(max(APERTURE, STAMP / 2) * fwhm) + ROOM
    stamps, at_x, at_y = cut_stars(sci, x, y, reach=reach, level=sky)
    fits = fit_stars(stamps, at_x, at_y, fwhm=fwhm)
    placed = dataclasses.replace(fits, x=fits.x + (x - at_x), y=fits.y + (y - at_y))
    return placed, sum_apertures(stamps, at_x, at_y, radius=APERTURE * fwhm)


def measure_stars(product: DrizzledProduct, stars: StarExpectation) -> list[Measurement]:
    """Measure width, shape, flux and position of the stars of a product.

    Returns
    -------
    list of Measurement
        psf.*, photometry.flux_ratio and astrometry.offset; where the truth is known, the scatter
        of fluxes and positions about it too.
    """
    scale, region, truth = product.grid.pixel_scale, stars.region, stars.truth
    fits, sums = _fit_and_sum(product.sci, stars.x, stars.y, fwhm=stars.fwhm, sky=stars.sky)
    found = [
        *measure_psf(
            fits,
            stars.fits,
            region,
            pixel_scale=scale,
            intrinsic_fwhm=None if truth is None else truth.fwhm,
            quadrature=None if truth is None else stars.fwhm * scale,
            fewest=stars.fewest,
        ),
        measure_flux_ratio(
            sums,
            stars.sums,
            region,
            truth=None if truth is None else truth.flux,
            fewest=stars.fewest,
        ),
        measure_offset(
            fits,
            stars.fits,
            region,
            pixel_scale=scale,
            truth=None if truth is None else (truth.x, truth.y),
            fewest=stars.fewest,
        ),
    ]
    if truth is not None:
        found += [
            measure_aperture_scatter(sums, stars.sums, truth.flux, region),
            measure_scatter(fits, stars.fits, (truth.x, truth.y), region, pixel_scale=scale),
        ]
    return found
