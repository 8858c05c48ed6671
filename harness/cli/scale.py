"""`drizzle-harness scale`: cost against size, from a file of benchmarks."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the page.")
def scale(record: Path, out: Path) -> None:
    """Draw cost against size from RECORD, written by pytest benchmarks/ -k scale --benchmark-json.

    Writes scale.html and the figures.
    """
    from harness.report.scale.page import write_scale

    click.echo(write_scale(record, out))
