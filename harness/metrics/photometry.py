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
    masks = CircularAperture(np.column_stack([x, y]), r=radius).to_mask(method="exact")
    sums = [
        # Pixels outside the circle may hold anything, NaN too.
        float(np.sum(mask.get_values(sci), dtype=np.float64)) if whole else np.nan
        for mask, whole in zip(masks, inside, strict=True)
    ]
    return np.array(sums)


def measure_flux_ratio(
    sums: Floats,
    expected: Floats,
    region: str,
    *,
    truth: Floats | None = None,
    fewest: int = FEWEST,
) -> Measurement:
    """Measure the flux that the product has kept.

    Parameters
    ----------
    sums, expected : ndarray, (n,), float64
        `sum_apertures` of the product, and of what the oracle makes of the scene without noise.
    region : str
        Where the stars lie.
    truth : ndarray, (n,), float64, optional
        True fluxes, in the unit of `sums`.
    fewest : int, optional
        Apertures below which nothing is measured; 1 is enough where the expectation is of the
        very same pixels.

    Returns
    -------
    Measurement
        photometry.flux_ratio: median over stars of aperture sum over expected sum; `extras` hold
        `over_truth`, the same over the true flux.
    """
    use = np.isfinite(sums) & np.isfinite(expected) & (expected > 0)
    count = int(np.count_nonzero(use))
    if count < fewest:
        # What the truth has is missed; what it has not either is not.
        known = 1.0 if np.count_nonzero(expected > 0) >= fewest else None
        return unmeasured(FLUX_RATIO, "", region, _too_few(count, fewest), expected=known)
    ratio = sums[use] / expected[use]
    enough = count >= FEWEST
    return Measurement(
        metric=FLUX_RATIO,
        value=float(np.median(ratio)),
        unit="",
        region=region,
        sample_size=count,
        expected=1.0,
        uncertainty=float(MEDIAN_ERROR * np.std(ratio, ddof=1) / count**0.5) if enough else None,
        extras={} if truth is None else {"over_truth": float(np.median(sums[use] / truth[use]))},
    )


def measure_aperture_scatter(
    sums: Floats, expected: Floats, truth: Floats, region: str
) -> Measurement:
    """Measure how far the fluxes of stars scatter about the truth.

    Parameters
    ----------
    sums, expected, truth, region
        As for `measure_flux_ratio`.

    Returns
    -------
    Measurement
        photometry.aperture_scatter: standard deviation over stars of aperture flux over true
        flux.
    """
    use = np.isfinite(sums) & np.isfinite(expected) & (expected > 0)
    count = int(np.count_nonzero(use))
    if count < FEWEST:
        return unmeasured(SCATTER, "", region, _too_few(count, FEWEST))
    seen, wanted = sums[use] / truth[use], expected[use] / truth[use]
    return Measurement(
        metric=SCATTER,
        value=float(np.std(seen, ddof=1)),
        unit="",
        region=region,
        sample_size=count,
        expected=float(np.std(wanted, ddof=1)),
        uncertainty=float(np.std(sums[use] / expected[use], ddof=1)) / (2 * count) ** 0.5,
    )


def _too_few(count: int, fewest: int) -> str:
    return f"{count} apertures are whole, {fewest} are needed"


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
