"""`drizzle-harness trend`: benchmarks over time."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the page.")
@click.option(
    "--by-hardware",
    is_flag=True,
    help="Machines with the same processor, number of processors and system count as one, whatever "
    "they are called: for runners that are new each time.",
)
def trend(records: tuple[Path, ...], out: Path, by_hardware: bool) -> None:
    """Show how times moved over RECORDS: files of pytest-benchmark, of the clock, or of upgrades.

    Folders are searched for .json files. Times of different machines are never compared. Writes
    trend.html, trend.md and the figures.
    """
    from harness.report.page import check_installed
    from harness.report.trend.page import write_trend
    from harness.timing.history_files import read_history

    check_installed()
    history = read_history(records, by_hardware=by_hardware)
    for file in history.left_out:
        click.echo(f"left out, holds no times: {file}", err=True)
    click.echo(write_trend(history, out))
