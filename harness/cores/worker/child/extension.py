"""Calls of an extension module's functions, and what they leave behind.

Standard library and numpy only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import warnings
from functools import cache
from typing import Any

import numpy as np

BY_NAME = ("tdriz", "tblot")
"""Functions that take their arguments by name; the others by position only."""
OUTPUTS = {"output": "sci", "counts": "wht", "context": "ctx", "outdq": "dq"}
WARM_UP = 8
"""Calls after which caches are filled."""
WINDOWS = 4
"""Of calls behind these, each looked at by itself."""


class Mallinfo(ctypes.Structure):
    """What glibc tells of its heap."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]  # fmt: skip


def call(module: Any, request: Any, reply: dict[str, Any], aside: Any = None) -> None:
    """Make a call as often as asked, and put outputs and what is left behind into the reply.

    `aside` is a function of what is made for each call by other packages; what that leaves behind
    does not count.
    """
    function = getattr(module, request.function)
    named = dict(request.arguments)
    by_name = request.function in BY_NAME

    def once() -> Any:
        return function(**named) if by_name else function(*named.values())

    reply["attributes"] = _repeat(once, named, request.repeat - 1)
    if aside is not None and reply["attributes"]:
        growth = reply["attributes"]["growth"]
        other = _repeat(aside, {}, request.repeat - 1)["growth"]
        growth.update({name: max(growth[name] - other[name], 0.0) for name in growth})
    try:
        reply["attributes"]["value"] = _plain(once())
    finally:
        for name, field in OUTPUTS.items():
            if isinstance(named.get(name), np.ndarray):
                reply[field] = named[name]
        variance = named.get("output2")
        arrays = variance if isinstance(variance, (tuple, list)) else (variance,)
        reply["variance"] = [one for one in arrays if isinstance(one, np.ndarray)]


def _repeat(once: Any, named: dict[str, Any], times: int) -> dict[str, Any]:
    """Call again and again, and return by how much a call lets heap and references grow."""
    if times < WARM_UP + WINDOWS:
        return {}
    arrays = {name: one for name, one in named.items() if isinstance(one, np.ndarray)}
    windows = []
    share = (times - WARM_UP) // WINDOWS
    for calls in (WARM_UP, *[share] * WINDOWS):
        counts, before = _references(arrays), _used()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(calls):
                # Refusals must not leak either; the last one is told.
                with contextlib.suppress(Exception):
                    once()
        after = _used()
        references = [late - early for early, late in zip(counts, _references(arrays))]
        windows.append(([after[name] - before[name] for name in before], references))
    # What leaks does so in all windows; what happens now and then is no leak.
    growth = [min(some) / share for some in zip(*[grown for grown, _ in windows[1:]])]
    return {
        "growth": dict(zip(before, growth)),
        "references": dict(zip(arrays, [one / share for one in windows[-1][1]])),
    }


def _references(arrays: dict[str, Any]) -> list[int]:
    return [sys.getrefcount(one) for one in arrays.values()]


def _used() -> dict[str, int]:
    """Return how much is allocated: bytes of the C heap, where glibc tells, and Python blocks."""
    # An exception and the frames that it has come through hold each other.
    gc.collect()
    used = {"blocks": sys.getallocatedblocks()}
    ask = _heap()
    if ask is not None:
        info = ask()
        used["bytes"] = info.uordblks + info.hblkhd
    return used


@cache
def _heap() -> Any:
    """Return the function that tells of the heap, None where there is none."""
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError):
        return None
    ask.restype = Mallinfo
    return ask


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value
