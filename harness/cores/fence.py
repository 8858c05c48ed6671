"""Arrays between fences: whatever is written beside them shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]

NARROWEST = 256
"""Elements of a fence, at least; a whole row where that is longer, for an index that is one off."""
PATTERN = 0xFF
"""Of every byte: NaN as a floating-point number, so that what is read beside an array shows too."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FencedArray:
    """A copy of an array with a fence before and behind it.

    Attributes
    ----------
    array : ndarray of any shape
        The copy: of the same shape, type and values, contiguous.
    room : ndarray, (n,)
        The memory that holds fence, array and fence.
    width : int
        Elements of a fence.
    """

    array: AnyArray
    room: AnyArray
    width: int


def fence_in(array: AnyArray) -> FencedArray:
    """Copy an array to where fences stand around it.

    Parameters
    ----------
    array : ndarray of any shape
        Stays as it is.
    """
    width = max(NARROWEST, int(np.prod(array.shape[1:], dtype=int)))
    room = np.empty(array.size + 2 * width, dtype=array.dtype)
    for fence in (room[:width], room[-width:]):
        fence.view(np.uint8)[:] = PATTERN
    copy = room[width : width + array.size].reshape(array.shape)
    copy[...] = array
    return FencedArray(array=copy, room=room, width=width)


def is_overrun(fenced: FencedArray) -> bool:
    """Tell whether a fence was written to."""
    fences = (fenced.room[: fenced.width], fenced.room[-fenced.width :])
    return any(bool((part.view(np.uint8) != PATTERN).any()) for part in fences)
