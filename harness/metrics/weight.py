"""Uniformity of the weight map: its RMS over its median, by both published recipes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.metrics.blocks import Blocks, find_medians, standard_deviation
from harness.metrics.selection import (
    Image,
    Mask,
    check_selection,
    count_not_finite,
    row_blocks,
    unmeasured,
    values_in,
)
from harness.model import Measurement

RMS_OVER_MEDIAN = "weight.rms_over_median"
RMS_OVER_MEDIAN_POSITIVE = "weight.rms_over_median_positive"


def measure_weight_uniformity(
    wht: Image,
    mask: Mask,
    region: str,
    *,
    expected_wht: Image | tuple[Spread, Spread] | None = None,
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
    expected_wht : ndarray, (ny, nx), or tuple of Spread, optional
        Weight map that the geometry predicts, or what `find_spreads` has found in it.

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
    wanted: tuple[Spread | None, Spread | None] = (None, None)
    check_selection(mask, region, wht=wht)
    if isinstance(expected_wht, np.ndarray):
        check_selection(mask, region, expected_wht=expected_wht)
        wanted = find_spreads(expected_wht, mask)
    elif expected_wht is not None:
        wanted = expected_wht
    bad = count_not_finite(wht, mask)
    if bad:
        reason = f"{bad} weights in the region are not finite; see integrity.finite"
        both = (RMS_OVER_MEDIAN, RMS_OVER_MEDIAN_POSITIVE)
        # What the geometry predicts is told all the same: without, nothing would be missing.
        everything, positive = (
            unmeasured(name, "", region, reason, expected=None if one is None else one.ratio)
            for name, one in zip(both, wanted, strict=True)
        )
        return everything, positive
    found = find_spreads(wht, mask)
    return (
        _uniformity(RMS_OVER_MEDIAN, found[0], wanted[0], region),
        _uniformity(RMS_OVER_MEDIAN_POSITIVE, found[1], wanted[1], region),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What is asked of a set of weights; NaN where there is none."""

    size: int
    mean: float = math.nan
    std: float = math.nan
    minimum: float = math.nan
    maximum: float = math.nan
    median: float = math.nan

    @property
    def ratio(self) -> float | None:
        """Standard deviation over median, where that is positive."""
        return self.std / self.median if self.median > 0 else None


def find_spreads(wht: Image, mask: Mask) -> tuple[Spread, Spread]:
    """Go through the weights of the region, in rows, without collecting them.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Finite weights.
    mask : ndarray, (ny, nx), bool
        The region.

    Returns
    -------
    tuple of Spread
        Of all, and of the positive ones: negative weights (lanczos) stay out of the second recipe.
    """

    def blocks() -> Iterator[npt.NDArray[np.floating]]:
        for rows in row_blocks(mask.shape):
            values = values_in(wht, mask, rows)
            yield values.astype(np.result_type(values, np.float32), copy=False)

    def positive() -> Iterator[npt.NDArray[np.floating]]:
        for values in blocks():
            yield values if values.size and values.min() > 0 else values[values > 0]

    everything = _extent_of(blocks)
    above = everything if everything.minimum > 0 else _extent_of(positive)
    rest = everything.size - above.size
    medians = find_medians(blocks, [(0, everything.size), (rest, above.size)])
    told = []
    for extent, some, median in zip((everything, above), (blocks, positive), medians, strict=True):
        if median is None:
            told.append(extent)
            continue
        if told and extent is everything:
            told.append(told[0])
            continue
        _, std = standard_deviation(some, extent.size, mean=extent.mean)
        told.append(dataclasses.replace(extent, std=std, median=median))
    return told[0], told[1]


def _extent_of(blocks: Blocks) -> Spread:
    size, total = 0, []
    lowest, highest = math.inf, -math.inf
    for values in blocks():
        if values.size:
            size += values.size
            total.append(float(values.sum(dtype=np.float64)))
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    mean = math.fsum(total) / size if size else math.nan
    return Spread(size=size, mean=mean, minimum=lowest, maximum=highest)


def _uniformity(metric: str, found: Spread, wanted: Spread | None, region: str) -> Measurement:
    expected = None if wanted is None else wanted.ratio
    value = found.ratio
    if value is None:
        reason = (
            "no output pixel of the region has a positive weight; check that the exposures reach it"
            if found.size == 0
            else "the median weight is not positive: half of the region or more is holes; "
            "raise pixfrac or the output scale, or measure a better covered region"
        )
        return unmeasured(metric, "", region, reason, sample_size=found.size, expected=expected)
    names = ("median", "mean", "std", "minimum", "maximum")
    return Measurement(
        metric=metric,
        value=value,
        unit="",
        region=region,
        sample_size=found.size,
        expected=expected,
        extras={name: getattr(found, name) for name in names},
    )
