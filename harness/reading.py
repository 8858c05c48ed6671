"""Records that were written as JSON, read with a word on what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import FixtureError


def read_json_object(path: Path, *, what: str = "record", remedy: str = "") -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Parameters
    ----------
    path : Path
    what : str, optional
        What the file should be, for the error.
    remedy : str, optional
        What the error tells to do.

    Raises
    ------
    FixtureError
        If the file cannot be read, is no JSON, or holds something else.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FixtureError(
            f"cannot be read as {what} ({error.strerror or error})",
            where=str(path),
            remedy=remedy or "Check the path",
        ) from error
    except ValueError as error:
        raise FixtureError(f"is no {what} ({error})", where=str(path), remedy=remedy) from error
    if not isinstance(plain, dict):
        raise FixtureError(f"is no {what}", where=str(path), allowed="a JSON object", remedy=remedy)
    return plain


def check_version(
    plain: Mapping[str, Any], schema: str, version: int, *, where: str, remedy: str = ""
) -> None:
    """Refuse a record of another kind, or of another version of its kind.

    Raises
    ------
    FixtureError
        With what was found and what is allowed.
    """
    found = (plain.get("schema"), plain.get("version"))
    if found != (schema, version):
        raise FixtureError(
            f"schema and version are {found}",
            where=where,
            allowed=f"{schema!r} version {version}",
            remedy=remedy,
        )


def read_versioned(
    path: Path, schema: str, version: int, *, what: str = "record", remedy: str = ""
) -> dict[str, Any]:
    """Read a record of one kind and version; see `read_json_object` and `check_version`.

    Raises
    ------
    FixtureError
        If the file is none.
    """
    plain = read_json_object(path, what=what, remedy=remedy)
    check_version(plain, schema, version, where=str(path), remedy=remedy)
    return plain
