"""What a search has found and not yet simplified, kept in case that it is ended."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from harness.cores.request import Request
from harness.discovery.storage import (
    ARRAYS,
    CASE,
    FORMAT,
    load_arrays,
    request_from,
    save_arrays,
    to_plain,
)
from harness.writing import folder_written_whole

PENDING = ".pending"
"""Folder of examples that were found and not yet shrunk when the search ended."""


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
    with folder_written_whole(target) as made:
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
    for path in find_pending(folder, core, "*"):
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


def find_pending(folder: Path, core: str, name: str) -> list[Path]:
    """Return the folders of what is kept of a core and a property, a shell pattern."""
    return [
        path
        for path in sorted((folder / PENDING).glob(f"{core}-{name}-[0-9]*-*"))
        if (path / CASE).exists()
    ]
