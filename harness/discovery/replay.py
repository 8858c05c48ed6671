"""Replay: what was found, and whether it is still there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.discovery.finding import Finding, kind_class
from harness.discovery.registry import claims
from harness.discovery.subject import SANITIZER, Subject

State = Literal["still there", "fixed", "changed", "not run"]
UNWATCHED = "only a core built with sanitizers shows it: drizzle-harness sanitize"
ATTEMPTS = 5
"""Calls before what depends on chance (memory that was never set) is taken for fixed."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Replayed:
    """What became of one finding.

    Attributes
    ----------
    finding : Finding
    state : str
        "still there": the property fails in the same way; "fixed": it holds; "changed": it fails
        in another way; "not run": this release lacks what it takes, or the property is gone.
    message : str
        What is seen now.
    """

    finding: Finding
    state: State
    message: str


def replay(subject: Subject, findings: Sequence[Finding]) -> Iterator[Replayed]:
    """Check the property of each finding on its request.

    Parameters
    ----------
    subject : harness.discovery.subject.Subject
        The core.
    findings : sequence of Finding
        Of any core.

    Yields
    ------
    Replayed
        In the same order.
    """
    for finding in findings:
        yield replay_one(subject, finding)


def replay_one(subject: Subject, finding: Finding) -> Replayed:
    """Check the property of one finding on its request.

    Parameters
    ----------
    subject : harness.discovery.subject.Subject
        The core.
    finding : Finding
        Of any core.

    Returns
    -------
    Replayed
        There, fixed, changed or not run.
    """
    one = claims().get(finding.claim)
    if one is not None and SANITIZER in one.needs & subject.unsupported:
        return Replayed(finding=finding, state="not run", message=UNWATCHED)
    if one is None or not one.supported_by(subject):
        return Replayed(finding=finding, state="not run", message="the property does not apply")
    # What is read beyond an array is whatever lies there.
    by_chance = finding.severity == "crash or memory" or finding.claim.endswith("repeatable")
    violation = None
    for _ in range(ATTEMPTS if by_chance else 1):
        violation = one.check(subject, finding.request)
        if violation is not None:
            break
    if violation is None:
        if subject.perform(finding.request).outcome == "unsupported":
            return Replayed(finding=finding, state="not run", message="not supported")
        return Replayed(finding=finding, state="fixed", message=finding.statement)
    now, then = kind_class(violation.kind), kind_class(finding.kind)
    # By chance a value is NaN or not, or one array or another shows it; a death is no value.
    same = now == then or (by_chance and "process" not in (now[0], then[0]))
    return Replayed(
        finding=finding, state="still there" if same else "changed", message=violation.message
    )
