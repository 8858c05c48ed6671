"""Canary zones: what lies around an array, so that it can be told from what a core wrote there.

Standard library and numpy only: both sides of the worker use it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

ZONE = 4096
"""Bytes before and behind each array; a row of the small images is far shorter."""
ALIGNMENT = 64
"""Bytes; an array keeps its address modulo this."""
FLOATS = (1.25, 2.75)
"""Values of the two fillings: positions on any output, and data and weights that are seen in sums.
Huge values would be seen as well where they are added, but as positions they lie nowhere."""
INTEGERS = (1, 2)
BYTES = (0x55, 0xAA)
"""Of the two fillings of memory that an allocator hands out."""


@cache
def canary(dtype: str, filling: int) -> Any:
    """Return one element of a type, as it fills the zones: an array of its bytes."""
    kind = np.dtype(dtype)
    if kind.kind in "fc":
        value: Any = FLOATS[filling]
    elif kind.kind in "iu":
        value = INTEGERS[filling]
    elif kind.kind == "b":
        value = bool(filling)
    else:
        return np.full(max(kind.itemsize, 1), BYTES[filling], dtype=np.uint8)
    return np.frombuffer(np.array(value, dtype=kind).tobytes(), dtype=np.uint8)


@cache
def _tile(dtype: str, filling: int) -> Any:
    one = canary(dtype, filling)
    return np.resize(one, ZONE + 2 * ALIGNMENT + 2 * one.size)


def filled(dtype: str, filling: int, start: int, size: int) -> Any:
    """Return the bytes of a zone.

    Parameters
    ----------
    dtype : str
        Of the array, as numpy's `dtype.str`.
    filling : int
        0 or 1.
    start : int
        First byte, counted from the beginning of an element; negative before the array.
    size : int
        Number of bytes.
    """
    one = canary(dtype, filling)
    tile = _tile(dtype, filling)
    first = start % one.size
    if first + size <= tile.size:
        return tile[first : first + size]
    return np.resize(np.roll(one, -first), size)


def extent(array: Any) -> tuple[int, int]:
    """Return the first and the last byte + 1 of an array, counted from its first element."""
    if not array.size:
        return 0, 0
    low = high = 0
    for length, stride in zip(array.shape, array.strides):
        step = (length - 1) * stride
        low += min(step, 0)
        high += max(step, 0)
    return low, high + array.itemsize
