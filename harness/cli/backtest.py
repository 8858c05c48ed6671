"""`drizzle-harness backtest`: the upgrade gate held to the release notes of the past."""

from __future__ import annotations

import sys
from pathlib import Path

import click

AS_DOCUMENTED, NOT_SEEN = 0, 1
"""Exit codes."""


@click.command()
@click.option("--package", "packages", multiple=True, help="drizzle, drizzlepac; repeatable.")
@click.option("--new", "only", multiple=True, help="Only the pairs that end at this release.")
@click.option("--out", type=click.Path(path_type=Path), help="File of the table (Markdown).")
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of the environments.")
def backtest(
    packages: tuple[str, ...], only: tuple[str, ...], out: Path | None, cache: Path | None
) -> None:
    """Run the gate on real pairs of releases, both ways, and compare with their release notes.

    Exit code 1 if a documented change that can be seen is not, or a refactoring fails.
    """
    from harness.upgrade.backtest import Looked, faults_of, load_pairs, look_at_pair, make_table
    from harness.writing import written_whole

    def tell(line: str) -> None:
        click.echo(line, err=True)

    results: list[Looked] = []
    known: dict[str, object] = {}
    for pair in load_pairs(packages):
        if only and pair.new not in only:
            continue
        results.append(look_at_pair(pair, known, cache=cache, tell=tell))
        for fault in faults_of(results[-1]):
            tell(f"NOT AS DOCUMENTED {fault}")
        if out is not None:
            with written_whole(out) as part:
                part.write_text(make_table(results), encoding="utf-8")
    click.echo(make_table(results))
    faults = [fault for looked in results for fault in faults_of(looked)]
    for fault in faults:
        click.echo(f"NOT AS DOCUMENTED {fault}")
    sys.exit(NOT_SEEN if faults else AS_DOCUMENTED)
