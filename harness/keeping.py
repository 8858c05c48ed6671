"""Arrays kept on the disk from run to run, each set of them under a key that tells its content."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError

AnyArray = npt.NDArray[Any]

LIMIT = 20_000_000_000
"""Bytes; beyond, what was not asked for the longest time goes."""
SMALL = 1_000_000
"""Bytes of a set below which no room is sought for it: to look through the folder takes longer than
to keep it, and the next large one does."""
BEGUN = ".begun-"
"""Before the name of a set that is being written."""


def recall(folder: Path, key: str) -> dict[str, AnyArray] | None:
    """Return a set of arrays that was kept, or None.

    Parameters
    ----------
    folder : Path
        Need not be there.
    key : str
        As `harness.content.content_key` makes it.

    Returns
    -------
    dict of str to ndarray of any shape, or None
        Maps of files, which cannot be written to. What is not whole is not there.
    """
    kept = folder / key
    try:
        found = {path.stem: np.asarray(np.load(path, mmap_mode="r")) for path in kept.glob("*.npy")}
        # When it was last asked for decides what goes first.
        os.utime(kept)
    except (OSError, ValueError, EOFError):
        return None
    return found or None


def keep(folder: Path, key: str, arrays: Mapping[str, AnyArray], *, limit: int = LIMIT) -> None:
    """Keep a set of arrays; the oldest sets go where there is more than the limit.

    Parameters
    ----------
    folder : Path
        Made if it is not there; processes may share it.
    key : str
        As for `recall`.
    arrays : mapping of str to ndarray of any shape
        By names that a file may have.
    limit : int, optional
        Bytes.

    Raises
    ------
    UsageError
        If the folder cannot be written, or the disk is full.
    """
    begun: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        begun = Path(tempfile.mkdtemp(prefix=f"{BEGUN}{key}-", dir=folder))
        for name, array in arrays.items():
            np.save(begun / f"{name}.npy", array)
        with contextlib.suppress(OSError):
            # Another process may have been faster, with the same arrays.
            begun.rename(folder / key)
    except OSError as error:
        raise UsageError(
            f"truths cannot be kept there ({error.strerror or error})",
            where=str(folder),
            remedy="Make room, or name another folder with --truths or DRIZZLE_HARNESS_TRUTHS",
        ) from error
    finally:
        if begun is not None:
            shutil.rmtree(begun, ignore_errors=True)
    if sum(array.nbytes for array in arrays.values()) >= SMALL:
        _make_room(folder, limit)


def _make_room(folder: Path, limit: int) -> None:
    sets = []
    for kept in folder.iterdir():
        # Another process may take it away meanwhile.
        with contextlib.suppress(OSError):
            if kept.is_dir() and not kept.name.startswith(BEGUN):
                size = sum(path.stat().st_size for path in kept.glob("*.npy"))
                sets.append((kept.stat().st_mtime, size, kept))
    total = sum(size for _, size, _ in sets)
    for _, size, kept in sorted(sets)[:-1]:
        if total <= limit:
            return
        shutil.rmtree(kept, ignore_errors=True)
        total -= size
