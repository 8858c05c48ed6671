"""What a check is: some requests, what must come of each, and who looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.cores.request import AnyRequest, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.subject import Subject

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a check found wrong.

    Attributes
    ----------
    message : str
        One sentence with figures.
    seen : tuple of float
        Figures of all results of the check, right and wrong ones. A known defect is held to them:
        whoever fails otherwise fails in another way.
    """

    message: str
    seen: Numbers = ()


Judge = Callable[[Subject, Any, Reply, Any], str]
"""(subject, request, reply, truth) to what is wrong, or ""."""
Summary = Callable[[Any, Reply], Numbers]
"""(request, reply) to figures that change when the reply does."""


class NotApplicableError(Exception):
    """The core has no such argument; the text names it."""


def oracle_truth(request: Any) -> Reply:
    """Return the oracle's reply."""
    return OraclePerformer().perform(request)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """Some calls of a core with their results.

    Attributes
    ----------
    name : str
        Unique: "group/what-it-is".
    statement : str
        What must hold, one sentence.
    requests : mapping
        Name to request.
    judge : callable
        Looks at the core's reply to one request.
    summary : callable
    truth : callable
        Request to what must come of it, whatever the core.
    deadly : {"", "at once", "by chance"}
        Whether a released core does not survive it, and if so, whether it always dies.
    """

    name: str
    statement: str
    requests: Mapping[str, AnyRequest]
    judge: Judge
    summary: Summary
    truth: Callable[[Any], Any] = oracle_truth
    deadly: Literal["", "at once", "by chance"] = ""


class Checks:
    """Checks with their truths, each computed once, when it is first asked for.

    Parameters
    ----------
    checks : iterable of Check
    """

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks: dict[str, Check] = {}
        for one in checks:
            if one.name in self._checks:
                raise ValueError(f"two checks are called {one.name!r}")
            self._checks[one.name] = one
        self._truths: dict[tuple[str, str], Any] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self._checks)

    def __getitem__(self, name: str) -> Check:
        return self._checks[name]

    def truth(self, name: str, which: str) -> Any:
        """Return what must come of one request of a check."""
        key = (name, which)
        if key not in self._truths:
            check = self._checks[name]
            self._truths[key] = check.truth(check.requests[which])
        return self._truths[key]

    def prepare(self) -> None:
        """Compute all truths."""
        for name, check in self._checks.items():
            for which in check.requests:
                self.truth(name, which)

    def run(self, name: str, subject: Subject) -> Fault | None:
        """Make one check and return what is wrong, or None.

        Requests that the core has no arguments for are left out.

        Raises
        ------
        NotApplicableError
            If that concerns all of them.
        """
        check = self._checks[name]
        wrong: list[str] = []
        seen: list[float] = []
        lacking: list[str] = []
        for which, request in check.requests.items():
            reply = subject.perform(request)
            if reply.outcome == "unsupported":
                lacking.append(reply.message)
                continue
            message = check.judge(subject, request, reply, self.truth(name, which))
            if message:
                wrong.append(f"{which}: {message}")
            seen += check.summary(request, reply)
        if len(lacking) == len(check.requests):
            raise NotApplicableError(lacking[0])
        if not wrong:
            return None
        others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return Fault(message=wrong[0] + others, seen=tuple(seen))
