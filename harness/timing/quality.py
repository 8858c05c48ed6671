"""What a timed product is worth: a fast wrong answer is no good one."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.capability import capabilities_of
from harness.cores.oracle import combine
from harness.cores.oracle_sums import OracleProduct
from harness.cores.product import wrap_product
from harness.cores.protocol import DrizzleCore
from harness.geometry import region_mask
from harness.metrics.agreement import measure_science_agreement, measure_weight_agreement
from harness.metrics.coverage import measure_coverage
from harness.metrics.weight import measure_weight_uniformity
from harness.model import FULL_COVERAGE, DrizzledProduct, Measurement
from harness.timing.workload import Workload, prepare

ORACLE_LIMIT = 4 * 256**2
"""Input pixels up to which the oracle is asked: a second for the slowest kernel."""
WHOLE = "output"


def measure_quality(
    core: DrizzleCore, returned: Any, workload: Workload
) -> tuple[Measurement, ...]:
    """Measure coverage, uniformity of the weight and, for small frames, agreement.

    Parameters
    ----------
    core : DrizzleCore
    returned : object or mapping
        What its `drizzle` returned for the workload.
    workload : Workload

    Returns
    -------
    tuple of Measurement
        coverage.hole_fraction and both weight.rms_over_median in the full-coverage footprint;
        agreement.weight and agreement.science on the whole output, without value and with a
        reason above `ORACLE_LIMIT`.

    Raises
    ------
    CoreError
        If what was returned is no product of the workload.
    """
    product = wrap_product(core, capabilities_of(core), returned, *prepare(workload), {})
    mask = _full_coverage(workload)
    truth = _find_truth(workload) if workload.pixels <= ORACLE_LIMIT else None
    expected = None if truth is None else truth.wht
    region = FULL_COVERAGE.name
    return (
        measure_coverage(product.wht, mask, region, expected_wht=expected)[0],
        *measure_weight_uniformity(product.wht, mask, region, expected_wht=expected),
        *_measure_agreement(product, truth, workload),
    )


def describe_quality(measurements: Iterable[Measurement]) -> dict[str, dict[str, Any]]:
    """Return measurements by metric, as JSON can hold them; values not finite become text."""
    told = {}
    for measurement in measurements:
        told[measurement.metric] = {
            key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in dataclasses.asdict(measurement).items()
            if key == "value" or (key not in ("metric", "extras") and value not in (None, ""))
        }
    return told


def _measure_agreement(
    product: DrizzledProduct, truth: OracleProduct | None, workload: Workload
) -> tuple[Measurement, Measurement]:
    if truth is None:
        reason = (
            f"{workload.pixels} input pixels; the oracle is asked up to {ORACLE_LIMIT}: "
            "time a smaller frame"
        )
        weight, science = (
            Measurement(
                metric=name, value=None, unit="", region=WHOLE, sample_size=0, reason=reason
            )
            for name in ("agreement.weight", "agreement.science")
        )
        return weight, science
    everywhere = np.ones(truth.wht.shape, dtype=bool)
    shared: dict[str, Any] = {"kernel": workload.kernel, "contributions": truth.contributions}
    exposures, _ = prepare(workload)
    return (
        measure_weight_agreement(product.wht, truth.wht, everywhere, WHOLE, **shared),
        measure_science_agreement(
            product.sci,
            product.wht,
            truth.sci,
            truth.wht,
            everywhere,
            WHOLE,
            data_max=max(float(np.abs(exposure.data).max()) for exposure in exposures),
            **shared,
        ),
    )


@functools.lru_cache(maxsize=1)
def _find_truth(workload: Workload) -> OracleProduct:
    return combine(*prepare(workload))


def _full_coverage(workload: Workload) -> npt.NDArray[np.bool_]:
    return _cover(workload.size, workload.frames, workload.scale)


@functools.lru_cache(maxsize=1)
def _cover(size: int, frames: int, scale: float) -> npt.NDArray[np.bool_]:
    exposures, params = prepare(Workload(size=size, frames=frames, scale=scale))
    return region_mask(FULL_COVERAGE, params.grid, exposures)
