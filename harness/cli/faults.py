"""`drizzle-harness faults`: cores made wrong on purpose, and what the gate says of them."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.faults.expectation import Expectations
    from harness.faults.matrix import Matrix


@click.command()
@click.option("--core", "cores", multiple=True, help="Core to be made wrong; repeatable.")
@click.option("--fault", "names", multiple=True, help="Only this fault; repeatable.")
@click.option(
    "--profile",
    type=click.Choice(["quick", "standard", "full"]),
    help="Run every fault on all cases of a profile, not on those alone that show it.",
)
@click.option(
    "--clock/--no-clock",
    default=True,
    help="Time the faults that no product shows, too (half a minute a core; default: yes).",
)
@click.option("--frames-dir", type=click.Path(path_type=Path), help="Folder of real frames.")
@click.option("--record", type=click.Path(path_type=Path), help="Write the matrix as JSON.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the matrix as Markdown.")
@click.option("--list", "listing", is_flag=True, help="List the faults and their checks, run none.")
def faults(
    cores: tuple[str, ...],
    names: tuple[str, ...],
    profile: str | None,
    clock: bool,
    frames_dir: Path | None,
    record: Path | None,
    markdown: Path | None,
    listing: bool,
) -> None:
    """Make cores wrong in named ways and print which check finds which fault.

    Exit code 0 if every fault is found by its own check and by no unrelated one, and the cores
    without fault pass; 1 if not.
    """
    from harness.faults.core import find_fault
    from harness.faults.expectation import load_expectations
    from harness.records import check_writable

    expectations = load_expectations()
    chosen = [find_fault(name).name for name in names] or [one.name for one in expectations.fault]
    if listing:
        for name in chosen:
            own = ", ".join(expectations.of(name).own)
            click.echo(f"{name}: {find_fault(name).statement}\n    found by {own}")
        return
    for path in (record, markdown):
        if path is not None:
            check_writable(path)
    chosen = [name for name in chosen if clock or not expectations.of(name).timed]
    matrices: list[Matrix] = []
    for core in cores or ("oracle",):
        # Told and written core by core: each takes minutes, which an end by Ctrl-C must not lose.
        matrices.append(_run(core, expectations, chosen, profile, frames_dir))
        _print(matrices[-1], expectations)
        if record is not None:
            _write(record, json.dumps([_plain(matrix) for matrix in matrices], indent=1))
        if markdown is not None:
            from harness.faults.table import to_markdown

            _write(markdown, to_markdown(matrices, expectations))
    sys.exit(0 if all(matrix.sound for matrix in matrices) else 1)


def _run(
    core: str,
    expectations: Expectations,
    names: list[str],
    profile: str | None,
    frames_dir: Path | None,
) -> Matrix:
    from rich.console import Console

    from harness.cores.registry import load_core
    from harness.faults.clocked import run_clocked
    from harness.faults.matrix import run_matrix
    from harness.trials.facts import missing_frames
    from harness.trials.profile import list_cases, load_profile

    cases = list_cases(load_profile(profile)) if profile else ()
    absent = missing_frames(cases, frames_dir)
    timed = [name for name in names if expectations.of(name).timed]
    with Console(stderr=True).status(core) as status:

        def tell(fault: str, case: str) -> None:
            status.update(f"{core}: {fault or 'without fault'} on {case}")

        matrix = run_matrix(
            core,
            expectations,
            faults=[name for name in names if name not in timed],
            cases=[case for case in cases if case.source not in absent],
            frames_dir=frames_dir,
            progress=tell,
        )
        rows = run_clocked(core, load_core(core), expectations, faults=timed, progress=tell)
    return dataclasses.replace(matrix, rows=(*matrix.rows, *rows))


def _print(matrix: Matrix, expectations: Expectations) -> None:
    from rich.console import Console
    from rich.table import Table

    from harness.faults.table import LEGEND, list_checks, mark

    made = {name for row in matrix.rows for name in (*row.red, *row.green, *row.known)}
    checks = [name for name in list_checks() if name in made]
    table = Table(title=f"{matrix.core} {matrix.version}", padding=(0, 0), show_lines=False)
    table.add_column("fault", no_wrap=True)
    table.add_column(" state ", no_wrap=True)
    for number in range(1, len(checks) + 1):
        table.add_column(f"{number:>2}", no_wrap=True, justify="right")
    for row in matrix.rows:
        colour = "green" if row.state == "CAUGHT" else "yellow"
        colour = "red" if row.state in ("MISSED", "UNRELATED") else colour
        marks = [mark(row, check, expectations) for check in checks]
        table.add_row(row.fault, f"[{colour}]{row.state}[/{colour}]", *marks)
    # As wide as it is, also where it is piped into a file.
    console = Console(width=34 + 3 * len(checks))
    console.print(table)
    for number, check in enumerate(checks, 1):
        console.print(f"{number:>4} {check}", highlight=False)
    console.print("; ".join(f"{sign} {meaning}" for sign, meaning in LEGEND.items() if sign))
    for check, message in matrix.right.red.items():
        console.print(f"without any fault {check} is red: {message}", highlight=False)
    for row in matrix.rows:
        if row.reason:
            console.print(f"{row.fault}: {row.reason}", highlight=False)


def _plain(matrix: Matrix) -> dict[str, object]:
    from harness.faults.table import to_plain

    return to_plain(matrix)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
