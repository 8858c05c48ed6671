"""The corpus: one folder for each finding, written in one move."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from harness.discovery.finding import Finding
from harness.discovery.issue import write_issue
from harness.discovery.pending import find_pending
from harness.discovery.reproduce import write_script
from harness.discovery.storage import (
    ARRAYS,
    CASE,
    FORMAT,
    from_plain,
    load_arrays,
    request_from,
    save_arrays,
    to_plain,
)
from harness.errors import FixtureError
from harness.fixture_data import fixtures_dir
from harness.writing import folder_written_whole

SCRIPT = "reproduce.py"
ISSUE = "issue.md"


def cases_dir() -> Path:
    """Return the folder of the cases that come with the harness."""
    return fixtures_dir() / "cases"


def save_finding(folder: Path, finding: Finding) -> Path:
    """Write a finding's folder below `folder`, whole or not at all, and return it.

    An older folder of the same name is replaced.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    finding : Finding
        Its slug names the folder.

    Returns
    -------
    Path
        The folder of the finding.
    """
    arrays: dict[str, Any] = {}
    request, call = to_plain(finding.request, arrays), to_plain(finding.call, arrays)
    facts: dict[str, Any] = {"format": FORMAT, "signature": finding.signature}
    for field in dataclasses.fields(finding):
        if field.name not in ("request", "call"):
            value = getattr(finding, field.name)
            facts[field.name] = sorted(value) if isinstance(value, frozenset) else value
    facts["value"] = to_plain(finding.value, arrays)
    facts["tolerance"] = to_plain(finding.tolerance, arrays)
    facts |= {"request": request, "call": call}
    target = folder / finding.slug
    with folder_written_whole(target) as made:
        (made / CASE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        save_arrays(made / ARRAYS, arrays)
        script = write_script(finding)
        if script:
            (made / SCRIPT).write_text(script, encoding="utf-8")
        (made / ISSUE).write_text(write_issue(finding, script), encoding="utf-8")
    for pending in find_pending(folder, finding.core, finding.claim):
        shutil.rmtree(pending, ignore_errors=True)
    return target


def remove_finding(folder: Path, finding: Finding) -> None:
    """Remove a finding's folder below `folder`, if it is there.

    Parameters
    ----------
    folder : Path
        In which `save_finding` wrote it.
    finding : Finding
        Its slug names the folder.
    """
    shutil.rmtree(folder / finding.slug, ignore_errors=True)


def load_finding(folder: Path) -> Finding:
    """Read the folder of one finding.

    Parameters
    ----------
    folder : Path
        Of the one finding.

    Raises
    ------
    FixtureError
        If a file is missing, is of another format, or holds what cannot be.
    """
    path = folder / CASE
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        arrays = load_arrays(folder / ARRAYS)
    except (OSError, ValueError) as error:
        raise FixtureError(
            f"cannot be read: {error}", where=str(folder), remedy="Restore or remove the folder"
        ) from error
    if facts.get("format") != FORMAT:
        raise FixtureError(
            f"format is {facts.get('format')!r}", where=str(path), allowed=str(FORMAT)
        )
    known = {field.name for field in dataclasses.fields(Finding)}
    fields = {name: value for name, value in facts.items() if name in known}
    missing = {"core", "claim", "kind", "request", "call"} - set(fields)
    if missing:
        raise FixtureError(f"lacks {', '.join(sorted(missing))}", where=str(path))
    fields["request"] = request_from(fields["request"], arrays, str(path))
    fields["call"] = request_from(fields["call"], arrays, str(path))
    fields["features"] = frozenset(fields["features"])
    fields["kernels"] = tuple(fields["kernels"])
    fields["index"] = tuple(fields["index"])
    for name in ("value", "tolerance"):
        fields[name] = from_plain(fields[name], arrays, str(path))
    return Finding(**fields)


def load_findings(folder: Path, core: str | None = None) -> list[Finding]:
    """Return all findings below a folder, of one core where it is named, by name of folder.

    Parameters
    ----------
    folder : Path
        Need not be there.
    core : str, optional
        Name of the core; all where not given.

    Raises
    ------
    FixtureError
        As `load_finding`.
    """
    if not folder.is_dir():
        return []
    found = [
        load_finding(path.parent)
        for path in sorted(folder.glob(f"*/{CASE}"))
        if not path.parent.name.startswith(".")
    ]
    return [one for one in found if core is None or one.core == core]
