"""Deviation of an image whose pixels mean something only where there is weight."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.metrics.allowance import (
    SMALLEST_NORMAL,
    Allowance,
    Contributions,
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
    allowance = Allowance(allow=science_allowance, kernel=kernel, contributions=contributions)
    heaviest = peak_in(expected_wht, mask)
    floor = max(science_weight_floor(kernel) * heaviest, SMALLEST_NORMAL)

    def judged(rows: slice) -> Mask:
        chosen: Mask = wht[rows] > floor
        chosen &= expected_wht[rows] > floor
        chosen &= mask[rows]
        return chosen

    worst = find_deviation(image, expected, judged, allowance)
    if worst is not None and worst.broken:
        sample = int(np.count_nonzero(mask))
        return deviate_without_bound(metric, worst.broken, region, sample)
    if peak is None:
        peak = max(
            (peak_in(expected[rows], judged(rows)) for rows in row_blocks(mask.shape)),
            default=0.0,
        )
    if peak <= 0:
        return unmeasured(metric, "", region, without_peak)
    if worst is None:
        return describe_deviation(metric, worst, peak, region)
    worst = dataclasses.replace(worst, ratio=worst.ratio / factor)
    measurement = describe_deviation(metric, worst, peak, region)
    at_worst = float(expected_wht[worst.y, worst.x]) / heaviest
    extras = {**measurement.extras, "weight_fraction": at_worst}
    return dataclasses.replace(measurement, extras=extras)
