"""From a violation to a finding: the smallest request that shows it, and the other kernels."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from harness.cores.request import Request
from harness.discovery.features import essential_features
from harness.discovery.finding import Finding, kernel_of, kind_class
from harness.discovery.property import Property
from harness.discovery.simplify import other_kernels, simplify
from harness.discovery.subject import Subject
from harness.discovery.violation import Severity, Violation


def conclude(
    one: Property,
    subject: Subject,
    violation: Violation,
    request: Request,
    check: Callable[[Request], Violation | None],
    *,
    patience: float,
) -> Finding | None:
    """Simplify a request, find the other kernels, and make the finding.

    Parameters
    ----------
    one : Property
        Which is violated.
    subject : Subject
    violation : Violation
        Of a kind that simpler requests must show, too.
    request : Request
    check : callable
        Returns what a request violates.
    patience : float
        Seconds for the simplest request, and again for the other kernels.

    Returns
    -------
    Finding or None
        None where the violation is not there any more.
    """
    wanted = kind_class(violation.kind)
    needs = essential_features(request)
    deadline = time.monotonic() + patience

    def holds(candidate: Request) -> bool:
        if time.monotonic() > deadline or not essential_features(candidate) <= needs:
            return False
        found = check(candidate)
        return found is not None and kind_class(found.kind) == wanted

    request = simplify(request, holds)
    final = check(request)
    if final is None:
        final = check(request)
    if final is None:
        return None
    scope = one.scope.without(subject.unsupported)
    names = scope.interpolations if one.is_blot else scope.kernels
    deadline = time.monotonic() + patience
    others = other_kernels(request, names, holds)
    own = kernel_of(request)
    return Finding(
        core=subject.name,
        claim=one.name,
        statement=one.statement,
        kind=final.kind,
        message=final.message,
        severity=_severity(one, final),
        request=request,
        call=final.request,
        expected=final.expected,
        actual=final.actual,
        output=final.field,
        index=final.index,
        value=final.value,
        tolerance=final.tolerance,
        features=essential_features(request),
        kernels=others if own in others else (own, *others),
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    )


def _severity(one: Property, violation: Violation) -> Severity:
    kind = kind_class(violation.kind)[0]
    if kind == "process" or kind.startswith(("overrun", "memory")):
        return "crash or memory"
    if kind.startswith("raised"):
        return "refused validity"
    return "silent wrong result" if one.severity == "refused validity" else one.severity
