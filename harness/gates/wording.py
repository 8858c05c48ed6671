"""How verdicts are put into words: what was seen, on what, and what was allowed."""

from __future__ import annotations

import math

from harness.gates.specification import Limit
from harness.gates.subject import Subject
from harness.model import Measurement


def describe_measurement(measurement: Measurement) -> str:
    """Say in one line what was seen: value, unit, expectation, region, sample size."""
    value = "none" if measurement.value is None else f"{measurement.value:.7g}"
    text = f"{measurement.metric} = {value}"
    if measurement.uncertainty is not None:
        text += f" +- {measurement.uncertainty:.2g}"
    if measurement.unit:
        text += f" {measurement.unit}"
    if measurement.expected is not None:
        text += f", expected {measurement.expected:.7g}"
    return f"{text} (region {measurement.region}, n = {measurement.sample_size})"


def describe_subject(subject: Subject) -> str:
    """Say in one line what was drizzled, by what, and how."""
    return (
        f"{subject.core} {subject.core_version}, case {subject.case} ({subject.pixels}, "
        f"{subject.noise}), kernel {subject.kernel}, pixfrac {subject.pixfrac:g}, "
        f"scale {subject.scale:.4g}, weighting {subject.weighting}"
    )


def describe_limit(limit: Limit) -> str:
    """Say in words what a limit allows."""
    parts: list[str] = []
    if limit.equal is not None:
        parts.append(f"exactly {limit.equal}")
    if limit.min is not None:
        parts.append(f"at least {limit.min:g}")
    if limit.max is not None:
        parts.append(f"at most {limit.max:g}")
    if limit.within is not None:
        widths: list[str] = []
        if limit.within.relative is not None:
            widths.append(f"{limit.within.relative:g} of its size")
        if limit.within.absolute is not None:
            widths.append(f"{limit.within.absolute:g}")
        if limit.within.sigmas is not None:
            widths.append(f"{limit.within.sigmas:g} standard errors")
        parts.append(f"within {' + '.join(widths)} of the expectation")
    return " and ".join(parts) + (" (advisory)" if limit.advisory else "")


def describe_excess(value: float, measurement: Measurement, limit: Limit) -> str:
    """Say how far a value lies beyond a limit."""
    if not math.isfinite(value):
        return "the value is not a finite number"
    if limit.within is not None and measurement.expected is not None:
        allowed = allowance(measurement, limit)
        off = abs(value - measurement.expected)
        times = f", {off / allowed:.3g} times that" if allowed > 0 else ""
        return f"it may differ by {allowed:.3g} here and differs by {off:.3g}{times}"
    bounds = (limit.equal, limit.min, limit.max)
    off = min(abs(value - bound) for bound in bounds if bound is not None)
    return f"it lies {off:.3g} beyond the limit"


def allowance(measurement: Measurement, limit: Limit) -> float:
    """Return how far a value may lie from its expectation, in the unit of the value.

    Without a standard error the strict limit holds, as if it were 0.
    """
    within = limit.within
    if within is None or measurement.expected is None:
        return 0.0
    width = (within.relative or 0.0) * abs(measurement.expected) + (within.absolute or 0.0)
    return width + (within.sigmas or 0.0) * (measurement.uncertainty or 0.0)
