"""Exposures of which each is opened when it is asked for, so that many take the memory of one."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from harness.exposure_arrays import ARRAYS, arrays_of
from harness.model import Exposure
from harness.spool import Spool, StoredArray

MEMORY_LIMIT = 64 << 20
"""Bytes of exposures that are kept in memory; fewer are not worth their files."""
PIXMAP_BYTES = 16
"""Of a pixel, in two float64; every exposure gets a pixmap before it is drizzled."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One exposure: its fields without arrays, and where the arrays are."""

    plain: Mapping[str, Any]
    stored: Mapping[str, StoredArray | None]
    variance: tuple[StoredArray, ...]

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
    stored: dict[str, StoredArray | None] = {}
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
