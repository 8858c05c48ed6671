"""`drizzle-harness backtest`: the upgrade gate held to the release notes of the past."""

from __future__ import annotations

import sys
from pathlib import Path

import click

AS_DOCUMENTED, NOT_SEEN = 0, 1
"""Exit codes."""


@click.command()
@click.option("--package", "packages", multiple=True, help="drizzle, drizzlepac; repeatable.")
@click.option(
    "--new", "only", multiple=True, help="Only the pairs that end at this release (drizzle==3.0.0)."
)
@click.option(
    "--history",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Pairs and changes of your own package, as in fixtures/backtest.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File of all that was found (Markdown)."
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of the environments.")
def backtest(
    packages: tuple[str, ...],
    only: tuple[str, ...],
    history: Path | None,
    out: Path | None,
    cache: Path | None,
) -> None:
    """Run the gate on real pairs of releases, both ways, and compare with their release notes.

    Exit code 1 if a documented change that can be seen is not, or a refactoring fails.
    """
    from harness.errors import UsageError
    from harness.upgrade.backtest import Looked, faults_of, look_at_pair
    from harness.upgrade.history import load_pairs
    from harness.upgrade.history_table import make_matrix, make_pages
    from harness.writing import written_whole

    def tell(line: str) -> None:
        click.echo(line, err=True)

    results: list[Looked] = []
    known: dict[str, object] = {}
    pairs = [one for one in load_pairs(packages, history) if not only or one.new in only]
    if not pairs:
        known_ends = ", ".join(one.new for one in load_pairs(packages, history))
        raise UsageError(f"no pair ends at {', '.join(only)}", where="--new", allowed=known_ends)
    for pair in pairs:
        results.append(look_at_pair(pair, known, cache=cache, tell=tell))
        for fault in faults_of(results[-1]):
            tell(f"NOT AS DOCUMENTED {fault}")
        if out is not None:
            with written_whole(out) as part:
                part.write_text(make_pages(results), encoding="utf-8")
    click.echo(make_matrix(results))
    faults = [fault for looked in results for fault in faults_of(looked)]
    for fault in faults:
        click.echo(f"NOT AS DOCUMENTED {fault}")
    sys.exit(NOT_SEEN if faults else AS_DOCUMENTED)
