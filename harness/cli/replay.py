"""`drizzle-harness replay`: what of the corpus is still there."""

from __future__ import annotations

import sys
from pathlib import Path

import click

AS_KNOWN, CHANGED = 0, 1
"""Exit codes: every case is still there or fixed; some case fails in another way than recorded."""


@click.command()
@click.option("--core", "names", multiple=True, help="Core; repeatable. All that have cases else.")
@click.option("--cases", type=click.Path(path_type=Path, exists=True), help="Another corpus.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True),
    help="Interpreter of another environment, with another release of the core.",
)
@click.option("--everything", is_flag=True, help="Try the cases of other cores, too.")
@click.option("--table", is_flag=True, help="Only write the cases as a Markdown table.")
def replay(
    names: tuple[str, ...], cases: Path | None, python: Path | None, everything: bool, table: bool
) -> None:
    """Replay the corpus and say of each case: still there, fixed, changed, not run.

    Exit code 0: all are still there or fixed; 1: some changed.
    """
    from collections import Counter

    from harness.discovery.corpus import cases_dir, load_findings
    from harness.discovery.opening import open_subject
    from harness.discovery.replay import replay as replay_all
    from harness.errors import UsageError

    findings = load_findings(cases or cases_dir())
    if table:
        from harness.discovery.table import write_table

        chosen = [one for one in findings if not names or one.core in names]
        click.echo(write_table(chosen), nl=False)
        return
    known = sorted({one.core for one in findings})
    for name in names:
        if name not in known and not everything:
            raise UsageError(
                f"no cases of core {name!r}",
                where="replay",
                allowed=", ".join(known) or "nothing yet",
                remedy="Name one of these, or add --everything",
            )
    total: Counter[str] = Counter()
    for name in names or known:
        own = [one for one in findings if everything or one.core == name]
        with open_subject(name, python) as subject:
            version = " ".join(f"{what} {value}" for what, value in subject.versions.items())
            click.echo(f"{name} ({version}): {len(own)} cases")
            for one in replay_all(subject, own):
                total[one.state] += 1
                click.echo(f"  {one.state:12} {one.finding.slug}: {one.message}")
    click.echo(
        ", ".join(f"{count} {state}" for state, count in sorted(total.items())) or "no cases"
    )
    sys.exit(CHANGED if total["changed"] else AS_KNOWN)
