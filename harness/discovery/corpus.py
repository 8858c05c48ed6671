"""The corpus: one folder for each finding, written in one move."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from harness.cores.request import Request
from harness.discovery.finding import Finding
from harness.discovery.issue import write_issue
from harness.discovery.reproduce import write_script
from harness.discovery.storage import (
    from_plain,
    load_arrays,
    request_from,
    save_arrays,
    to_plain,
)
from harness.errors import FixtureError
from harness.fixture_data import fixtures_dir

CASE = "case.json"
ARRAYS = "arrays.npz"
SCRIPT = "reproduce.py"
ISSUE = "issue.md"
PENDING = ".pending"
"""Folder of examples that were found and not yet shrunk when the search ended."""
FORMAT = 1
"""Of case.json."""


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
    with _new_folder(folder, target) as made:
        (made / CASE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        save_arrays(made / ARRAYS, arrays)
        script = write_script(finding)
        if script:
            (made / SCRIPT).write_text(script, encoding="utf-8")
        (made / ISSUE).write_text(write_issue(finding, script), encoding="utf-8")
    for pending in _pending(folder, finding.core, finding.claim):
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


def save_pending(folder: Path, core: str, name: str, request: Request) -> None:
    """Keep an example of a violation until it is shrunk, so that no end of the search loses it.

    Parameters
    ----------
    folder : Path
        Of the search.
    core, name : str
        The core, and the property that it violates.
    request : DrizzleRequest, BlotRequest or ExtensionRequest
        The example.
    """
    arrays: dict[str, Any] = {}
    plain = to_plain(request, arrays)
    below = folder / PENDING
    below.mkdir(parents=True, exist_ok=True)
    target = below / f"{core}-{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    with _new_folder(below, target) as made:
        facts = {"format": FORMAT, "core": core, "property": name, "request": plain}
        (made / CASE).write_text(json.dumps(facts) + "\n", encoding="utf-8")
        save_arrays(made / ARRAYS, arrays)


def take_pending(folder: Path, core: str) -> list[tuple[str, Any]]:
    """Return (property, request) of what a search that is over left unshrunk, and forget it.

    Parameters
    ----------
    folder : Path
        Of the search.
    core : str
        Name of the core.

    Returns
    -------
    list of tuple
        Name of the property, and the request.
    """
    taken = []
    for path in _pending(folder, core, "*"):
        if _is_running(int(path.name.split("-")[-2])):
            continue
        facts = json.loads((path / CASE).read_text(encoding="utf-8"))
        arrays = load_arrays(path / ARRAYS)
        taken.append((facts["property"], request_from(facts["request"], arrays, str(path))))
        shutil.rmtree(path, ignore_errors=True)
    return taken


def _is_running(pid: int) -> bool:
    """Tell whether another process of a number is there."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pending(folder: Path, core: str, name: str) -> list[Path]:
    return [
        path
        for path in sorted((folder / PENDING).glob(f"{core}-{name}-[0-9]*-*"))
        if (path / CASE).exists()
    ]


class _new_folder:  # noqa: N801 - a context manager
    """Make a folder under a passing name, and move it to its own when it is complete."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._passing = folder / f".new-{uuid.uuid4().hex[:8]}"
        self._target = target

    def __enter__(self) -> Path:
        self._passing.mkdir(parents=True)
        return self._passing

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            shutil.rmtree(self._passing, ignore_errors=True)
            return
        if self._target.exists():
            old = self._passing.with_name(self._passing.name.replace("new", "old"))
            self._target.rename(old)
            self._passing.rename(self._target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            self._passing.rename(self._target)
