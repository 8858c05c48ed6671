"""Arrays on disk, in files that end with those who use them.

A spooled array is a private map of a file: the operating system reads a page when
it is touched, and forgets it with the array. What is written to such an array changes the page
of this one map, never the file, so that every reader meets what was spooled.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError

AnyArray = npt.NDArray[Any]

PREFIX = "drizzle-harness-"
"""Of the temporary folders, followed by "spool-"."""
LOCK = ".in-use"
"""File in a spool that its process holds locked."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array in a file; the spool stays as long as anything in it.

    Attributes
    ----------
    path : Path
    spool : Spool
    shape : tuple of int
    dtype : dtype
    start : int
        Byte of the file at which it begins.
    """

    path: Path
    spool: Spool
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int

    def open(self) -> AnyArray:
        """Map the file; what is written to the array stays in this map.

        Returns
        -------
        ndarray of any shape
            As it was stored.
        """
        # `numpy.load` would read and parse the head of the file each time, 0.4 ms an array.
        with self.path.open("rb", buffering=0) as file:
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        return np.ndarray(self.shape, self.dtype, buffer=pages, offset=self.start)


class Spool:
    """A temporary folder of arrays, which goes when nobody can ask for them any more.

    A process that is killed leaves it; whoever spools next removes it (`remove_abandoned`).
    """

    def __init__(self) -> None:
        from filelock import FileLock

        remove_abandoned()
        begun = Path(tempfile.mkdtemp(prefix=f"{PREFIX}new-"))
        # The system lets go of the lock when this process ends, however it ends.
        lock = FileLock(begun / LOCK, thread_local=False)
        lock.acquire()
        # Named only when locked, so that nobody takes it for one that was left.
        self.folder = begun.rename(begun.with_name(begun.name.replace("new-", "spool-", 1)))
        self._count = 0
        weakref.finalize(self, _remove, self.folder, lock)

    def store(self, array: AnyArray) -> StoredArray:
        """Write an array; one that is the whole of a file that nobody changes gets a link to it.

        What is kept from run to run (`harness.keeping`) is such a file: it may be removed, which
        leaves the link, and is never written again.

        Parameters
        ----------
        array : ndarray of any shape
            Copied to a file.

        Raises
        ------
        UsageError
            If there is no room, with the folder and how to name another.
        """
        path = self.folder / f"{self._count:06d}.npy"
        self._count += 1
        try:
            if not _link(array, path):
                np.save(path, np.ascontiguousarray(array))
        except OSError as error:
            raise UsageError(
                f"an array of {array.nbytes / 1e6:.0f} MB cannot be written "
                f"({error.strerror or error})",
                where=str(self.folder),
                remedy="Name a folder with more room by the environment variable TMPDIR",
            ) from error
        start = path.stat().st_size - array.nbytes
        return StoredArray(path, self, array.shape, array.dtype, start)


def _link(array: AnyArray, path: Path) -> bool:
    """Link the file of which an array is a read-only map; False where there is none, or no way."""
    file = array if isinstance(array, np.memmap) else array.base
    if not (isinstance(file, np.memmap) and file.mode == "r" and file.filename):
        return False
    whole = (file.shape, file.dtype, file.__array_interface__["data"][0])
    if whole != (array.shape, array.dtype, array.__array_interface__["data"][0]):
        return False
    source = Path(file.filename)
    # As `numpy.load` maps it; and rows one after the other, as they are mapped again.
    if file.offset + file.nbytes != source.stat().st_size or not array.flags.c_contiguous:
        return False
    try:
        path.hardlink_to(source)
    except OSError:
        # On another file system, or on one without links.
        return False
    return True


def remove_abandoned() -> None:
    """Remove the spools of processes that are not there any more; others keep theirs."""
    from filelock import FileLock, Timeout

    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}spool-*"):
        lock_file = folder / LOCK
        # In a folder that all share, what belongs to somebody else, or only seems to be a spool,
        # is none of ours; and taking a lock makes its file.
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            if lock_file.is_symlink() or not lock_file.is_file():
                continue
            try:
                with FileLock(lock_file, timeout=0, thread_local=False):
                    shutil.rmtree(folder, ignore_errors=True)
            except Timeout:
                continue


def _remove(folder: Path, lock: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
