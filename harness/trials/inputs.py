"""Sums and peaks over all pixels of all exposures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from harness.model import Exposure


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InputTotals:
    """What measurements take from all pixels of all exposures.

    Attributes
    ----------
    peak_rate : float
        Largest |data| that counts, counts/s.
    weight : float
        Sum of all weights.
    """

    peak_rate: float
    weight: float


def total_inputs(exposures: Sequence[Exposure]) -> InputTotals:
    """Go through the exposures once."""
    peak = weight = 0.0
    for exposure in exposures:
        seconds = 1.0 if exposure.in_units == "cps" else exposure.exptime
        used = exposure.weight_map > 0
        highest = max(
            float(exposure.data.max(initial=0.0, where=used)),
            -float(exposure.data.min(initial=0.0, where=used)),
        )
        peak = max(peak, highest / seconds)
        weight += float(exposure.weight_map.sum(dtype=np.float64))
    return InputTotals(peak_rate=peak, weight=weight)
