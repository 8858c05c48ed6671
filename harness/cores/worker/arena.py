"""The parent's side of the shared memory: where arrays lie, and what became of them."""

from __future__ import annotations

import dataclasses
import mmap
import os
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import AnyRequest
from harness.cores.worker.child.zones import ALIGNMENT, ZONE, extent, filled

AnyArray = npt.NDArray[Any]
SMALLEST = 1 << 20
LARGEST_IDLE = 64 << 20
"""Bytes that stay mapped for the next request; larger ones are given back."""
PLAIN = frozenset({type(None), bool, int, float, str})
"""Types that travel as they are."""


class CannotTravelError(Exception):
    """An argument is of a type that cannot be handed to another process."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where one array lies: zone from `start`, elements between `low` and `high`, zone to `end`.

    Attributes
    ----------
    name : str
        Such as "images[0].data".
    array : ndarray of any shape
        In the arena.
    start, low, high : int
        Bytes from the start of the arena.
    first : int
        Byte of the first element, which is not the lowest where strides are negative.
    """

    name: str
    array: AnyArray
    start: int
    low: int
    high: int
    first: int

    @property
    def end(self) -> int:
        """The first byte behind the zone."""
        return self.high + ZONE


class Arena:
    """Anonymous shared memory; it has no name, and ends with the last process that maps it.

    Attributes
    ----------
    file : int
        Its descriptor.
    size, end : int
        Bytes that are mapped, and that the request takes.
    close : callable
        Gives it back; the end of the object does so as well.
    """

    def __init__(self) -> None:
        self.file = _open_anonymous()
        self.close = weakref.finalize(self, os.close, self.file)
        self.size = 0
        self._map: mmap.mmap | None = None
        self._places: list[Place] = []
        self._before: AnyArray = np.empty(0, dtype=np.uint8)
        self.end = 0
        self.fit(SMALLEST)

    def fit(self, size: int) -> None:
        """Change the size in bytes, up to whole pages."""
        size += -size % mmap.PAGESIZE
        if size != self.size:
            self._map = None
            os.ftruncate(self.file, size)
            self.take(size)

    def take(self, size: int) -> None:
        """Map the file at a size that it already has."""
        if size != self.size:
            self._map = mmap.mmap(self.file, size)
            self.size = size

    def lay(self, request: AnyRequest, filling: int) -> Any:
        """Copy the arrays of a request between zones, and return the request as plain data.

        Raises
        ------
        CannotTravelError
            If an argument is neither a number, a text, nor an array of such.
        """
        self._places, self.end = [], 0
        plain = self._plain(request, "", {})
        needed = self.end + ALIGNMENT
        if needed > self.size or self.size > max(LARGEST_IDLE, 4 * needed):
            self.fit(max(2 * needed, SMALLEST))
        memory = np.frombuffer(self._mapped, dtype=np.uint8)
        for place in self._places:
            self._write(memory, place, filling)
        self._before = memory[: self.end].copy()
        return plain

    @property
    def _mapped(self) -> mmap.mmap:
        assert self._map is not None  # noqa: S101 - between __init__ and close it is there
        return self._map

    def _plain(self, value: Any, name: str, known: dict[int, Any]) -> Any:
        if type(value) in PLAIN:
            return value
        if isinstance(value, np.ndarray):
            if id(value) not in known:
                known[id(value)] = self._reserve(value, name)
            return {"array": known[id(value)]}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                field.name: self._plain(
                    getattr(value, field.name), f"{name}.{field.name}".lstrip("."), known
                )
                for field in dataclasses.fields(value)
            }
            return {"type": type(value).__name__, **fields}
        if isinstance(value, tuple | list):
            if all(type(one) in PLAIN for one in value):
                # Most are, and the names of their places are only asked for by arrays.
                return list(value)
            return [self._plain(one, f"{name}[{i}]", known) for i, one in enumerate(value)]
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise CannotTravelError(f"{name} is a {type(value).__name__}")

    def _reserve(self, array: AnyArray, name: str) -> list[Any]:
        if array.dtype.hasobject or array.dtype.names:
            raise CannotTravelError(f"{name} is of type {array.dtype}")
        low, high = extent(array)
        start = self.end + -self.end % ALIGNMENT
        # The address keeps its remainder, so that what is not aligned stays so.
        address = array.__array_interface__["data"][0] + low
        begin = start + ZONE + ALIGNMENT + address % ALIGNMENT
        place = Place(name, array, start, begin, begin + high - low, begin - low)
        self._places.append(place)
        self.end = place.end
        is_memmap = isinstance(array, np.memmap)
        return [
            place.first, list(array.shape), list(array.strides), array.dtype.str,
            bool(array.flags.writeable), is_memmap,
        ]  # fmt: skip

    def _write(self, memory: AnyArray, place: Place, filling: int) -> None:
        kind = place.array.dtype.str
        size = place.high - place.low
        memory[place.start : place.low] = filled(
            kind, filling, place.start - place.low, place.low - place.start
        )
        memory[place.high : place.end] = filled(kind, filling, size, ZONE)
        if size != place.array.nbytes:
            # What lies between the elements is not the core's either.
            memory[place.low : place.high] = filled(kind, filling, 0, size)
        self._view(place)[...] = place.array

    def _view(self, place: Place) -> AnyArray:
        array = place.array
        return np.ndarray(array.shape, array.dtype, self._mapped, place.first, array.strides)

    def changes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the arrays that were modified, and those beside which something was written."""
        now = np.frombuffer(self._mapped, dtype=np.uint8)[: self.end]
        if np.array_equal(now, self._before):
            return (), ()
        changed = now != self._before
        modified, overrun = [], []
        for place in self._places:
            part = changed[place.start : place.end]
            if not part.any():
                continue
            own = np.zeros(part.size, dtype=bool)
            array = place.array
            elements: AnyArray = np.ndarray(
                (*array.shape, array.itemsize), np.bool_, own, place.first - place.start,
                (*array.strides, 1),
            )  # fmt: skip
            elements[...] = True
            if (part & own).any():
                modified.append(place.name)
            if (part & ~own).any():
                overrun.append(place.name)
        return tuple(modified), tuple(overrun)

    def fetch(self, described: Mapping[str, Any]) -> dict[str, AnyArray]:
        """Return copies of the arrays that the child stored behind the request's.

        Parameters
        ----------
        described : mapping
            Offset, shape and type by name.

        Returns
        -------
        dict of str to ndarray of any shape
            By the same names.
        """
        return {
            name: np.array(np.ndarray(tuple(shape), np.dtype(kind), self._mapped, offset))
            for name, (offset, shape, kind) in described.items()
        }


def _open_anonymous() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("drizzle-harness")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
