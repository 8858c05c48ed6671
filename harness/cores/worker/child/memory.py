"""The child's side of the shared memory: arrays as the parent laid them, results behind them."""

from __future__ import annotations

import mmap
import os
from types import SimpleNamespace
from typing import Any

import numpy as np

ALIGNMENT = 64


class Memory:
    """One anonymous file that both sides map.

    Parameters
    ----------
    descriptor : int
        Of the file.
    heap : bool, optional
        Whether arrays are copied to memory of their own size from the allocator, for sanitizers,
        which watch its ends; what a core writes into them is not seen by the parent.
    """

    def __init__(self, descriptor: int, *, heap: bool = False) -> None:
        self._file = descriptor
        self._heap = heap
        self._map: Any = None
        self._read_only: Any = None
        self.size = 0

    def take(self, size: int) -> bool:
        """Map the file at a size; return whether the mapping changed."""
        if size == self.size:
            return False
        self._map = self._read_only = None
        self._map = mmap.mmap(self._file, size)
        self.size = size
        return True

    def request(self, plain: Any) -> Any:
        """Return a request with its arrays, from what the parent sent."""
        return self._build(plain, {})

    def _build(self, plain: Any, known: dict[Any, Any]) -> Any:
        if isinstance(plain, list):
            return tuple(self._build(one, known) for one in plain)
        if not isinstance(plain, dict):
            return plain
        if "array" in plain:
            return self._array(plain["array"], known)
        return SimpleNamespace(
            **{name: self._build(one, known) for name, one in plain.items() if name != "type"}
        )

    def _array(self, described: list[Any], known: dict[Any, Any]) -> Any:
        offset, shape, strides, dtype, writeable, is_memmap = described
        key = (offset, tuple(shape), tuple(strides), dtype, writeable)
        if key not in known:
            kind: Any = np.memmap if is_memmap else np.ndarray
            source = self._map
            if is_memmap and not writeable:
                # A file that was opened for reading: who writes there gets a signal.
                if self._read_only is None:
                    self._read_only = mmap.mmap(self._file, self.size, prot=mmap.PROT_READ)
                source = self._read_only
            array = np.ndarray.__new__(
                kind, tuple(shape), dtype=np.dtype(dtype), buffer=source,
                offset=offset, strides=tuple(strides),
            )  # fmt: skip
            if self._heap and not is_memmap:
                array = _on_heap(array)
            if not writeable:
                array.flags.writeable = False
            known[key] = array
        return known[key]

    def store(self, arrays: list[Any], end: int) -> list[Any]:
        """Copy arrays behind the request's, and return [offset, shape, dtype] of each."""
        described = []
        for array in arrays:
            end += -end % ALIGNMENT
            described.append([end, list(array.shape), array.dtype.str])
            end += array.nbytes
        if end > self.size:
            size = max(2 * self.size, end + -end % mmap.PAGESIZE)
            os.ftruncate(self._file, size)
            self.take(size)
        for array, (offset, shape, dtype) in zip(arrays, described):
            place: Any = np.ndarray(shape, np.dtype(dtype), self._map, offset)
            place[...] = array
        return described


def _on_heap(array: Any) -> Any:
    """Return an array of the same values and strides in an allocation that ends where it ends."""
    low = sum(min((n - 1) * step, 0) for n, step in zip(array.shape, array.strides) if n)
    high = sum(max((n - 1) * step, 0) for n, step in zip(array.shape, array.strides) if n)
    size = high - low + array.itemsize if array.size else 0
    # An address that is not aligned stays so.
    lead = array.__array_interface__["data"][0] % array.itemsize if array.itemsize else 0
    raw = np.zeros(lead + size, dtype=np.uint8)
    copy: Any = np.ndarray(array.shape, array.dtype, raw, lead - low, array.strides)
    if 0 in array.strides:
        copy.flags.writeable = True
    copy[...] = array
    return copy
