"""All measurements of one product, and of the run that made it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sized
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_sums import OracleProduct
from harness.metrics.agreement import (
    REFERENCE,
    measure_coverage_mismatch,
    measure_science_agreement,
    measure_weight_agreement,
)
from harness.metrics.bounds import kernel_margin, measure_fill, measure_finite, measure_footprint
from harness.metrics.coverage import measure_coverage
from harness.metrics.integrity import measure_context, measure_dq, measure_variance
from harness.metrics.photometry import measure_weight_conservation
from harness.metrics.selection import peak_in
from harness.metrics.weight import measure_weight_uniformity
from harness.metrics.weighted import judged_pixels
from harness.model import Capabilities, DrizzledProduct, Measurement
from harness.trials.case import Case
from harness.trials.exposures import CaseExposures
from harness.trials.inputs import InputTotals
from harness.trials.truth import Masks, Truth


def measure_product(
    product: DrizzledProduct,
    truth: Truth,
    exact: OracleProduct,
    ready: CaseExposures,
    case: Case,
    capabilities: Capabilities,
    ambiguous: npt.NDArray[np.bool_] | None,
) -> tuple[Measurement, ...]:
    """Measure everything that applies to a product.

    Parameters
    ----------
    product : DrizzledProduct
        What the core made.
    truth : Truth
        Of the same exposures: what the oracle makes of them, the regions "full_coverage",
        "footprint" and "output", and what is expected there.
    exact : OracleProduct
        What the pixels must agree with: that of the truth, but for cores that read files and have
        a twin, whose measurements are then called agreement.twin_weight and so on.
    ready : CaseExposures
    case : Case
    capabilities : Capabilities
        Of the core: images that it does not make are not measured.
    ambiguous : ndarray, (ny, nx), bool, or None
        Output pixels on whose contributors roundoff decides; their context and DQ are not judged.

    Returns
    -------
    tuple of Measurement

    Raises
    ------
    MetricError
        If an image of the product has not the shape of the grid.
    """
    masks, inputs, wanted = truth.masks, truth.inputs, truth.expected
    full = masks["full_coverage"]
    found = [
        *measure_coverage(product.wht, full, "full_coverage", expected_wht=wanted.holes),
        *measure_weight_uniformity(product.wht, full, "full_coverage", expected_wht=wanted.spreads),
    ]
    weights = _compare_weights(product, exact, masks["output"], truth, case)
    agreement = _agreement(product, exact, masks["output"], inputs, case, weights)
    if exact is not truth.product:
        agreement = [
            dataclasses.replace(one, metric=one.metric.replace(".", ".twin_")) for one in agreement
        ]
    found += agreement
    found += _reference_agreement(product, truth.product, masks["output"], ready, inputs, case)
    found += _integrity(
        product, exact, masks, ready, case, capabilities, ambiguous, inputs, weights
    )
    return tuple(found)


def _compare_weights(
    product: DrizzledProduct,
    exact: OracleProduct,
    everywhere: npt.NDArray[np.bool_],
    truth: Truth,
    case: Case,
) -> dict[str, Any]:
    """Say once what several measurements ask of the weights."""
    known = exact is truth.product
    heaviest = truth.expected.weight_max if known else peak_in(exact.wht, everywhere)
    judged = judged_pixels(
        product.wht, exact.wht, everywhere, kernel=case.kernel, weight_max=heaviest
    )
    return {"judged": judged, "weight_max": heaviest}


def _agreement(
    product: DrizzledProduct,
    truth: OracleProduct,
    everywhere: npt.NDArray[np.bool_],
    inputs: InputTotals,
    case: Case,
    weights: dict[str, Any],
) -> list[Measurement]:
    shared: dict[str, Any] = {"kernel": case.kernel, "contributions": truth.contributions}
    heaviest = weights["weight_max"]
    return [
        measure_weight_agreement(
            product.wht, truth.wht, everywhere, "output", weight_max=heaviest, **shared
        ),
        measure_science_agreement(
            product.sci,
            product.wht,
            truth.sci,
            truth.wht,
            everywhere,
            "output",
            data_max=inputs.peak_rate,
            **shared,
            **weights,
        ),
        measure_coverage_mismatch(
            product.wht, truth.wht, everywhere, "output", **shared, **weights
        ),
    ]


def _reference_agreement(
    product: DrizzledProduct,
    truth: OracleProduct,
    everywhere: npt.NDArray[np.bool_],
    ready: CaseExposures,
    inputs: InputTotals,
    case: Case,
) -> list[Measurement]:
    """Compare with the products that another core made in the same way: the worst of them."""
    compared = [
        measure_science_agreement(
            product.sci,
            product.wht,
            reference.sci,
            truth.wht,
            everywhere,
            "output",
            kernel=case.kernel,
            contributions=truth.contributions,
            data_max=inputs.peak_rate,
        )
        for reference in ready.sky.references
        if (reference.kernel, reference.pixfrac) == (case.kernel, case.pixfrac)
    ]
    if not compared:
        return []
    # Without a value the comparison failed, which is worse than any value.
    worst = max(compared, key=lambda one: math.inf if one.value is None else one.value)
    return [dataclasses.replace(worst, metric=REFERENCE)]


def _integrity(
    product: DrizzledProduct,
    truth: OracleProduct,
    masks: Masks,
    ready: CaseExposures,
    case: Case,
    capabilities: Capabilities,
    ambiguous: npt.NDArray[np.bool_] | None,
    inputs: InputTotals,
    weights: dict[str, Any],
) -> list[Measurement]:
    everywhere = masks["output"]
    ratio = ready.exposures[0].pixel_scale / ready.grid.pixel_scale
    margin = kernel_margin(case.kernel, case.pixfrac, ratio)
    found = [
        measure_footprint(product.wht, masks["footprint"], margin=margin),
        measure_fill(product.sci, product.wht, everywhere, "output", fillval=None),
        measure_finite(product.sci, product.wht, everywhere, "output"),
    ]
    if case.kernel in capabilities.flux_conserving:
        found.append(measure_weight_conservation(product.wht, inputs.weight, "output"))
    if capabilities.context:
        found.append(
            measure_context(
                product.ctx, everywhere, "output", expected_ctx=truth.ctx, ambiguous=ambiguous
            )
        )
    if capabilities.dq and truth.dq is not None:
        found.append(
            measure_dq(product.dq, everywhere, "output", expected_dq=truth.dq, ambiguous=ambiguous)
        )
    if capabilities.variance and truth.variance:
        found.append(
            measure_variance(
                product.variance[0] if product.variance else None,
                product.wht,
                everywhere,
                "output",
                expected_variance=truth.variance[0],
                expected_wht=truth.wht,
                kernel=case.kernel,
                contributions=truth.contributions,
                **weights,
            )
        )
    return found


def measure_run(product: DrizzledProduct, ready: CaseExposures) -> tuple[Measurement, ...]:
    """Measure what a run did to its inputs, which its product does not show."""
    return _inputs_unmodified(product, ready), _overrun(product, ready)


def _inputs_unmodified(product: DrizzledProduct, ready: CaseExposures) -> Measurement:
    modified = product.provenance.get("modified_inputs")
    reason = "the run did not compare its inputs"
    return _count_inputs("integrity.inputs_unmodified", modified, ready, reason)


def _overrun(product: DrizzledProduct, ready: CaseExposures) -> Measurement:
    overrun = product.provenance.get("overrun_inputs")
    reason = "the exposures are spooled: no fences stand around them"
    found = _count_inputs("integrity.overrun", overrun, ready, reason)
    # Nothing was promised of spooled exposures, so nothing is missing.
    return found if found.value is not None else dataclasses.replace(found, expected=None)


def _count_inputs(
    metric: str, names: Sized | None, ready: CaseExposures, reason: str
) -> Measurement:
    """Count input arrays to which something was done; `reason` is why that is not known."""
    return Measurement(
        metric=metric,
        value=None if names is None else float(len(names)),
        unit="",
        region="inputs",
        sample_size=len(ready.exposures),
        expected=0.0,
        reason=reason if names is None else "",
    )
