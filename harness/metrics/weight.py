"""Uniformity of the weight map: its RMS over its median, by both published recipes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.metrics.selection import (
    BLOCK_PIXELS,
    Image,
    Mask,
    check_selection,
    count_not_finite,
    unmeasured,
)
from harness.model import Measurement

RMS_OVER_MEDIAN = "weight.rms_over_median"
RMS_OVER_MEDIAN_POSITIVE = "weight.rms_over_median_positive"


def measure_weight_uniformity(
    wht: Image, mask: Mask, region: str, *, expected_wht: Image | None = None
) -> tuple[Measurement, Measurement]:
    """Measure std / median of the weights, zeros included, and over positive weights alone.

    The Dither Handbook and the DrizzlePac Handbook (section on choosing pixfrac) advise a ratio
    below 0.2 without saying whether holes count; both readings are in use, so both are given.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Weight map.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    expected_wht : ndarray, (ny, nx), optional
        Weight map that the geometry predicts.

    Returns
    -------
    tuple of Measurement
        weight.rms_over_median and weight.rms_over_median_positive, with `median`, `mean`, `std`,
        `minimum` and `maximum` in `extras`. No value where the median is zero.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    check_selection(mask, region, wht=wht, expected_wht=expected_wht)
    bad = count_not_finite(wht, mask)
    if bad:
        reason = f"{bad} weights in the region are not finite; see integrity.finite"
        both = (RMS_OVER_MEDIAN, RMS_OVER_MEDIAN_POSITIVE)
        # What the geometry predicts is told all the same: without, nothing would be missing.
        expected = (None, None) if expected_wht is None else _predict(expected_wht[mask])
        everything, positive = (
            unmeasured(name, "", region, reason, expected=value)
            for name, value in zip(both, expected, strict=True)
        )
        return everything, positive
    weights = wht[mask]
    wanted = None if expected_wht is None else expected_wht[mask]
    everything = _uniformity(RMS_OVER_MEDIAN, weights, wanted, region)
    # Negative weights (lanczos) stay out of the second recipe, as it asks for positive ones.
    weights = weights[weights > 0]
    wanted = None if wanted is None else wanted[wanted > 0]
    return everything, _uniformity(RMS_OVER_MEDIAN_POSITIVE, weights, wanted, region)


def _predict(wanted: npt.NDArray[np.floating]) -> tuple[float | None, float | None]:
    return _rms_over_median(wanted.copy())[0], _rms_over_median(wanted[wanted > 0])[0]


def standard_deviation(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return mean and population standard deviation, in float64 without a float64 copy."""
    mean = float(np.mean(values, dtype=np.float64))
    total = 0.0
    for start in range(0, values.size, BLOCK_PIXELS):
        residual = values[start : start + BLOCK_PIXELS].astype(np.float64) - mean
        total += float(residual @ residual)
    return mean, math.sqrt(total / values.size)


def _uniformity(
    metric: str,
    weights: npt.NDArray[np.floating],
    wanted: npt.NDArray[np.floating] | None,
    region: str,
) -> Measurement:
    expected = None if wanted is None else _rms_over_median(wanted)[0]
    value, extras = _rms_over_median(weights)
    if value is None:
        reason = (
            "no output pixel of the region has a positive weight; check that the exposures reach it"
            if weights.size == 0
            else "the median weight is not positive: half of the region or more is holes; "
            "raise pixfrac or the output scale, or measure a better covered region"
        )
        return unmeasured(metric, "", region, reason, sample_size=weights.size, expected=expected)
    return Measurement(
        metric=metric,
        value=value,
        unit="",
        region=region,
        sample_size=int(weights.size),
        expected=expected,
        extras=extras,
    )


def _rms_over_median(
    weights: npt.NDArray[np.floating],
) -> tuple[float | None, dict[str, float]]:
    if weights.size == 0:
        return None, {}
    mean, std = standard_deviation(weights)
    extremes = {"minimum": float(weights.min()), "maximum": float(weights.max())}
    # The order of the values is free, so that the median needs no further copy.
    median = float(np.median(weights, overwrite_input=True))
    if median <= 0:
        return None, {}
    return std / median, {"median": median, "mean": mean, "std": std, **extremes}
