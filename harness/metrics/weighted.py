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
from harness.metrics.selection import Image, Mask, block_room, peak_in, peak_of, unmeasured
from harness.model import Measurement
from harness.rows import row_blocks


def judged_pixels(
    wht: Image,
    expected_wht: Image,
    mask: Mask,
    *,
    kernel: str,
    weight_max: float | None = None,
) -> Mask:
    """Select the pixels whose science and variance mean something.

    Parameters
    ----------
    wht, expected_wht : ndarray, (ny, nx)
        Weights of product and truth; pixels count where both lie above `science_weight_floor`.
    mask : ndarray, (ny, nx), bool
    kernel : str
    weight_max : float, optional
        Largest expected weight of the mask, where it is known already.

    Returns
    -------
    ndarray, (ny, nx), bool
    """
    heaviest = peak_in(expected_wht, mask) if weight_max is None else weight_max
    floor = max(science_weight_floor(kernel) * heaviest, SMALLEST_NORMAL)
    judged: Mask = np.empty(mask.shape, dtype=bool)
    for rows in row_blocks(mask.shape):
        np.greater(wht[rows], floor, out=judged[rows])
        judged[rows] &= expected_wht[rows] > floor
        judged[rows] &= mask[rows]
    return judged


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
    judged: Mask | None,
    weight_max: float | None,
) -> Measurement:
    """Return the largest deviation from the truth, in units of what float32 allows.

    Parameters
    ----------
    metric : str
    image, expected : ndarray, (ny, nx)
        What the core made, and the truth.
    wht, expected_wht : ndarray, (ny, nx)
        Weights of both, see `judged_pixels`.
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
    judged : ndarray, (ny, nx), bool, or None
        What `judged_pixels` says, where it is known already.
    weight_max : float or None
        As for `judged_pixels`.
    """
    allowance = Allowance(allow=science_allowance, kernel=kernel, contributions=contributions)
    heaviest = peak_in(expected_wht, mask) if weight_max is None else weight_max
    if judged is None:
        judged = judged_pixels(wht, expected_wht, mask, kernel=kernel, weight_max=heaviest)
    peaks, room = [0.0], block_room(mask.shape)

    def select(rows: slice) -> Mask:
        chosen: Mask = judged[rows]
        if peak is None:
            # While the block is at hand.
            peaks.append(peak_of(expected[rows], chosen, room))
        return chosen

    worst = find_deviation(image, expected, select, allowance)
    if worst is not None and worst.broken:
        sample = int(np.count_nonzero(mask))
        return deviate_without_bound(metric, worst.broken, region, sample)
    peak = max(peaks) if peak is None else peak
    if peak <= 0:
        return unmeasured(metric, "", region, without_peak)
    if worst is None:
        return describe_deviation(metric, worst, peak, region)
    worst = dataclasses.replace(worst, ratio=worst.ratio / factor)
    measurement = describe_deviation(metric, worst, peak, region)
    at_worst = float(expected_wht[worst.y, worst.x]) / heaviest
    extras = {**measurement.extras, "weight_fraction": at_worst}
    return dataclasses.replace(measurement, extras=extras)
