"""Faults of who counts, and how much."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.faults.fault import Call, Fault, changed
from harness.model import DrizzledProduct

STEP = 1e-3
"""By how much more each exposure counts than the one before it, for a core that minds the order."""


def _mean_weight(call: Call) -> np.float32:
    total, count = 0.0, 0
    for one in call.exposures:
        total += one.weight_map.sum(where=one.weight_map > 0, dtype=np.float64)
        count += int(np.count_nonzero(one.weight_map > 0))
    return np.float32(total / count)


def _ignore(call: Call) -> DrizzledProduct:
    mean = _mean_weight(call)
    return call.weighted(lambda _, one: np.where(one.weight_map > 0, mean, np.float32(0)))


def _ignore_time(call: Call) -> DrizzledProduct:
    mean = np.mean([one.exptime for one in call.exposures])
    return call.weighted(lambda _, one: one.weight_map * (mean / one.exptime))


def _use_masked(call: Call) -> DrizzledProduct:
    mean = _mean_weight(call)
    return call.weighted(lambda _, one: np.where(one.weight_map > 0, one.weight_map, mean))


def _lose_frame(call: Call) -> DrizzledProduct:
    last = len(call.exposures) - 1
    return call.weighted(lambda number, one: one.weight_map * np.float32(number != last))


def _mind_order(call: Call) -> DrizzledProduct:
    return call.weighted(lambda number, one: one.weight_map * (1 + STEP * number))


def _leak_nan(call: Call) -> DrizzledProduct:
    """Multiply by a weight of zero where the pixel should be skipped: 0 times NaN is NaN."""
    product = call.right()

    def masked(one: Any) -> dict[str, Any]:
        nan = np.isnan(one.data)
        return {
            "data": np.zeros_like(one.data),
            "weight_map": (nan & (one.weight_map == 0)).astype(np.float32),
        }

    touched = call.each(masked).wht > 0
    return changed(
        product, sci=np.where(touched & (product.wht > 0), np.float32(np.nan), product.sci)
    )


FAULTS = (
    Fault(
        name="weights-ignored",
        statement="Every good pixel counts the same, the mean of all weights.",
        wrong=_ignore,
        changes_input=True,
    ),
    Fault(
        name="weights-squared",
        statement="Pixels count with the square of their weight.",
        wrong=lambda call: call.weighted(lambda _, one: one.weight_map**2),
        changes_input=True,
    ),
    Fault(
        name="exposure-time-ignored",
        statement="Weights are not scaled by the exposure time.",
        wrong=_ignore_time,
        changes_input=True,
    ),
    Fault(
        name="masked-pixels-used",
        statement="Pixels of weight zero count like an average one.",
        wrong=_use_masked,
        changes_input=True,
    ),
    Fault(
        name="nan-leaks",
        statement="A pixel of weight zero that holds NaN makes NaN of what it falls on.",
        wrong=_leak_nan,
        changes_input=True,
    ),
    Fault(
        name="frame-lost",
        statement="The last exposure does not count.",
        wrong=_lose_frame,
        changes_input=True,
    ),
    Fault(
        name="order-dependent",
        statement="Each exposure counts 0.1 % more than the one before it.",
        wrong=_mind_order,
        changes_input=True,
    ),
)
