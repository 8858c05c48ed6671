"""The pixel in which two images differ most, in units of what is allowed there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.metrics.selection import Image, Mask, row_blocks, unmeasured
from harness.model import Measurement


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The pixel of the largest difference over its allowance.

    Attributes
    ----------
    ratio : float
        |actual - expected| / allowance.
    delta : float
        actual - expected there.
    x, y : int
        Where, 0-based.
    judged : int
        How many pixels were compared.
    """

    ratio: float
    delta: float
    x: int
    y: int
    judged: int


def find_deviation(
    actual: Image,
    expected: Image,
    select: Callable[[slice], Mask],
    allowance: Callable[[slice], float | npt.NDArray[np.floating[Any]]],
) -> Deviation | None:
    """Find the pixel that exceeds its allowance most, or None where nothing is selected.

    Parameters
    ----------
    actual, expected : ndarray, (ny, nx)
        What is compared, in float64.
    select : callable
        Takes a slice of rows and returns which of their pixels are judged.
    allowance : callable
        Takes a slice of rows and returns what is allowed there, positive, in the unit of the
        images; see `harness.metrics.allowance.allowed_by_rows`.
    """
    worst: Deviation | None = None
    judged = 0
    for rows in row_blocks(actual.shape):
        where = select(rows)
        judged += int(np.count_nonzero(where))
        if not where.any():
            continue
        # Pixels that are not judged may hold NaN by right.
        delta = np.zeros(where.shape)
        np.subtract(actual[rows], expected[rows], out=delta, where=where, dtype=np.float64)
        ratio = np.abs(delta)
        ratio /= allowance(rows)
        ratio[~where] = -1.0
        y, x = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
        if worst is None or ratio[y, x] > worst.ratio:
            worst = Deviation(
                ratio=float(ratio[y, x]),
                delta=float(delta[y, x]),
                x=int(x),
                y=rows.start + int(y),
                judged=0,
            )
    return None if worst is None else dataclasses.replace(worst, judged=judged)


def describe_deviation(
    metric: str, worst: Deviation | None, peak: float, region: str
) -> Measurement:
    """Turn the worst pixel into a measurement; `peak` is what `fraction_of_max` refers to."""
    if worst is None:
        return unmeasured(
            metric, "", region, "no pixel of the region can be judged; choose one that is covered"
        )
    return Measurement(
        metric=metric,
        value=worst.ratio,
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
