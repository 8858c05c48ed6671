"""Images: values, types, byte orders and memory layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.discovery.layout import LAYOUTS, lay_out
from harness.discovery.strategies.choice import number, once_in, pick
from harness.discovery.strategies.scope import Scope

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

AnyArray = npt.NDArray[Any]

BAD_VALUES = (np.nan, np.inf, -np.inf, 1e-40, 3.4e38, -3.4e38, 1e300, 0.0)
"""1e-40 is denormal in float32, 1e300 is no float32 at all."""
DATA_TYPES = ("<f4", "<f8", ">f4", ">f8", "<i4", ">i2", "<u2", "<u1", "<f2")
"""What FITS files and calibration pipelines hand over; big-endian is FITS as it is read."""
PIXMAP_LAYOUTS = tuple(one for one in LAYOUTS if one != "broadcast")
"""Rows that are all the same are no layout of a pixmap but another geometry."""
PIXMAP_TYPES = ("<f8", "<f4", ">f8", "<i4")
DQ_TYPES = ("<u4", "<i4", "<u2", ">i2", "<u1", ">u4")
REFUSED_DQ_TYPES = ("<i8", "<u8", "<f4", "?")


def draw_data(draw: DrawFn, scope: Scope, shape: tuple[int, int]) -> AnyArray:
    """Draw the science pixels of an image, within +-100 unless wild.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    scope : Scope
        What may be drawn.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray, (ny, nx), float32
        New.
    """
    kind = pick(draw, ("ones", "ramp", "noise"))
    if kind == "ones":
        data = np.ones(shape, dtype=np.float32)
    elif kind == "ramp":
        data = np.arange(1.0, shape[0] * shape[1] + 1, dtype=np.float32).reshape(shape)
    else:
        generator = np.random.default_rng(number(draw, 0, 999))
        # Eighths: sums of a few of them are exact in float32, so differences stand out.
        data = (generator.integers(-400, 800, shape) / 8).astype(np.float32)
    if scope.wild_data:
        data = patch(draw, data, BAD_VALUES)
    return data


def draw_variance(draw: DrawFn, shape: tuple[int, int], images: int) -> tuple[AnyArray | None, ...]:
    """Draw the variance images of one exposure; some may be None.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    shape : tuple of int
        (ny, nx).
    images : int
        How many.

    Returns
    -------
    tuple of ndarray, (ny, nx), float32, or None
        New.
    """
    drawn: list[AnyArray | None] = []
    for _ in range(images):
        if once_in(draw, 6):
            drawn.append(None)
            continue
        generator = np.random.default_rng(number(draw, 0, 99))
        drawn.append((generator.integers(1, 80, shape) / 8).astype(np.float32))
    return tuple(drawn)


def draw_dq(draw: DrawFn, scope: Scope, shape: tuple[int, int]) -> AnyArray:
    """Draw a DQ image: bits up to the last one of 32, other types where the scope has layouts.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    scope : Scope
        What may be drawn.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray, (ny, nx), uint32 or another type
        New.
    """
    generator = np.random.default_rng(number(draw, 0, 99))
    bits = generator.integers(0, 5, shape).astype(np.uint32)
    high = pick(draw, (0, 0, 1 << 15, 1 << 31))
    bits[bits == 4] |= np.uint32(high)
    if not scope.layouts:
        return bits
    kind = pick(draw, REFUSED_DQ_TYPES if once_in(draw, 6) else DQ_TYPES)
    return relayout(draw, bits.astype(kind))


def patch(draw: DrawFn, array: AnyArray, values: tuple[float, ...]) -> AnyArray:
    """Put some of the given values at some places of an array, or leave it as it is.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    array : ndarray of any shape
        Stays as it is.
    values : tuple of float
        To choose from.

    Returns
    -------
    ndarray of the same shape
        A copy, or the array itself.
    """
    if not array.size:
        return array
    kind = pick(draw, ("none", "some", "some", "all"))
    if kind == "none":
        return array
    result = np.array(array)
    with np.errstate(over="ignore"):
        if kind == "all":
            result[...] = pick(draw, values)
        else:
            for _ in range(number(draw, 1, 3)):
                place = number(draw, 0, array.size - 1)
                result.flat[place] = pick(draw, values)
    return result


def retype(draw: DrawFn, array: AnyArray, types: tuple[str, ...] = DATA_TYPES) -> AnyArray:
    """Change the type of an array whose values fit it, or leave it as it is.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    array : ndarray of any shape
        Stays as it is.
    types : tuple of str, optional
        To choose from.

    Returns
    -------
    ndarray of the same shape
        A copy, or the array itself.
    """
    kind = np.dtype(pick(draw, types))
    with np.errstate(all="ignore"):
        if kind.kind in "iu" and not np.isfinite(array).all():
            return array
        if kind.kind == "u":
            return np.abs(array).astype(kind)
        return array.astype(kind)


def relayout(draw: DrawFn, array: AnyArray, layouts: tuple[str, ...] = LAYOUTS) -> AnyArray:
    """Change the memory layout of an array, or leave it as it is.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    array : ndarray of any shape
        Stays as it is.
    layouts : tuple of str, optional
        To choose from, of `harness.discovery.layout.LAYOUTS`.

    Returns
    -------
    ndarray of the same shape
        See `lay_out`.
    """
    if not array.size:
        return array
    return lay_out(array, pick(draw, layouts))
