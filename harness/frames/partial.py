"""The part of a file that has come, and a note of the version that it belongs to."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Which version of the product a partial file is a part of, "" or -1 where not told."""

    etag: str = ""
    modified: str = ""
    total: int = -1


def discard(part: Path) -> None:
    """Remove a partial file and its note."""
    part.unlink(missing_ok=True)
    note_of(part).unlink(missing_ok=True)


def same_version(expected: Version, version: Version) -> bool:
    """Return whether two versions agree in all that both tell."""
    told = zip(astuple(expected), astuple(version), strict=True)
    return all(one == other or one in ("", -1) or other in ("", -1) for one, other in told)


def size_of(part: Path) -> int:
    """Return the bytes that have come."""
    return part.stat().st_size if part.exists() else 0


def note_of(part: Path) -> Path:
    """Return the path of the note beside a partial file."""
    return part.with_name(part.name + ".version")


def read_note(part: Path) -> Version:
    """Read the note; without one that can be read, nothing is known of the version."""
    try:
        return Version(**json.loads(note_of(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        # Without a readable note the server is not told what the part belongs to; the checksum
        # and the FITS structure still decide in the end.
        return Version()


def write_note(part: Path, version: Version) -> None:
    """Note to which version the bytes belong."""
    note_of(part).write_text(json.dumps(asdict(version)), encoding="utf-8")
