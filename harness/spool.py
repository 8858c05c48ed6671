"""Exposures on disk, so that many of them take the memory of one.

The arrays of a spooled exposure are private maps of files: the operating system reads a page when
it is touched, and forgets it with the exposure. What is written to such an array changes the page
of this one map, never the file, so that every reader meets what was spooled.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError
from harness.model import Exposure

AnyArray = npt.NDArray[Any]

MEMORY_LIMIT = 64 << 20
"""Bytes of exposures that are kept in memory; fewer are not worth their files."""
PIXMAP_BYTES = 16
"""Of a pixel, in two float64; every exposure gets a pixmap before it is drizzled."""
PREFIX = "drizzle-harness-"
"""Of the temporary folders, followed by "spool-"."""
LOCK = ".in-use"
"""File in a spool that its process holds locked."""
ARRAYS = ("data", "weight_map", "dq", "pixmap", "flat")
"""Fields of an exposure that hold an array or None; `variance` holds a tuple of them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """An array in a file; the spool stays as long as anything in it."""

    path: Path
    spool: Spool
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int

    def open(self) -> AnyArray:
        """Map the file; what is written to the array stays in this map."""
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

    def store(self, array: AnyArray) -> _Stored:
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
        return _Stored(path, self, array.shape, array.dtype, start)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One exposure: its fields without arrays, and where the arrays are."""

    plain: Mapping[str, Any]
    stored: Mapping[str, _Stored | None]
    variance: tuple[_Stored, ...]

    def open(self) -> Exposure:
        arrays: dict[str, Any] = {
            name: None if at is None else at.open() for name, at in self.stored.items()
        }
        variance = tuple(at.open() for at in self.variance)
        return Exposure(**self.plain, **arrays, variance=variance)


class ExposureStream(Sequence[Exposure]):
    """Spooled exposures: each is opened when it is asked for, and kept by nobody here.

    To ask again costs a twentieth of a millisecond, and gives what was spooled, whatever was
    written to the arrays before. Whoever goes through the stream and lets go of each exposure
    needs the memory of one.

    Parameters
    ----------
    spool : Spool
        Where further arrays go.
    entries : sequence
    locked : bool, optional
        Let nobody write to the arrays.
    """

    def __init__(self, spool: Spool, entries: Sequence[_Entry], *, locked: bool = False) -> None:
        self._spool = spool
        self._entries = tuple(entries)
        self._locked = locked

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Exposure: ...
    @overload
    def __getitem__(self, index: slice) -> ExposureStream: ...
    def __getitem__(self, index: int | slice) -> Exposure | ExposureStream:
        if isinstance(index, slice):
            return ExposureStream(self._spool, self._entries[index], locked=self._locked)
        return self._open(self._entries[index])

    def __iter__(self) -> Iterator[Exposure]:
        # `map` holds no exposure while the next one is opened.
        return map(self._open, self._entries)

    def _open(self, entry: _Entry) -> Exposure:
        exposure = entry.open()
        if self._locked:
            for array in arrays_of(exposure).values():
                array.flags.writeable = False
        return exposure

    def locked(self) -> ExposureStream:
        """Return the stream with arrays that cannot be written, as shared ones cannot."""
        return ExposureStream(self._spool, self._entries, locked=True)

    def changed(
        self, change: Callable[[Exposure], Exposure], spool: Spool | None = None
    ) -> ExposureStream:
        """Return the stream of what `change` makes of each exposure, at once.

        Only arrays that are new are written; the others are shared with this stream. They go into
        `spool` where one is given, and with it before this stream's own goes.
        """
        spool = spool or self._spool
        return ExposureStream(spool, [_restore(spool, entry, change) for entry in self._entries])

    def borrowing(self, other: ExposureStream, *names: str) -> ExposureStream:
        """Return the stream with some arrays of another one, exposure by exposure."""
        return ExposureStream(
            self._spool,
            [
                dataclasses.replace(
                    entry, stored={**entry.stored, **{name: giver.stored[name] for name in names}}
                )
                for entry, giver in zip(self._entries, other._entries, strict=True)
            ],
        )


def keep_exposures(
    exposures: Iterable[Exposure], *, limit: int = MEMORY_LIMIT
) -> Sequence[Exposure]:
    """Keep exposures as they come: in memory while they are few, else on disk.

    Parameters
    ----------
    exposures : iterable of Exposure
        Gone through once.
    limit : int, optional
        Bytes, pixmaps included, above which all of them are spooled.

    Returns
    -------
    tuple of Exposure, or ExposureStream

    Raises
    ------
    UsageError
        If there is no room on the disk.
    """
    kept: list[Exposure] = []
    size = 0
    coming = iter(exposures)
    for exposure in coming:
        kept.append(exposure)
        size += _bytes_of(exposure)
        if size > limit:
            break
    else:
        return tuple(kept)
    spool = Spool()
    entries = []
    while kept:
        entries.append(_store(spool, kept.pop(0)))
    del exposure
    entries += map(functools.partial(_store, spool), coming)
    return ExposureStream(spool, entries)


def change_each(
    exposures: Sequence[Exposure], change: Callable[[Exposure], Exposure]
) -> Sequence[Exposure]:
    """Return what `change` makes of each exposure, kept where the exposures are."""
    if isinstance(exposures, ExposureStream):
        return exposures.changed(change)
    return tuple(map(change, exposures))


def borrow(
    exposures: Sequence[Exposure], givers: Sequence[Exposure], *names: str
) -> Sequence[Exposure]:
    """Return exposures with some arrays (fields in `ARRAYS`) of others, one by one.

    Raises
    ------
    ValueError
        If there are not as many of the one as of the other.
    """
    if isinstance(exposures, ExposureStream) and isinstance(givers, ExposureStream):
        return exposures.borrowing(givers, *names)
    return tuple(
        dataclasses.replace(taker, **{name: getattr(giver, name) for name in names})
        for taker, giver in zip(exposures, givers, strict=True)
    )


def arrays_of(exposure: Exposure) -> dict[str, AnyArray]:
    """Return the arrays of an exposure that a core is given, by name, such as "variance[0]".

    Parameters
    ----------
    exposure : Exposure
        Stays as it is.

    Returns
    -------
    dict of str to ndarray, (ny, nx), of pixmaps (ny, nx, 2)
        Not copies; what the exposure does not have is not there.
    """
    named = {name: getattr(exposure, name) for name in ARRAYS if name != "flat"}
    named |= {f"variance[{plane}]": image for plane, image in enumerate(exposure.variance)}
    return {name: array for name, array in named.items() if array is not None}


def with_arrays(exposure: Exposure, arrays: Mapping[str, AnyArray]) -> Exposure:
    """Return an exposure with other arrays, by the names of `arrays_of`.

    Parameters
    ----------
    exposure : Exposure
        Stays as it is.
    arrays : mapping of str to ndarray, (ny, nx), of pixmaps (ny, nx, 2)
        Some or all of them.
    """
    variance = tuple(
        arrays.get(f"variance[{plane}]", image) for plane, image in enumerate(exposure.variance)
    )
    fields: dict[str, Any] = {name: arrays[name] for name in ARRAYS if name in arrays}
    return dataclasses.replace(exposure, variance=variance, **fields)


def _bytes_of(exposure: Exposure) -> int:
    arrays = [getattr(exposure, name) for name in ARRAYS if name != "pixmap"]
    told: list[int] = [a.nbytes for a in (*arrays, *exposure.variance) if a is not None]
    return sum(told) + PIXMAP_BYTES * exposure.data.size


def _store(spool: Spool, exposure: Exposure) -> _Entry:
    arrays = {name: getattr(exposure, name) for name in ARRAYS}
    return _Entry(
        plain=_plain(exposure),
        stored={name: None if a is None else spool.store(a) for name, a in arrays.items()},
        variance=tuple(spool.store(image) for image in exposure.variance),
    )


def _restore(spool: Spool, entry: _Entry, change: Callable[[Exposure], Exposure]) -> _Entry:
    """Store what a change has made new, and keep the rest where it is."""
    before = entry.open()
    after = change(before)
    stored: dict[str, _Stored | None] = {}
    for name in ARRAYS:
        array = getattr(after, name)
        if array is getattr(before, name):
            stored[name] = entry.stored[name]
        else:
            stored[name] = None if array is None else spool.store(array)
    same = {id(image): at for image, at in zip(before.variance, entry.variance, strict=True)}
    return _Entry(
        plain=_plain(after),
        stored=stored,
        variance=tuple(same.get(id(image)) or spool.store(image) for image in after.variance),
    )


def _plain(exposure: Exposure) -> dict[str, Any]:
    names = (field.name for field in dataclasses.fields(exposure))
    return {name: getattr(exposure, name) for name in names if name not in (*ARRAYS, "variance")}
