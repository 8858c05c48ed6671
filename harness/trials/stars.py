"""What a product makes of the stars of a scene, beside what the oracle makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.cores.oracle import OracleProduct
from harness.metrics.astrometry import measure_astrometry
from harness.metrics.photometry import measure_photometry, sum_apertures
from harness.metrics.psf import measure_psf, quadrature_fwhm
from harness.metrics.stars import StarFits, fit_stars
from harness.model import DrizzledProduct, Measurement
from harness.trials.case import Case
from harness.trials.exposures import CaseExposures

MOST_STARS = 40
"""Stars that are fitted, the brightest: enough for a median, and 0.3 s instead of 1 s."""
APERTURE = 1.5
"""Radius of the aperture in FWHM of the product: holds 99.8 % of a Gaussian."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StarExpectation:
    """The stars that are measured, and what the oracle makes of them without noise.

    Attributes
    ----------
    x, y : ndarray, (n,), float64
        True positions, output pixels.
    flux : ndarray, (n,), float64
        Electrons/s.
    fwhm : float
        Expected width, output pixels, from adding in quadrature.
    intrinsic_fwhm : float
        Of the point-spread function, arcsec.
    sky : float
        Background, electrons/s in a pixel of nominal area; taken off before measuring.
    area_ratio : float
        Area of an output pixel over the nominal area of an input pixel.
    fits : StarFits
    sums : ndarray, (n,), float64
    """

    x: Floats
    y: Floats
    flux: Floats
    fwhm: float
    intrinsic_fwhm: float
    sky: float
    area_ratio: float
    fits: StarFits
    sums: Floats


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
    x, y, flux = x[chosen], y[chosen], truth.flux[chosen]
    native, scale = ready.exposures[0].pixel_scale, ready.grid.pixel_scale
    fwhm = quadrature_fwhm(truth.fwhm, native, case.pixfrac, scale) / scale
    clear = quiet.sci - truth.sky
    return StarExpectation(
        x=x,
        y=y,
        flux=flux,
        fwhm=fwhm,
        intrinsic_fwhm=truth.fwhm,
        sky=truth.sky,
        area_ratio=(scale / native) ** 2,
        fits=fit_stars(clear, x, y, fwhm=fwhm),
        sums=sum_apertures(clear, x, y, radius=APERTURE * fwhm),
    )


def measure_stars(product: DrizzledProduct, stars: StarExpectation) -> list[Measurement]:
    """Measure width, shape, flux and position of the stars of a product."""
    clear = product.sci - np.float32(stars.sky)
    scale = product.grid.pixel_scale
    fits = fit_stars(clear, stars.x, stars.y, fwhm=stars.fwhm)
    sums = sum_apertures(clear, stars.x, stars.y, radius=APERTURE * stars.fwhm)
    region = "full_coverage"
    return [
        *measure_psf(
            fits, stars.fits, region, pixel_scale=scale, intrinsic_fwhm=stars.intrinsic_fwhm
        ),
        *measure_photometry(sums, stars.sums, stars.flux, region, area_ratio=stars.area_ratio),
        *measure_astrometry(fits, stars.fits, stars.x, stars.y, region, pixel_scale=scale),
    ]
