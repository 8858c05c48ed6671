"""How an array lies in memory: the layouts that callers really hand to a core."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]

LAYOUTS = (
    "C", "fortran", "strided", "reversed", "readonly", "broadcast", "unaligned", "memmap",
)  # fmt: skip
"""C-contiguous first: it is the one that shrinking ends at."""


def lay_out(array: AnyArray, layout: str) -> AnyArray:
    """Return the values of an array in another memory layout.

    Parameters
    ----------
    array : ndarray of any shape
        Stays as it is.
    layout : str
        One of `LAYOUTS`. "strided" takes every second element of a larger array, "reversed" runs
        backwards along the first axis, "broadcast" repeats the first row without copying it, so
        that all rows become equal, "memmap" is a file that was opened for reading.

    Returns
    -------
    ndarray of the same shape
        Of equal values, but for "broadcast".
    """
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if layout == "reversed":
        return np.ascontiguousarray(array[::-1])[::-1]
    if layout == "broadcast":
        return np.broadcast_to(np.array(array[:1]), array.shape)
    if layout == "unaligned":
        raw = np.zeros(array.nbytes + 1, dtype=np.uint8)
        view = raw[1:].view(array.dtype).reshape(array.shape)
        view[...] = array
        return view
    if layout == "memmap" and array.size:
        with tempfile.TemporaryFile() as file:
            file.write(array.tobytes())
            file.flush()
            return np.memmap(file, array.dtype, "r", shape=array.shape)
    copy = np.array(array, order="C")
    if layout == "readonly":
        copy.setflags(write=False)
    return copy


def layout_of(array: AnyArray) -> str:
    """Return the name of the layout that an array has; "C" where it is an ordinary one.

    Parameters
    ----------
    array : ndarray of any shape
        Only looked at.
    """
    if isinstance(array, np.memmap) and array.flags.c_contiguous:
        return "memmap"
    if not array.flags.aligned:
        return "unaligned"
    if array.size and 0 in array.strides and array.shape[0] > 1:
        return "broadcast"
    if array.flags.c_contiguous:
        return "C" if array.flags.writeable else "readonly"
    if array.flags.f_contiguous:
        return "fortran"
    if array.strides and array.strides[0] < 0:
        return "reversed"
    return "strided"


def plain(array: AnyArray, dtype: Any) -> AnyArray:
    """Return the values as an ordinary array: C-contiguous, writeable, native, of one type.

    Parameters
    ----------
    array : ndarray of any shape
        Stays as it is.
    dtype : type
        Of the result.

    Returns
    -------
    ndarray of the same shape
        A copy.
    """
    with np.errstate(all="ignore"):
        return np.array(array, dtype=dtype, order="C")
