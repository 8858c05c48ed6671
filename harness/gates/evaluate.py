"""From a measurement and a specification to a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.errors import SpecificationError
from harness.gates.specification import Limit, Specification
from harness.gates.subject import Subject, why_core_cannot, why_not_applicable
from harness.gates.wording import (
    allowance,
    describe_excess,
    describe_limit,
    describe_measurement,
    describe_subject,
)
from harness.model import Measurement, Outcome, Verdict

ADVICE = "advisory limit exceeded: "
"""How the message of a passing verdict opens when the value lies beyond an advisory limit."""


def evaluate(
    measurement: Measurement | None, specification: Specification, subject: Subject
) -> Verdict:
    """Judge one measurement by one specification.

    Parameters
    ----------
    measurement : Measurement or None
        What was measured; None when nothing was.
    specification : Specification
        What is allowed.
    subject : harness.gates.subject.Subject
        On what it was measured.

    Returns
    -------
    Verdict
        PASS, FAIL, NOT_APPLICABLE (the message says why) or NOT_MEASURED. A value that is not
        finite fails.

    Raises
    ------
    SpecificationError
        If the measurement is of another metric or region, or if a `within` limit meets a
        measurement without expectation.
    """
    reason = why_core_cannot(specification, subject) or why_not_applicable(specification, subject)
    if reason:
        return _verdict(Outcome.NOT_APPLICABLE, specification, subject, None, reason)
    if measurement is None:
        outcome, why = Outcome.NOT_MEASURED, "nothing was measured"
        return judge_without_value(outcome, specification, subject, why)
    if measurement.value is None:
        undefined = specification.applies_to.only_if_expected and measurement.expected is None
        outcome = Outcome.NOT_APPLICABLE if undefined else Outcome.NOT_MEASURED
        return judge_without_value(outcome, specification, subject, measurement.reason, measurement)
    _check_match(measurement, specification)
    unusable = _why_unusable(measurement, specification.limit)
    if unusable:
        return judge_without_value(
            Outcome.NOT_MEASURED, specification, subject, unusable, measurement
        )
    value = measurement.value
    met = math.isfinite(value) and _is_met(value, measurement, specification)
    seen = describe_measurement(measurement)
    if met:
        return _verdict(Outcome.PASS, specification, subject, measurement, seen)
    message = "\n".join(
        (
            seen,
            f"  allowed: {describe_limit(specification.limit)}"
            f" [{specification.tolerance}: {specification.reason}]",
            f"  {describe_excess(value, measurement, specification.limit)}",
            f"  it means: {specification.meaning}",
            f"  to do: {specification.remedy}",
            f"  on: {describe_subject(subject)}",
        )
    )
    if specification.limit.advisory:
        return _verdict(Outcome.PASS, specification, subject, measurement, ADVICE + message)
    return _verdict(Outcome.FAIL, specification, subject, measurement, message)


def evaluate_all(
    measurements: Iterable[Measurement], specifications: Iterable[Specification], subject: Subject
) -> tuple[Verdict, ...]:
    """Judge the measurements of one product by all specifications.

    Parameters
    ----------
    measurements : iterable of Measurement
        Of one product.
    specifications : iterable of Specification
        See `load_specifications`.
    subject : harness.gates.subject.Subject
        Case and core that were measured.

    Returns
    -------
    tuple of Verdict
        In the order of the specifications: one for each measurement of its metric in one of its
        regions, or one that says NOT_MEASURED or NOT_APPLICABLE.

    Raises
    ------
    SpecificationError
        As `evaluate`.
    """
    measurements = tuple(measurements)
    verdicts: list[Verdict] = []
    for specification in specifications:
        matches: Sequence[Measurement | None] = [
            measurement for measurement in measurements if _matches(measurement, specification)
        ]
        verdicts += [evaluate(match, specification, subject) for match in matches or (None,)]
    return tuple(verdicts)


def judge_without_value(
    outcome: Outcome,
    specification: Specification,
    subject: Subject,
    reason: str,
    measurement: Measurement | None = None,
) -> Verdict:
    """Return the verdict on a case that gave nothing to judge.

    Parameters
    ----------
    outcome : Outcome
        NOT_MEASURED if the harness could not measure, FAIL if the core gave no product where it
        should have, NOT_APPLICABLE if the core declined the case.
    specification, subject :
        What would have been judged, on what.
    reason : str
        Why there is no value.
    measurement : Measurement, optional
        The measurement that came without a value.
    """
    message = f"no value of {specification.metric}: {reason}\n  on: {describe_subject(subject)}"
    return _verdict(outcome, specification, subject, measurement, message)


def _matches(measurement: Measurement, specification: Specification) -> bool:
    regions = specification.applies_to.regions
    return measurement.metric == specification.metric and (
        not regions or measurement.region in regions
    )


def _check_match(measurement: Measurement, specification: Specification) -> None:
    where = f"{specification.source}: specification {specification.name!r}"
    if not _matches(measurement, specification):
        raise SpecificationError(
            f"got a measurement of {measurement.metric!r} in {measurement.region!r}",
            where=where,
            allowed=f"{specification.metric!r} in {specification.applies_to.regions or 'any'}",
            remedy="Judge each measurement by the specifications of its metric",
        )
    if specification.limit.within is not None and measurement.expected is None:
        raise SpecificationError(
            f"has the limit 'within', but {measurement.metric!r} came without expectation",
            where=where,
            allowed="max, min or equal, or applies_to narrowed to cases with an expectation",
            remedy="Correct the specification, or predict the value in the trial",
        )


def _why_unusable(measurement: Measurement, limit: Limit) -> str:
    if limit.within is None:
        return ""
    # An infinite standard error or expectation would allow everything.
    if measurement.expected is not None and not math.isfinite(measurement.expected):
        return f"its expectation is {measurement.expected}"
    sigma = measurement.uncertainty
    if limit.within.sigmas and sigma is not None and not (math.isfinite(sigma) and sigma >= 0):
        return f"its standard error is {sigma}"
    return ""


def _is_met(value: float, measurement: Measurement, specification: Specification) -> bool:
    limit = specification.limit
    if limit.equal is not None:
        return value == limit.equal
    if limit.within is not None and measurement.expected is not None:
        return abs(value - measurement.expected) <= allowance(measurement, limit)
    above = limit.min is None or value >= limit.min
    below = limit.max is None or value <= limit.max
    return above and below


def _verdict(
    outcome: Outcome,
    specification: Specification,
    subject: Subject,
    measurement: Measurement | None,
    message: str,
) -> Verdict:
    return Verdict(
        outcome=outcome,
        specification=specification.name,
        level=specification.level,
        case=subject.case,
        core=subject.core,
        measurement=measurement,
        message=message,
    )
