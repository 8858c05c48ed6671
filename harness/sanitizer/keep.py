"""A report as a case of the corpus: the simplest request that ends in it."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

from harness.cores.request import AnyRequest, BlotRequest, DrizzleRequest, Request
from harness.discovery.corpus import save_finding
from harness.discovery.features import essential_features
from harness.discovery.finding import Finding, kernel_of
from harness.discovery.registry import claims
from harness.discovery.simplify import other_kernels, simplify
from harness.discovery.subject import Subject

CLAIM = "sanitized"
SHRINK = 60.0
"""Seconds to simplify one request; each step may end a process, which takes a tenth of one."""


def keep_case(
    subject: Subject, request: AnyRequest, signature: str, folder: Path, versions: dict[str, str]
) -> Path | None:
    """Simplify a request while the report stays the same, and write the folder of its case.

    Parameters
    ----------
    subject : Subject
        Of a watched core.
    request : AnyRequest
        Calls of an extension are kept as they are.
    signature : str
    folder : Path
    versions : dict
        Of the core and of numpy, for the record.

    Returns
    -------
    Path or None
        None where the report does not come again.
    """
    claim = claims()[CLAIM]
    end = time.monotonic() + SHRINK

    def holds(candidate: Request) -> bool:
        if time.monotonic() > end:
            return False
        found = claim.check(subject, candidate)
        return found is not None and found.actual == signature

    kernels: tuple[str, ...] = (kernel_of(request),)
    if isinstance(request, DrizzleRequest | BlotRequest):
        request = simplify(request, holds)
        scope = claim.scope.without(subject.unsupported)
        is_drizzle = isinstance(request, DrizzleRequest)
        end += SHRINK
        others = other_kernels(
            request, scope.kernels if is_drizzle else scope.interpolations, holds
        )
        kernels = others or kernels
    violation = claim.check(subject, request)
    if violation is None:
        return None
    finding = Finding(
        core=subject.name,
        claim=claim.name,
        statement=claim.statement,
        kind=violation.kind,
        message=violation.message,
        severity=claim.severity,
        request=request,
        call=request,
        expected=violation.expected,
        actual=violation.actual,
        features=essential_features(request),
        kernels=kernels,
        versions=versions,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    )
    return save_finding(folder, finding)
