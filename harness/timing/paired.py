"""Ratios of times that a shared machine cannot bend: pairs, in random order, in one session."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from harness.errors import UsageError

RESAMPLES = 2000
"""Bootstrap resamples: the ends of the interval then repeat within a twentieth of its width."""
TAIL = 2.5
"""Per cent left out on each side of the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRatio:
    """How much longer one call takes than another.

    Attributes
    ----------
    ratio : float
        exp of the median of log(time / baseline time) over the pairs.
    low, high : float
        95 % bootstrap interval of the ratio.
    pairs : int
        How many pairs were timed.
    """

    ratio: float
    low: float
    high: float
    pairs: int


def compare_times(
    baseline: Callable[[], Any],
    candidate: Callable[[], Any],
    *,
    pairs: int,
    seed: int = 0,
    clock: Callable[[], float] = perf_counter,
) -> TimeRatio:
    """Time two calls in pairs, each pair in random order.

    Whatever slows the machine for longer than a pair slows both of it, and leaves their ratio
    alone. Each is called once more before, untimed.

    Parameters
    ----------
    baseline, candidate : callable
        Without arguments.
    pairs : int
        At least 2.
    seed : int, optional
        Of the order and the bootstrap.
    clock : callable, optional
        Seconds.

    Returns
    -------
    TimeRatio

    Raises
    ------
    UsageError
        If there are too few pairs for an interval.
    """
    if pairs < 2:
        raise UsageError(f"pairs is {pairs}", where="compare_times", allowed="2 or more")
    generator = np.random.default_rng(seed)
    calls = (baseline, candidate)
    for call in calls:
        call()
    logs = np.empty(pairs)
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for pair in range(pairs):
            seconds = [0.0, 0.0]
            for which in generator.permutation(2):
                start = clock()
                calls[which]()
                seconds[which] = clock() - start
            logs[pair] = math.log(seconds[1] / seconds[0])
    finally:
        if enabled:
            gc.enable()
    drawn = generator.integers(0, pairs, size=(RESAMPLES, pairs))
    low, high = np.percentile(np.median(logs[drawn], axis=1), [TAIL, 100 - TAIL])
    return TimeRatio(
        ratio=math.exp(float(np.median(logs))),
        low=math.exp(float(low)),
        high=math.exp(float(high)),
        pairs=pairs,
    )
