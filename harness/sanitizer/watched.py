"""A core in its worker that says in which functions it did what it must not do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cores.request import AnyRequest, Reply
from harness.cores.worker import Worker
from harness.sanitizer.report import Report, read_report

TIME_LIMIT = 60.0
"""Seconds for a request: sanitizers make a core some times slower."""


class Watched:
    """Performs requests; of one that ends in a report `error` is the signature.

    Parameters
    ----------
    worker : Worker
        Of a core that was built with sanitizers.
    sources : Path
        Folder that it was compiled in.

    Attributes
    ----------
    sanitized : bool
        True: what `harness.discovery.subject.Subject` asks for.
    """

    sanitized = True

    def __init__(self, worker: Worker, sources: Path) -> None:
        self._worker = worker
        self._sources = sources

    def perform(self, request: AnyRequest, *, time_limit: float = TIME_LIMIT) -> Reply:
        """Perform one request; see `harness.discovery.performer.Performer`."""
        reply = self._worker.perform(request, time_limit=max(time_limit, TIME_LIMIT))
        report = self.report(reply)
        return reply if report is None else replace(reply, error=report.signature)

    def report(self, reply: Reply) -> Report | None:
        """Return the report that a reply ends in, if it does.

        A death without a report, a hang and memory without end are reported, too.
        """
        if reply.outcome in ("returned", "raised", "unsupported"):
            return None
        found = read_report(reply.message, self._sources) if reply.outcome == "died" else None
        if found is None:
            what = reply.outcome.replace("_", " ")
            return Report(what=what, where="?", stack=(), text=f"{reply.error}\n{reply.message}")
        return found
