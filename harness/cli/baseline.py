"""`drizzle-harness baseline`: keep a gate record, and hold later ones to it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

AS_BEFORE, WORSE = 0, 1
"""Exit codes; 2, as everywhere, is for what was asked wrongly or cannot be compared."""
MOST = 50


@click.group()
def baseline() -> None:
    """Store a record of the gate, and compare later records with it."""


@baseline.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
def store(record: Path, file: Path) -> None:
    """Store RECORD (of `drizzle-harness gate --record`) as the baseline FILE."""
    from harness.gates.metric import load_metrics
    from harness.records import read_record
    from harness.upgrade.baseline import make_baseline
    from harness.writing import written_whole

    stored = make_baseline(read_record(record), dict(load_metrics()))
    with written_whole(file) as part:
        part.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    cores = ", ".join(f"{name} {version}" for name, version in stored["record"]["cores"].items())
    click.echo(f"{file}: {cores}, {len(stored['record']['verdicts'])} verdicts")


@baseline.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--other-environment", is_flag=True, help="Allow another Python, numpy, platform.")
def compare(record: Path, file: Path, other_environment: bool) -> None:
    """Compare RECORD with the baseline FILE: exit code 1 if anything is worse, or gone."""
    from harness.gates.metric import load_metrics
    from harness.records import read_record
    from harness.upgrade.baseline import check_comparable, compare_records

    stored = _read(file)
    found = read_record(record)
    check_comparable(
        stored, found, dict(load_metrics()), where=str(record), other_environment=other_environment
    )
    moved = compare_records(stored, found)
    for one in moved[:MOST]:
        click.echo(f"{one.kind:7} {one.core}: {one.specification} on {one.case}: {one.old} -> "
                   f"{one.new}")  # fmt: skip
    if len(moved) > MOST:
        click.echo(f"... and {len(moved) - MOST} more")
    worse = sum(one.kind in ("worse", "gone") for one in moved)
    click.echo(f"{len(moved)} differ from the baseline, {worse} for the worse")
    sys.exit(WORSE if worse else AS_BEFORE)


def _read(file: Path) -> dict[str, object]:
    from harness.reading import read_versioned
    from harness.upgrade.baseline import SCHEMA, VERSION

    again = "Store it anew with drizzle-harness baseline store"
    return read_versioned(file, SCHEMA, VERSION, what="baseline", remedy=again)
