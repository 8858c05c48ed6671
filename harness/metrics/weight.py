"""Uniformity of the weight map: its RMS over its median, by both published recipes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.metrics.blocks import Blocks, find_medians
from harness.metrics.selection import (
    Image,
    Mask,
    block_room,
    check_selection,
    copy_into,
    count_not_finite,
    parts_in,
    unmeasured,
)
from harness.model import Measurement
from harness.rows import row_blocks

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
    found = find_spreads(wht, mask)
    if not math.isfinite(found[0].mean):
        bad = count_not_finite(wht, mask)
        reason = f"{bad} weights in the region are not finite; see integrity.finite"
        both = (RMS_OVER_MEDIAN, RMS_OVER_MEDIAN_POSITIVE)
        # What the geometry predicts is told all the same: without, nothing would be missing.
        everything, positive = (
            unmeasured(name, "", region, reason, expected=None if one is None else one.ratio)
            for name, one in zip(both, wanted, strict=True)
        )
        return everything, positive
    return (
        _uniformity(RMS_OVER_MEDIAN, found[0], wanted[0], region),
        _uniformity(RMS_OVER_MEDIAN_POSITIVE, found[1], wanted[1], region),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What is asked of a set of weights; NaN where there is none.

    Attributes
    ----------
    size : int
        Weights.
    mean, std, minimum, maximum, median : float
        Of them; `std` is that of the population.
    """

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
    room = block_room(mask.shape)

    def blocks() -> Iterator[npt.NDArray[np.floating]]:
        for rows in row_blocks(mask.shape):
            for values in parts_in(wht, mask, rows):
                yield values.astype(np.result_type(values, np.float32), copy=False)

    everything = _extent_of(blocks, room, floor=-math.inf)
    if not math.isfinite(everything.mean):
        return everything, everything
    above = everything if everything.minimum > 0 else _extent_of(blocks, room, floor=0.0)
    rest = everything.size - above.size
    medians = find_medians(blocks, [(0, everything.size), (rest, above.size)])
    told: list[Spread] = []
    for extent, floor, median in zip((everything, above), (-math.inf, 0.0), medians, strict=True):
        if median is None:
            told.append(extent)
        elif told and extent is everything:
            told.append(told[0])
        else:
            std = _deviation_of(blocks, room, extent, floor=floor)
            told.append(dataclasses.replace(extent, std=std, median=median))
    return told[0], told[1]


def _extent_of(blocks: Blocks, room: npt.NDArray[np.float64], *, floor: float) -> Spread:
    """Return size, mean and limits of the values above a floor."""
    size, total = 0, []
    lowest, highest = math.inf, -math.inf
    for values in blocks():
        least, most = float(values.min()), float(values.max())
        kept = copy_into(room, values)
        count = values.size
        if math.isfinite(floor) and least <= floor:
            low = values <= floor
            count -= int(np.count_nonzero(low))
            if count:
                np.copyto(kept, math.inf, where=low)
                least = float(kept.min())
            np.copyto(kept, 0.0, where=low)
        if not count:
            continue
        size += count
        total.append(float(kept.sum()))
        # NaN is smaller than nothing: it shows in the mean.
        lowest, highest = min(lowest, least), max(highest, most)
    if not size:
        return Spread(size=0)
    mean = math.fsum(total) / size if np.isfinite(total).all() else math.nan
    return Spread(size=size, mean=mean, minimum=lowest, maximum=highest)


def _deviation_of(
    blocks: Blocks, room: npt.NDArray[np.float64], extent: Spread, *, floor: float
) -> float:
    """Return the standard deviation of the values above a floor about their mean."""
    squares = []
    for values in blocks():
        residual = copy_into(room, values)
        residual -= extent.mean
        if math.isfinite(floor):
            np.copyto(residual, 0.0, where=values <= floor)
        # Not the product with itself, which BLAS would spread over all processors.
        np.multiply(residual, residual, out=residual)
        squares.append(float(residual.sum()))
    return math.sqrt(math.fsum(squares) / extent.size)


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
