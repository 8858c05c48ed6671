"""The arrays of an exposure, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from harness.model import Exposure

AnyArray = npt.NDArray[Any]
ARRAYS = ("data", "weight_map", "dq", "pixmap", "flat")
"""Fields of an exposure that hold an array or None; `variance` holds a tuple of them."""


def arrays_of(exposure: Exposure) -> dict[str, AnyArray]:
    """Return the arrays of an exposure that a core is given, by name, such as "variance[0]".

    Parameters
    ----------
    exposure : Exposure
        Stays as it is.

    Returns
    -------
    dict of str to ndarray, (ny, nx), of pixmaps (ny, nx, 2)
        Not copies; what the exposure does not have is not there.
    """
    named = {name: getattr(exposure, name) for name in ARRAYS if name != "flat"}
    named |= {f"variance[{plane}]": image for plane, image in enumerate(exposure.variance)}
    return {name: array for name, array in named.items() if array is not None}


def with_arrays(exposure: Exposure, arrays: Mapping[str, AnyArray]) -> Exposure:
    """Return an exposure with other arrays, by the names of `arrays_of`.

    Parameters
    ----------
    exposure : Exposure
        Stays as it is.
    arrays : mapping of str to ndarray, (ny, nx), of pixmaps (ny, nx, 2)
        Some or all of them.
    """
    variance = tuple(
        arrays.get(f"variance[{plane}]", image) for plane, image in enumerate(exposure.variance)
    )
    fields: dict[str, Any] = {name: arrays[name] for name in ARRAYS if name in arrays}
    return dataclasses.replace(exposure, variance=variance, **fields)
