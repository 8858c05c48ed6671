"""Files and folders that are on the disk whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError

ROOM = "Make room, or name another folder with --out"


@contextmanager
def written_whole(path: Path, remedy: str = ROOM) -> Iterator[Path]:
    """Give a file to write to, and put it in its place when it is whole and on the disk.

    Parameters
    ----------
    path : Path
        Where it is to be; its folder is made if it is not there.
    remedy : str, optional
        What the error tells to do.

    Raises
    ------
    UsageError
        If the folder cannot be written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}-", suffix=path.suffix
        )
        os.close(handle)
    except OSError as error:
        raise cannot_write(path, error, remedy) from error
    part = Path(name)
    try:
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error, remedy) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """Give a folder to write to, and put it in its place when it is complete.

    Parameters
    ----------
    target : Path
        Where it is to be; a folder of that name is replaced.

    Raises
    ------
    UsageError
        If it cannot be written, or the disk is full.
    """
    part = target.with_name(f".new-{uuid.uuid4().hex[:8]}")
    try:
        part.mkdir(parents=True)
        yield part
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise cannot_write(target, error) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if not target.exists():
        part.rename(target)
        return
    old = part.with_name(part.name.replace("new", "old"))
    target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def cannot_write(path: Path, error: OSError, remedy: str = ROOM) -> UsageError:
    """Return the error that says what stood in the way of writing, and what to do."""
    return UsageError(
        f"cannot be written ({error.strerror or error})", where=str(path), remedy=remedy
    )
