"""What a core makes of the same exposures at another time, or in another order."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from harness.metrics.agreement import measure_science_agreement, measure_weight_agreement
from harness.metrics.allowance import Contributions
from harness.model import DrizzledProduct, Measurement

REPEAT = "integrity.repeat"
ORDER = "integrity.order"


def measure_repetition(
    metric: str,
    product: DrizzledProduct,
    again: DrizzledProduct,
    *,
    kernel: str,
    contributions: Contributions,
) -> Measurement:
    """Measure the largest difference of two products that should be one, over its allowance.

    Weights, and science where both have weight, are compared where either has a value, in units of
    the allowances of `agreement.weight` and `agreement.science`; sums in another order round
    otherwise, so that up to 2, one allowance for each product, is roundoff.

    Parameters
    ----------
    metric : {"integrity.repeat", "integrity.order"}
        What the measurement is called.
    product, again : DrizzledProduct
        Of the same exposures; (ny, nx) images, counts/s per input-pixel area.
    kernel : str
        Decides the allowance.
    contributions : int or ndarray, (ny, nx)
        Drops on an output pixel.

    Returns
    -------
    Measurement
        The larger of the two; `extras` as for the one that it is of, and `science`, 1 where it is
        that of the science image.

    Raises
    ------
    MetricError
        If shapes differ, nothing can be compared, or the kernel is unknown.
    """
    # What is NaN both times was made the same way; integrity.finite has it.
    everywhere = ~(np.isnan(product.sci) & np.isnan(again.sci) & (product.wht == again.wht))
    shared: dict[str, Any] = {"kernel": kernel, "contributions": contributions}
    weight = measure_weight_agreement(again.wht, product.wht, everywhere, "output", **shared)
    # The metric looks for values that are not finite on its first side.
    gaps = np.isnan(product.sci) & (product.wht > 0) & everywhere
    one, other = (product, again) if gaps.any() else (again, product)
    science = measure_science_agreement(
        one.sci, one.wht, other.sci, other.wht, everywhere, "output", **shared
    )
    for found in (weight, science):
        if found.value is None:
            return dataclasses.replace(found, metric=metric)
    larger = max((weight, science), key=lambda found: found.value or 0.0)
    extras = {**larger.extras, "science": float(larger is science)}
    return dataclasses.replace(larger, metric=metric, extras=extras)
