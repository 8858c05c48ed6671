"""Checksums: of a file, and of the files of a folder that matter."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from pathlib import Path

LeaveOut = Callable[[str, list[str]], Collection[str]]
"""(folder, names in it) to the names that do not count, as `shutil.ignore_patterns` makes it."""


def file_checksum(path: Path) -> str:
    """Return the sha256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_checksum(folder: Path, leave_out: LeaveOut) -> str:
    """Return the sha256 of the names and contents of all files below a folder.

    Parameters
    ----------
    folder : Path
    leave_out : callable
        Tells which files and folders do not count.

    Returns
    -------
    str
        64 hexadecimal digits; the same for a copy in another place.
    """
    digest = hashlib.sha256()
    for top, folders, files in os.walk(folder):
        left_out = set(leave_out(top, folders + files))
        folders[:] = sorted(set(folders) - left_out)
        for name in sorted(set(files) - left_out):
            path = Path(top, name)
            if path.is_file():
                line = f"{path.relative_to(folder).as_posix()}\0{file_checksum(path)}\n"
                digest.update(line.encode())
    return digest.hexdigest()
