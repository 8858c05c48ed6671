"""`drizzle-harness report`: the page of a record, made again."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

PAGES = {
    "drizzle-harness/sweep": "harness.report.sweep.page:report_record",
    "drizzle-harness/upgrade": "harness.report.upgrade.page:report_record",
}
"""Schema of a record to the function that takes its path and the folder of the page."""


@click.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder; else that of the record.")
def report(record: Path, out: Path | None) -> None:
    """Make the page and figures of RECORD, a JSON file or its folder, from it alone."""
    from harness.report.page import find_record

    path, schema = find_record(record, tuple(PAGES))
    module, _, name = PAGES[schema].partition(":")
    write = getattr(importlib.import_module(module), name)
    click.echo(write(path, out or path.parent))
