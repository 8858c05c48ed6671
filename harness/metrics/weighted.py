"""Deviation of an image whose pixels mean something only where there is weight."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.metrics.allowance import (
    SMALLEST_NORMAL,
    Contributions,
    allowed_by_rows,
    science_allowance,
    science_weight_floor,
)
from harness.metrics.deviation import (
    describe_deviation,
    deviate_without_bound,
    find_deviation,
)
from harness.metrics.selection import Image, Mask, peak_in, row_blocks, unmeasured
from harness.model import Measurement


def compare_where_weighted(
    metric: str,
    image: Image,
    expected: Image,
    wht: Image,
    expected_wht: Image,
    mask: Mask,
    region: str,
    *,
    kernel: str,
    contributions: Contributions,
    peak: float | None,
    factor: float,
    without_peak: str,
) -> Measurement:
    """Return the largest deviation from the truth, in units of what float32 allows.

    Parameters
    ----------
    metric : str
    image, expected : ndarray, (ny, nx)
        What the core made, and the truth.
    wht, expected_wht : ndarray, (ny, nx)
        Weights of both; pixels count where both lie above `science_weight_floor`.
    mask : ndarray, (ny, nx), bool
    region : str
        Name of the mask.
    kernel : str
    contributions
        As for `harness.metrics.allowance.science_allowance`.
    peak : float or None
        Value to which roundoff is relative; None for the largest expected one.
    factor : float
        How often the relative error of a weighted mean enters.
    without_peak : str
        Why there is no measurement where the peak is not above zero.
    """
    heaviest = peak_in(expected_wht, mask)
    floor = max(science_weight_floor(kernel) * heaviest, SMALLEST_NORMAL)

    def judged(rows: slice) -> Mask:
        return mask[rows] & (wht[rows] > floor) & (expected_wht[rows] > floor)

    bad = sum(
        int(np.count_nonzero(judged(rows) & ~np.isfinite(image[rows])))
        for rows in row_blocks(mask.shape)
    )
    if bad:
        return deviate_without_bound(metric, bad, region, int(np.count_nonzero(mask)))
    if peak is None:
        peak = max(
            (peak_in(expected[rows], judged(rows)) for rows in row_blocks(mask.shape)),
            default=0.0,
        )
    if peak <= 0:
        return unmeasured(metric, "", region, without_peak)
    allowed = allowed_by_rows(science_allowance, kernel, contributions, factor * peak)
    worst = find_deviation(image, expected, judged, allowed)
    measurement = describe_deviation(metric, worst, peak, region)
    if worst is None:
        return measurement
    at_worst = float(expected_wht[worst.y, worst.x]) / heaviest
    extras = {**measurement.extras, "weight_fraction": at_worst}
    return dataclasses.replace(measurement, extras=extras)
