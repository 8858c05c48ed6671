"""How bright the stars are, and whether weight is conserved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError
from harness.metrics.psf import FEWEST, MEDIAN_ERROR
from harness.metrics.selection import Image, unmeasured
from harness.model import Measurement

FLUX_RATIO = "photometry.flux_ratio"
SCATTER = "photometry.aperture_scatter"
CONSERVATION = "photometry.weight_conservation"
Floats = npt.NDArray[np.float64]


def sum_apertures(sci: Image, x: Floats, y: Floats, *, radius: float) -> Floats:
    """Sum the pixels in a circle about each star, exactly cut (`photutils.aperture`).

    Parameters
    ----------
    sci : ndarray, (ny, nx)
        Science image.
    x, y : ndarray, (n,), float64
        Centres, pixels.
    radius : float
        Pixels.

    Returns
    -------
    ndarray, (n,), float64
        NaN where a pixel of the aperture is empty or beyond the edge.
    """
    from photutils.aperture import CircularAperture

    if not x.size:
        return np.zeros(0)
    inside = (x > radius) & (y > radius) & (x < sci.shape[1] - 1 - radius)
    inside &= y < sci.shape[0] - 1 - radius
    apertures = CircularAperture(np.column_stack([x, y]), r=radius)
    sums = np.asarray(apertures.do_photometry(sci.astype(np.float64))[0], dtype=np.float64)
    return np.where(inside, sums, np.nan)


def measure_photometry(
    sums: Floats, expected: Floats, flux: Floats, region: str, *, area_ratio: float
) -> tuple[Measurement, Measurement]:
    """Measure the flux that the product has kept, and its scatter.

    Parameters
    ----------
    sums, expected : ndarray, (n,), float64
        `sum_apertures` of the product, and of what the oracle makes of the scene without noise.
    flux : ndarray, (n,), float64
        True fluxes, electrons/s.
    region : str
        Where the stars lie.
    area_ratio : float
        Area of an output pixel over the nominal area of an input pixel.

    Returns
    -------
    tuple of Measurement
        photometry.flux_ratio: median over stars of aperture sum over expected sum; `extras` hold
        `over_truth`, the same over the true flux. photometry.aperture_scatter: standard deviation
        over stars of aperture flux over true flux.
    """
    use = np.isfinite(sums) & np.isfinite(expected) & (expected > 0)
    count = int(np.count_nonzero(use))
    if count < FEWEST:
        reason = f"{count} apertures are whole, {FEWEST} are needed"
        return unmeasured(FLUX_RATIO, "", region, reason), unmeasured(SCATTER, "", region, reason)
    ratio = sums[use] / expected[use]
    absolute, wanted = (values[use] * area_ratio / flux[use] for values in (sums, expected))
    error = float(MEDIAN_ERROR * np.std(ratio, ddof=1) / count**0.5)
    return (
        Measurement(
            metric=FLUX_RATIO,
            value=float(np.median(ratio)),
            unit="",
            region=region,
            sample_size=count,
            expected=1.0,
            uncertainty=error,
            extras={"over_truth": float(np.median(absolute))},
        ),
        Measurement(
            metric=SCATTER,
            value=float(np.std(absolute, ddof=1)),
            unit="",
            region=region,
            sample_size=count,
            expected=float(np.std(wanted, ddof=1)),
            uncertainty=float(np.std(ratio, ddof=1)) / (2 * count) ** 0.5,
        ),
    )


def measure_weight_conservation(wht: Image, given: float, region: str) -> Measurement:
    """Measure the sum of the output weights over that of the input weights.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Weight map.
    given : float
        Sum of the weights of all input pixels; all drops must lie on the output.
    region : str
        Name of the whole output.

    Raises
    ------
    MetricError
        If no weight was given.
    """
    if not given > 0:
        raise MetricError(f"the input weights add up to {given}", where=CONSERVATION)
    return Measurement(
        metric=CONSERVATION,
        value=float(np.sum(wht, dtype=np.float64)) / given,
        unit="",
        region=region,
        sample_size=int(wht.size),
        expected=1.0,
    )
