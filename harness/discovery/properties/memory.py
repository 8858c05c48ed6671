"""Memory: what a core does to it that no result need show. Cases come from `sanitize`."""

from __future__ import annotations

from harness.cores.request import AnyRequest, BlotRequest, DrizzleRequest, ExtensionRequest
from harness.discovery.property import Property
from harness.discovery.strategies.scope import WILD
from harness.discovery.subject import SANITIZER, Subject
from harness.discovery.violation import Violation, failed

_TAKEN = "what a caller takes for granted of any library"


def judge_reports(subject: Subject, request: AnyRequest) -> Violation | None:
    """Look for a report of the sanitizers, which end the process with it."""
    reply = subject.perform(request)
    if reply.outcome != "died":
        return None
    return Violation(
        kind=reply.error.partition(" in ")[0],
        message=f"the sanitizers report: {reply.error}",
        request=request,
        expected="no report",
        actual=reply.error,
    )


def judge_extension(subject: Subject, request: ExtensionRequest) -> Violation | None:
    """Look for a death or a hang."""
    return failed(subject.perform(request), request, refusal=False)


PROPERTIES = [
    Property(
        name="sanitized",
        family="memory",
        statement="No call reaches beyond its arrays, or does what C leaves undefined.",
        source="ISO C, annex J.2; address and undefined-behaviour sanitizers of the compiler",
        tolerance="none",
        severity="crash or memory",
        scope=WILD,
        judge=judge_reports,
        needs=frozenset({SANITIZER}),
        kinds=(DrizzleRequest, BlotRequest, ExtensionRequest),
    ),
    Property(
        name="extension-no-crash",
        family="memory",
        statement="Whatever a function of the extension is asked, the process lives on.",
        source=_TAKEN,
        tolerance="10 s for a few pixels",
        severity="crash or memory",
        scope=WILD,
        judge=judge_extension,
        kinds=(ExtensionRequest,),
    ),
]
