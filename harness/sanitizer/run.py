"""From an sdist to what the sanitizers report of its core: known, new, gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.cores.request import AnyRequest
from harness.cores.worker import Worker
from harness.discovery.corpus import cases_dir, load_findings
from harness.discovery.everything import draw_requests, fixed_requests
from harness.discovery.subject import Subject
from harness.mutants.build import build
from harness.mutants.source import fetch_sources
from harness.sanitizer.build import build_sanitized, environment, sources_of
from harness.sanitizer.causes import Cause, load_causes
from harness.sanitizer.keep import keep_case
from harness.sanitizer.report import Report
from harness.sanitizer.watched import TIME_LIMIT, Watched

CASE = "case "
"""How the request of a case is named, before the name of its folder."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sighting:
    """A report, and the request on which it was seen first.

    Attributes
    ----------
    report : Report
        Kind and place.
    told : str
        How the request is called.
    request : AnyRequest
        What was asked.
    """

    report: Report
    told: str
    request: AnyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanitized:
    """What came of all requests.

    Attributes
    ----------
    core, version : str
    requests, deaths : int
        How many were made, and how many of them ended in a report.
    seen : dict of str to Sighting
        By signature.
    known : dict of str to Cause
        The causes of those that have one, by signature.
    gone : tuple of Cause
        Those whose own case is not reported any more.
    kept : dict of str to Path
        Folders of minimal cases of those that have none, by signature.
    """

    core: str
    version: str
    requests: int
    deaths: int
    seen: dict[str, Sighting]
    known: dict[str, Cause]
    gone: tuple[Cause, ...]
    kept: dict[str, Path]

    @property
    def new(self) -> tuple[str, ...]:
        """Signatures that no known cause explains."""
        return tuple(one for one in self.seen if one not in self.known)

    @property
    def as_known(self) -> bool:
        """Whether there is nothing new, and nothing is gone."""
        return not self.new and not self.gone


def sanitize(
    sdist: str, out: Path, *, core: str = "", extension: str = "", examples: int, tell: Tell
) -> Sanitized:
    """Build a core with sanitizers and make every request that there is.

    Parameters
    ----------
    sdist : str
        As for `harness.mutants.source.fetch_sources`.
    out : Path
        Gets build and reports, and in "cases" a minimal case of each new finding.
    core : str, optional
        Its name for `harness.cores.worker.Worker`; that of the package where not given.
    extension : str, optional
        Which extension module is meant, where the package has several.
    examples : int
        Requests drawn for each property.
    tell : callable
        Gets a line for each new sight.

    Raises
    ------
    UsageError
        If there is no such sdist.
    CoreError
        If it cannot be built, or the compiler has no sanitizers.
    FixtureError
        If the known causes or the kept findings cannot be read.
    """
    built = build(fetch_sources(sdist, out), out, extension=extension)
    name = core or built.name
    package = build_sanitized(built, out)
    variables = environment(built, package)
    seen: dict[str, Sighting] = {}
    shown: dict[str, str] = {}
    count = 0
    # The sanitizer reserves more address space than any limit allows.
    with Worker(name, memory_limit=None, time_limit=TIME_LIMIT, environment=variables) as worker:
        watched = Watched(worker, sources_of(out))
        subject = Subject(watched, name)

        def perform(told: str, request: AnyRequest) -> None:
            nonlocal count
            count += 1
            report = watched.report(worker.perform(request))
            if report is None:
                return
            if told.startswith(CASE):
                shown[told.removeprefix(CASE)] = report.signature
            if report.signature not in seen:
                seen[report.signature] = Sighting(report=report, told=told, request=request)
                tell(f"[{count}] {report.signature}: {told}")

        for told, request in fixed_requests(name):
            perform(told, request)
        draw_requests(subject, examples, perform)
        version = worker.versions[name]
        versions = {one: worker.versions[one] for one in (name, "numpy")}
        deaths = worker.deaths
        cases = [one.slug for one in load_findings(cases_dir(), core=name)]
        causes = load_causes(name, version, cases)
        known = {
            signature: cause for signature in seen for cause in causes if cause.explains(signature)
        }
        kept = {
            signature: keep_case(subject, one.request, signature, out / "cases", versions)
            for signature, one in seen.items()
            if signature not in known
        }
    gone = tuple(cause for cause in causes if not cause.explains(shown.get(cause.case, "")))
    return Sanitized(
        core=name, version=version, requests=count, deaths=deaths, seen=seen, known=known,
        gone=gone, kept={one: path for one, path in kept.items() if path is not None},
    )  # fmt: skip


def describe(result: Sanitized, folder: Path) -> list[str]:
    """Write each report to a file of the folder, and return the lines that tell of them."""
    lines = []
    for number, (signature, one) in enumerate(sorted(result.seen.items()), start=1):
        cause = result.known.get(signature)
        path = folder / f"{number:02d}.txt"
        path.write_text(one.report.text, encoding="utf-8")
        lines += [
            f"{signature} ({f'known: {cause.case}' if cause else 'NEW'})",
            f"  first on {one.told}; the report: {path}",
            *(f"    {frame}" for frame in one.report.stack[:4]),
        ]
        if signature in result.kept:
            lines.append(f"  minimal case: {result.kept[signature]}")
    lines += [
        f"GONE: case {cause.case} is not reported any more as {' or '.join(cause.signatures)}: "
        "take it out of fixtures/sanitizer, or bound core_versions"
        for cause in result.gone
    ]
    causes = {cause.case for cause in result.known.values()}
    lines.append(
        f"{result.core} {result.version}: {result.requests} requests, {result.deaths} of them "
        f"reported, {len(result.seen)} places, {len(causes)} known causes, {len(result.new)} new, "
        f"{len(result.gone)} gone"
    )
    return lines
