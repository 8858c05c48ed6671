"""`drizzle-harness sanitize`: a C core under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

AS_KNOWN, NEW = 0, 1
"""Exit codes: nothing but known findings; something new."""


@click.command()
@click.argument("sdist")
@click.option("--core", default="", help="Name of the core; by default that of the package.")
@click.option("--examples", type=click.IntRange(min=0), default=300, show_default=True,
              help="Requests drawn for each property.")  # fmt: skip
@click.option("--extension", default="", help="Extension module, where the package has several.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for build and reports.")
def sanitize(sdist: str, core: str, examples: int, extension: str, out: Path | None) -> None:
    """Build the C core of SDIST with sanitizers, and ask it everything.

    SDIST is a requirement ("drizzle==3.0.0"), an sdist, or a folder. The calls of the checks of
    resampling, the corpus, and requests drawn by the properties are made, each array in an
    allocation of its own. Every finding is told with its stack. Exit code 0: all findings are known
    (fixtures/sanitizer); 1: something is new, or a known finding is gone.
    """
    from harness.cores.request import AnyRequest
    from harness.cores.worker import Worker
    from harness.discovery.everything import draw_requests, fixed_requests
    from harness.discovery.subject import Subject
    from harness.mutants.build import build
    from harness.mutants.mutation import list_functions
    from harness.mutants.sanitizer import (
        Reports,
        build_sanitized,
        describe,
        environment,
        load_known,
    )
    from harness.mutants.source import fetch_sources

    plain_name = "".join(one if one.isalnum() or one in ".-" else "_" for one in sdist)
    folder = (out or Path(f"sanitized-{plain_name}")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    built = build(fetch_sources(sdist, folder), folder, extension=extension)
    name = core or built.name
    package = build_sanitized(built, folder)
    variables = environment(built, package)
    functions = {
        function
        for source in built.root.rglob("*.[ch]")
        for function in list_functions(source.read_bytes())
    }
    reports = Reports(functions)
    count = 0
    # The sanitizer reserves more address space than any limit allows.
    with Worker(name, memory_limit=None, time_limit=60.0, environment=variables) as worker:
        subject = Subject(worker, name)

        def perform(told: str, request: AnyRequest) -> None:
            nonlocal count
            count += 1
            reply = subject.perform(request, time_limit=60.0)
            if reply.outcome not in ("returned", "raised", "unsupported"):
                found = reports.add(reply.message, told)
                if found is not None:
                    click.echo(f"[{count}] {found.signature}: {told}")

        for told, request in fixed_requests(name):
            perform(told, request)
        draw_requests(subject, examples, perform)
        version = worker.versions[name]
    known = load_known(name, version)
    for line in describe(reports.findings, known, folder):
        click.echo(line)
    gone = [signature for signature in known if signature not in reports.findings]
    for signature in gone:
        click.echo(f"{signature}: known, and not found: take it out of fixtures/sanitizer")
    new = [signature for signature in reports.findings if signature not in known]
    click.echo(
        f"{name} {version}: {count} requests, {worker.deaths} deaths, "
        f"{len(reports.findings)} findings, {len(new)} of them new"
    )
    sys.exit(NEW if new or gone else AS_KNOWN)
