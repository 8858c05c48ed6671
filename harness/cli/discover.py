"""`drizzle-harness discover`: search a core for what is wrong in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.discovery.property import Property

CLEAN, FOUND, BROKEN, STOPPED = 0, 1, 3, 130
"""Exit codes: nothing new, something new, a mistake of the harness itself, stopped before it began.

A search that is stopped by Ctrl-C ends like one whose time is over.
"""


@click.command()
@click.option("--core", "name", required=True, help="Core to search: drizzle, drizzlepac, oracle.")
@click.option("--minutes", type=click.FloatRange(min=0.0), default=5.0, show_default=True)
@click.option("--property", "names", multiple=True, help="Property or family; repeatable.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes, each a worker.")
@click.option("--seed", type=int, default=0, help="Start of the random choices.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of what is found.")
@click.option("--cold", is_flag=True, help="Forget what the harness knows; find it all again.")
def discover(
    name: str,
    minutes: float,
    names: tuple[str, ...],
    jobs: int,
    seed: int,
    out: Path | None,
    cold: bool,
) -> None:
    """Search a core for small inputs on which a property does not hold.

    Exit code 0: nothing new; 1: something new was found; 3: an error in the harness itself.
    What is found is kept in the folder at once: an end by Ctrl-C or a kill loses nothing.
    """
    from harness.discovery.registry import select_properties

    chosen = select_properties(names)
    folder = out or Path(f"discovered-{name}")
    try:
        sys.exit(
            _run_jobs(jobs, seed)
            if jobs > 1
            else _search(name, minutes, chosen, seed, folder, cold)
        )
    except KeyboardInterrupt:
        click.echo("stopped before the search began", err=True)
        sys.exit(STOPPED)


def _search(
    name: str, minutes: float, chosen: list[Property], seed: int, folder: Path, cold: bool
) -> int:
    """Search in this process, and return the exit code."""
    from harness.discovery.corpus import cases_dir, load_findings
    from harness.discovery.opening import open_subject
    from harness.discovery.progress import Progress
    from harness.discovery.search import Search

    known = [] if cold else load_findings(cases_dir(), core=name)
    with open_subject(name) as subject, Progress(60 * minutes) as progress:
        search = Search(
            subject,
            chosen,
            out=folder,
            known=known,
            versions=subject.versions,
            seed=seed,
            tell=progress.tell,
        )
        progress.search = search
        try:
            search.run(60 * minutes)
        except KeyboardInterrupt:
            progress.tell("stopped")
        summary = progress.line()
    click.echo(f"{summary}; in {folder}")
    for error in search.errors:
        click.echo(f"error in the harness: {error}", err=True)
    return BROKEN if search.errors else FOUND if search.findings else CLEAN


def _run_jobs(jobs: int, seed: int) -> int:
    """Run as many searches with seeds of their own; they share what they find by its folder."""
    given = [one for one in sys.argv[1:] if not one.startswith(("--jobs=", "--seed="))]
    for option in ("--jobs", "--seed"):
        while option in given:
            place = given.index(option)
            del given[place : place + 2]
    start = "from harness.cli import main; main()"
    command = [sys.executable, "-c", start, *given, "--jobs", "1", "--seed"]
    # Seeds far apart: a search adds one for each slice.
    running = [subprocess.Popen([*command, str(seed + 100_000 * job)]) for job in range(jobs)]
    try:
        codes = [one.wait() for one in running]
    except KeyboardInterrupt:
        # They got the signal as well, and end by themselves.
        codes = [one.wait() for one in running]
    # A negative code is a signal: that search has not told what it found.
    return BROKEN if min(codes) < 0 else max(codes)
