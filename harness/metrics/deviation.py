"""The pixel in which two images differ most, in units of what is allowed there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.metrics.allowance import Allowance, allowance_at, least_allowance
from harness.metrics.selection import Image, Mask, block_room, copy_into, unmeasured
from harness.model import Measurement
from harness.rows import row_blocks


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The pixel of the largest difference over its allowance.

    Attributes
    ----------
    ratio : float
        |actual - expected| / (allowance * peak); infinite where a difference is not finite.
    delta : float
        actual - expected there.
    x, y : int
        Where, 0-based.
    judged : int
        How many pixels were compared.
    broken : int
        In how many of them the difference is not finite.
    """

    ratio: float
    delta: float
    x: int
    y: int
    judged: int
    broken: int


def find_deviation(
    actual: Image,
    expected: Image,
    select: Callable[[slice], Mask],
    allowance: Allowance,
) -> Deviation | None:
    """Find the pixel that exceeds its allowance most, or None where nothing is selected.

    Parameters
    ----------
    actual, expected : ndarray, (ny, nx)
        What is compared, in float64.
    select : callable
        Takes a slice of rows and returns which of their pixels are judged: (rows, nx), bool.
    allowance : Allowance
        Relative to a peak of 1: who knows the peak divides `ratio` by it.
    """
    least = least_allowance(allowance)
    worst = Deviation(ratio=-1.0, delta=0.0, x=0, y=0, judged=0, broken=0)
    judged = broken = 0
    room = block_room(actual.shape)
    for rows in row_blocks(actual.shape):
        where = select(rows)
        here = int(np.count_nonzero(where))
        if not here:
            continue
        judged += here
        size = copy_into(room, actual[rows])
        with np.errstate(invalid="ignore"):
            # Pixels that are not judged may hold NaN by right.
            np.subtract(size, expected[rows], out=size)
        np.abs(size, out=size)
        if here < size.size:
            np.copyto(size, -1.0, where=~where)
        if not math.isfinite(size.max()):
            broken += int(np.count_nonzero(~np.isfinite(size)))
            continue
        at, ratio = _find_worst(size, rows, allowance, least, worst.ratio)
        if ratio > worst.ratio:
            y, x = divmod(at, size.shape[1])
            delta = float(actual[rows][y, x]) - float(expected[rows][y, x])
            worst = dataclasses.replace(worst, ratio=ratio, delta=delta, x=x, y=rows.start + y)
    if not judged:
        return None
    if broken:
        worst = dataclasses.replace(worst, ratio=math.inf)
    return dataclasses.replace(worst, judged=judged, broken=broken)


def _find_worst(
    size: npt.NDArray[np.float64], rows: slice, allowance: Allowance, least: float, bound: float
) -> tuple[int, float]:
    """Return the flat index of the largest size over its allowance, and that ratio, above a bound.

    A pixel can only be it if its size exceeds the bound times the least that is allowed anywhere:
    few do, and the allowances of these alone are computed.
    """
    flat = size.reshape(-1)
    top = int(np.argmax(flat))
    if flat[top] <= bound * least:
        return top, bound
    if flat[top] == 0:
        return top, 0.0
    bound = max(bound, float(np.max(flat[top] / allowance_at(allowance, rows, np.array([top])))))
    # A quotient times its divisor may come out above the dividend: the largest stays among them.
    near = np.flatnonzero(flat >= min(bound * least, float(flat[top])))
    ratios = flat[near] / allowance_at(allowance, rows, near)
    best = int(np.argmax(ratios))
    return int(near[best]), float(ratios[best])


def describe_deviation(
    metric: str, worst: Deviation | None, peak: float, region: str
) -> Measurement:
    """Turn the worst pixel into a measurement; `peak` is what allowances are fractions of."""
    if worst is None:
        return unmeasured(
            metric, "", region, "no pixel of the region can be judged; choose one that is covered"
        )
    return Measurement(
        metric=metric,
        value=worst.ratio / peak,
        unit="",
        region=region,
        sample_size=worst.judged,
        expected=0.0,
        extras={
            "x": float(worst.x),
            "y": float(worst.y),
            "delta": worst.delta,
            "fraction_of_max": abs(worst.delta) / peak,
        },
    )


def deviate_without_bound(metric: str, count: int, region: str, sample: int) -> Measurement:
    """Return the measurement of an image of which pixels that should hold a value are not finite.

    Parameters
    ----------
    metric, region : str
        What is measured, where.
    count, sample : int
        Pixels that are not finite, of how many.
    """
    return Measurement(
        metric=metric,
        value=math.inf,
        unit="",
        region=region,
        sample_size=sample,
        expected=0.0,
        extras={"not_finite": float(count)},
    )
