"""Agreement with the oracle, pixel by pixel, in units of honest float32 roundoff."""

from __future__ import annotations

import numpy as np

from harness.metrics.allowance import (
    Allowance,
    Contributions,
    allowance_at,
    least_allowance,
    weight_allowance,
)
from harness.metrics.deviation import (
    describe_deviation,
    deviate_without_bound,
    find_deviation,
)
from harness.metrics.selection import Image, Mask, check_selection, peak_in, unmeasured
from harness.metrics.weighted import compare_where_weighted
from harness.model import Measurement
from harness.rows import row_blocks

WEIGHT = "agreement.weight"
SCIENCE = "agreement.science"
COVERAGE_MISMATCH = "agreement.coverage_mismatch"
REFERENCE = "agreement.reference"


def measure_weight_agreement(
    wht: Image,
    expected_wht: Image,
    mask: Mask,
    region: str,
    *,
    kernel: str,
    contributions: Contributions,
    weight_max: float | None = None,
) -> Measurement:
    """Measure the largest difference of a weight from the oracle's, over its allowance.

    Parameters
    ----------
    wht, expected_wht : ndarray, (ny, nx)
        Weight map of the product, and what the oracle predicts (float64).
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    kernel : str
        Decides the allowance, see `weight_allowance`.
    contributions : int or ndarray, (ny, nx)
        Drops on an output pixel.
    weight_max : float, optional
        Largest `|expected_wht|` of the region, where it is known already.

    Returns
    -------
    Measurement
        agreement.weight: up to 1 is roundoff; infinite where a weight is not finite (`extras`:
        `not_finite`). Else `extras`: `x`, `y` of the worst pixel, `delta`, `fraction_of_max`.

    Raises
    ------
    MetricError
        If shapes differ, the region is empty, or the kernel is unknown.
    """
    check_selection(mask, region, wht=wht, expected_wht=expected_wht)
    allowance = Allowance(allow=weight_allowance, kernel=kernel, contributions=contributions)
    worst = find_deviation(wht, expected_wht, lambda rows: mask[rows], allowance)
    if worst is not None and worst.broken:
        return deviate_without_bound(WEIGHT, worst.broken, region, worst.judged)
    peak = peak_in(expected_wht, mask) if weight_max is None else weight_max
    if peak == 0:
        return unmeasured(
            WEIGHT, "", region, "no weight is expected in the region; choose one that is covered"
        )
    return describe_deviation(WEIGHT, worst, peak, region)


def measure_science_agreement(
    sci: Image,
    wht: Image,
    expected_sci: Image,
    expected_wht: Image,
    mask: Mask,
    region: str,
    *,
    kernel: str,
    contributions: Contributions,
    data_max: float | None = None,
    judged: Mask | None = None,
    weight_max: float | None = None,
) -> Measurement:
    """Measure the largest difference of a science value from the oracle's, over its allowance.

    Judged are pixels where both weights are positive and not denormal (lanczos: above 1e-3 of
    the largest weight).

    Parameters
    ----------
    sci, wht : ndarray, (ny, nx)
        The product.
    expected_sci, expected_wht : ndarray, (ny, nx)
        What the oracle predicts (float64).
    mask, region, kernel, contributions
        As for `measure_weight_agreement`.
    data_max : float, optional
        `max |data|` of the exposures, in the unit of `sci`; that of `expected_sci` in the region
        where not given.
    judged : ndarray, (ny, nx), bool, optional
        What `harness.metrics.weighted.judged_pixels` says, where it is known already.
    weight_max : float, optional
        Largest `|expected_wht|` of the region, likewise.

    Returns
    -------
    Measurement
        agreement.science: up to 1 is roundoff; infinite where a judged pixel is not finite
        (`extras`: `not_finite`). Else `extras`: `x`, `y` of the worst pixel, `delta`,
        `fraction_of_max`, and `weight_fraction`, the weight there over the largest.

    Raises
    ------
    MetricError
        If shapes differ, the region is empty, or the kernel is unknown.
    """
    check_selection(
        mask, region, sci=sci, wht=wht, expected_sci=expected_sci, expected_wht=expected_wht
    )
    return compare_where_weighted(
        SCIENCE,
        sci,
        expected_sci,
        wht,
        expected_wht,
        mask,
        region,
        kernel=kernel,
        contributions=contributions,
        peak=data_max,
        factor=1.0,
        without_peak="no weighted pixel with a value; choose a region with data",
        judged=judged,
        weight_max=weight_max,
    )


def measure_coverage_mismatch(
    wht: Image,
    expected_wht: Image,
    mask: Mask,
    region: str,
    *,
    kernel: str,
    contributions: Contributions,
    judged: Mask | None = None,
    weight_max: float | None = None,
) -> Measurement:
    """Count the pixels that are a hole in the product or in the oracle, but not in both.

    A weight below the allowance of `measure_weight_agreement` may be either; such pixels do not
    count and are in `extras["ambiguous"]`.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Weight map of the product.
    expected_wht : ndarray, (ny, nx)
        That of the oracle (float64).
    mask, region, kernel, contributions, weight_max
        As for `measure_weight_agreement`.
    judged : ndarray, (ny, nx), bool, optional
        What `harness.metrics.weighted.judged_pixels` says, where it is known already: both have a
        weight there.

    Returns
    -------
    Measurement
        agreement.coverage_mismatch (pix). `extras`: `lost` (covered in truth only), `gained`
        (covered in the product only), `ambiguous`, and `x`, `y` of the first such pixel.

    Raises
    ------
    MetricError
        If shapes differ, the region is empty, or the kernel is unknown.
    """
    check_selection(mask, region, wht=wht, expected_wht=expected_wht)
    allowance = Allowance(allow=weight_allowance, kernel=kernel, contributions=contributions)
    least_allowance(allowance)  # Raises for an unknown kernel before anything is measured.
    peak = weight_max
    lost = gained = ambiguous = 0
    extras: dict[str, float] = {}
    for rows in row_blocks(mask.shape):
        if judged is not None and judged[rows].all():
            continue
        differs = (wht[rows] == 0) != (expected_wht[rows] == 0)
        differs &= mask[rows]
        pixels = np.flatnonzero(differs)
        if not pixels.size:
            continue
        peak = peak_in(expected_wht, mask) if peak is None else peak
        seen, wanted = (image[rows].reshape(-1)[pixels] for image in (wht, expected_wht))
        doubtful = np.maximum(np.abs(seen), np.abs(wanted)) <= peak * allowance_at(
            allowance, rows, pixels
        )
        ambiguous += int(np.count_nonzero(doubtful))
        missing = int(np.count_nonzero(seen[~doubtful] == 0))
        lost += missing
        gained += int(np.count_nonzero(~doubtful)) - missing
        if not extras and not doubtful.all():
            y, x = divmod(int(pixels[int(np.argmin(doubtful))]), mask.shape[1])
            extras = {"x": float(x), "y": float(rows.start + y)}
    return Measurement(
        metric=COVERAGE_MISMATCH,
        value=float(lost + gained),
        unit="pix",
        region=region,
        sample_size=int(np.count_nonzero(mask)),
        expected=0.0,
        extras={
            "lost": float(lost),
            "gained": float(gained),
            "ambiguous": float(ambiguous),
            **extras,
        },
    )
