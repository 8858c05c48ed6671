"""Records: the verdicts of a run as versioned JSON."""

from __future__ import annotations

import dataclasses
import errno
import json
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.reading import read_versioned
from harness.writing import cannot_write, written_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Verdict

SCHEMA = "drizzle-harness/gate"
VERSION = 1
WRITABLE = "Name a file in a folder that you may write to"


def verdict_to_plain(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as what JSON can hold; values that are not finite become text.

    Parameters
    ----------
    verdict : Verdict
        With its measurement, if any.

    Returns
    -------
    dict
        Of str, float, bool, None, list and dict.
    """
    plain = dataclasses.asdict(verdict)
    plain["outcome"] = str(verdict.outcome)
    cleaned: dict[str, Any] = _finite(plain)
    return cleaned


def make_record(
    verdicts: list[dict[str, Any]], *, profile: str, absent: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the record of a run.

    Parameters
    ----------
    verdicts : list of dict
        As `verdict_to_plain` gives them, with "core_version".
    profile : str
        Name of the profile.
    absent : iterable of str, optional
        Sources of the profile whose frames were not there.

    Returns
    -------
    dict
        "schema", "version", "harness", "date", "profile", "environment", "absent", "cores" and
        "verdicts", these in order of core, case and specification, whichever process gave them
        first; each once, the last where a process died and another took over.
    """
    each = {(one["core"], one["case"], one["specification"]): one for one in verdicts}
    ordered = [each[key] for key in sorted(each)]
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "harness": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "profile": profile,
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "numpy": sys.modules["numpy"].__version__ if "numpy" in sys.modules else "",
        },
        "absent": list(absent),
        "cores": {one["core"]: one["core_version"] for one in ordered},
        "verdicts": ordered,
    }


def check_writable(path: Path) -> None:
    """Make the folder of a record, and see before a run whether it can be written.

    Parameters
    ----------
    path : Path
        The record to be.

    Raises
    ------
    UsageError
        If not; the message names the file.
    """
    try:
        _try_folder(path.parent)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
    except OSError as error:
        raise cannot_write(path, error, WRITABLE) from error


def check_folder(folder: Path) -> None:
    """Make a folder of results, and see before a run whether it can be written to.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    UsageError
        If not; the message names the folder.
    """
    try:
        _try_folder(folder)
    except OSError as error:
        raise cannot_write(folder, error, "Name a folder that you may write to") from error


def _try_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_record(record: dict[str, Any], path: Path) -> None:
    """Write a record so that at every moment the old or the new one is there, whole.

    Parameters
    ----------
    record : dict
        What JSON can hold.
    path : Path
        Where to.

    Raises
    ------
    UsageError
        If the folder cannot be written; the message names it.
    """
    with written_whole(path, WRITABLE) as part:
        part.write_text(json.dumps(record, indent=1), encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """Read a record.

    Parameters
    ----------
    path : Path
        As written by `write_record`.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    FixtureError
        If the file is no record, or one of another version.
    """
    return read_versioned(path, SCHEMA, VERSION, remedy="Write it anew with --gate-record")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value
