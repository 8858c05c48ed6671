"""Arrays that a core's Python layer, or an adapter, allocates: they, too, get canary zones."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

zones: Any = None
"""The module `zones`, which `serve` loads by its path and puts here."""

ALLOCATING = (
    "zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like",
    "append", "array", "asarray", "ascontiguousarray",
)  # fmt: skip
UNSET = ("empty", "empty_like")


class Guards:
    """The guarded arrays of one call.

    Parameters
    ----------
    heap : bool, optional
        Whether there are no zones, so that a sanitizer sees where arrays end.
    """

    def __init__(self, *, heap: bool = False) -> None:
        self._heap = heap
        self._filling = 0
        self._held: list[tuple[Any, Any, Any]] = []

    def begin(self, filling: int) -> None:
        """Forget those of the call before."""
        self._filling = filling
        self._held = []

    def guard(self, array: Any, *, unset: bool = False) -> Any:
        """Return an array in new memory between zones; Fortran order is kept.

        Parameters
        ----------
        array : ndarray
        unset : bool, optional
            Whether its values are chance: they become the filling.
        """
        if self._heap:
            # A sanitizer watches the ends of what the allocator gives.
            return array.copy(order="K")
        dtype = array.dtype.str
        around = zones.ALIGNMENT + zones.ZONE
        raw = np.empty(array.nbytes + 2 * around, dtype=np.uint8)
        start = around - (raw.ctypes.data + around) % zones.ALIGNMENT
        end = start + array.nbytes
        raw[:start] = zones.filled(dtype, self._filling, -start, start)
        raw[end:] = zones.filled(dtype, self._filling, array.nbytes, raw.size - end)
        is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        guarded: Any = np.ndarray(
            array.shape, array.dtype, raw, start, order="F" if is_fortran else "C"
        )
        if unset:
            raw[start:end] = zones.filled(dtype, self._filling, 0, array.nbytes)
        else:
            guarded[...] = array
        self._held.append((raw, guarded, (raw[:start].copy(), raw[end:].copy())))
        return guarded

    def overrun(self, named: dict[str, Any]) -> list[str]:
        """Return the names of the arrays beside which something was written.

        Parameters
        ----------
        named : dict of ndarray
            Names of arrays; the others are copies that the core made of its arguments.
        """
        found = []
        for raw, guarded, (before, behind) in self._held:
            same = np.array_equal(raw[: before.size], before)
            if not same or not np.array_equal(raw[raw.size - behind.size :], behind):
                names = [name for name, one in named.items() if np.shares_memory(one, guarded)]
                found.append(names[0] if names else "a copy of an argument")
        return found


class GuardedNumpy:
    """numpy as a module of the core sees it: its arrays are guarded, all else is numpy itself."""

    def __init__(self, guards: Guards) -> None:
        self._guards = guards

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        return self._guarded(name, found) if name in ALLOCATING else found

    def _guarded(self, name: str, function: Any) -> Any:
        guards = self._guards

        def allocate(*args: Any, **named: Any) -> Any:
            made = function(*args, **named)
            new = (
                type(made) is np.ndarray
                and made.flags.owndata
                and made.flags.forc
                and not made.dtype.hasobject
                # What numpy returned as it was is the caller's own; it is referred to elsewhere.
                and not any(made is one for one in (*args, *named.values()))
            )
            return guards.guard(made, unset=name in UNSET) if new else made

        # The next look-up finds it at once.
        self.__dict__[name] = allocate
        return allocate


def guard_module(module: Any, guards: Guards) -> None:
    """Make a module of the core allocate guarded arrays."""
    for name in ("np", "numpy"):
        if getattr(module, name, None) is sys.modules["numpy"]:
            setattr(module, name, GuardedNumpy(guards))
