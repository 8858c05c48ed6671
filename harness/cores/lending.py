"""Spooled exposures lent to a core, and looked through for what it wrote when they come back."""

from __future__ import annotations

import functools
import mmap
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.exposure_arrays import arrays_of, with_arrays
from harness.exposure_sequence import ExposureSequence
from harness.exposure_stream import ExposureStream
from harness.model import Exposure

AnyArray = npt.NDArray[Any]

PAGEMAP = Path("/proc/self/pagemap")
"""Linux tells there, 8 bytes a page, what has become of the memory of a process (proc(5))."""
PRESENT, SWAPPED, FROM_FILE = (np.uint64(1 << bit) for bit in (63, 62, 61))
BLOCK = 1 << 20
"""Bytes compared at once, which the cache holds."""


@dataclass(slots=True, eq=False)
class _Loan:
    """One array of one exposure: the map that the core sees through a view of it."""

    index: int
    name: str
    array: AnyArray | None


class LentStream(ExposureSequence):
    """The exposures of a stream as a core gets them.

    The memory of an array is kept until its pages have been compared with the file, which is done
    when the core has let go of it and asks for the next exposure, or is done.

    Parameters
    ----------
    exposures : ExposureStream

    Attributes
    ----------
    seconds : float
        Time spent here, which is not the core's.
    """

    def __init__(self, exposures: ExposureStream) -> None:
        self._exposures = exposures
        self._out: dict[int, tuple[_Loan, Any]] = {}
        self._back: list[_Loan] = []
        self._written: set[tuple[int, str]] = set()
        self._count = 0
        self.seconds = 0.0

    def __len__(self) -> int:
        return len(self._exposures)

    def open(self, number: int) -> Exposure:
        """Lend an exposure, after a look at what the core has let go of."""
        start = perf_counter()
        self._compare()
        lent = self._lend(number)
        self.seconds += perf_counter() - start
        return lent

    def finish(self) -> tuple[str, ...]:
        """Compare what is still out, and return the names of all arrays that were written to.

        Returns
        -------
        tuple of str
            Such as "ib1f19l6q[1].data", in the order of the exposures.
        """
        self._back += [loan for loan, _ in self._out.values()]
        self._out.clear()
        self._compare()
        order = {name: place for place, name in enumerate(("data", "weight_map", "dq", "pixmap"))}
        found = sorted(self._written, key=lambda one: (one[0], order.get(one[1], 9), one[1]))
        names = {index: self._exposures[index] for index, _ in found}
        return tuple(f"{names[index].name}[{names[index].chip}].{name}" for index, name in found)

    def _lend(self, index: int) -> Exposure:
        exposure = self._exposures[index]
        views = {}
        for name, array in arrays_of(exposure).items():
            view = array.view()
            self._count += 1
            released = functools.partial(self._release, self._count)
            self._out[self._count] = _Loan(index, name, array), weakref.ref(view, released)
            views[name] = view
        return with_arrays(exposure, views)

    def _release(self, number: int, _: object) -> None:
        loan = self._out.pop(number, None)
        if loan is not None:
            self._back.append(loan[0])

    def _compare(self) -> None:
        while self._back:
            loan = self._back.pop()
            array, loan.array = loan.array, None
            assert array is not None  # noqa: S101 - it is taken once
            parts = written_parts(array)
            if parts:
                kept = arrays_of(self._exposures[loan.index])[loan.name]
                if not same_bytes(array, kept, parts):
                    self._written.add((loan.index, loan.name))


def written_parts(array: AnyArray) -> list[slice]:
    """Return the bytes of a private map of a file that may have been written to.

    Where the system tells, these are the pages that are no longer those of the file.

    Parameters
    ----------
    array : ndarray of any shape
        C-contiguous.

    Returns
    -------
    list of slice
        Of the bytes of the array; one of all of them where the system does not tell.
    """
    if not array.nbytes:
        return []
    address, page = array.__array_interface__["data"][0], mmap.PAGESIZE
    first, last = address // page, (address + array.nbytes - 1) // page
    try:
        # The file object of a path would ask for its size, type and place first.
        pagemap = os.open(PAGEMAP, os.O_RDONLY)
        try:
            told = os.pread(pagemap, (last - first + 1) * 8, first * 8)
        finally:
            os.close(pagemap)
    except OSError:
        told = b""
    if len(told) != (last - first + 1) * 8:
        return [slice(0, array.nbytes)]
    state = np.frombuffer(told, dtype=np.uint64)
    own = (state & (PRESENT | FROM_FILE)) == PRESENT
    own |= (state & SWAPPED) != 0
    if not own.any():
        return []
    edges = np.flatnonzero(np.diff(own.astype(np.int8), prepend=0, append=0))
    bounds = (first + edges) * page - address
    return [
        slice(max(int(start), 0), min(int(stop), array.nbytes))
        for start, stop in bounds.reshape(-1, 2)
    ]


def same_bytes(one: AnyArray, other: AnyArray, parts: Sequence[slice]) -> bool:
    """Compare parts of two contiguous arrays of one size, byte by byte, so that NaN equals NaN.

    Parameters
    ----------
    one, other : ndarray of any shape
        Contiguous, of one size.
    parts : sequence of slice
        Of their bytes.
    """
    left, right = (np.atleast_1d(array).reshape(-1).view(np.uint8) for array in (one, other))
    for part in parts:
        for start in range(part.start, part.stop, BLOCK):
            here = slice(start, min(start + BLOCK, part.stop))
            if not np.array_equal(left[here], right[here]):
                return False
    return True
