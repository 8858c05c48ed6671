"""Requests as files: JSON for what is small, one npz for the arrays, layouts included."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import (
    AnyRequest,
    BlotRequest,
    DrizzleRequest,
    ExtensionRequest,
    Previous,
    RawImage,
)
from harness.discovery.layout import lay_out, layout_of
from harness.errors import FixtureError

AnyArray = npt.NDArray[Any]

CASE = "case.json"
ARRAYS = "arrays.npz"
FORMAT = 1
"""Of case.json."""
REQUESTS = (DrizzleRequest, BlotRequest, ExtensionRequest)
TYPES = {kind.__name__: kind for kind in (*REQUESTS, RawImage, Previous)}


def to_plain(value: Any, arrays: dict[str, AnyArray]) -> Any:
    """Turn a request into what JSON holds, and put its arrays into `arrays`.

    Numbers that JSON does not know are written as {"float": "nan"}, arrays as {"array": name}
    with their layout where it is not C; equal arrays are kept once.

    Parameters
    ----------
    value : object
        A request, or a part of one.
    arrays : dict of str to ndarray of any shape
        Filled in place.

    Returns
    -------
    object
        Of dict, list, str, int, float, bool and None.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: to_plain(getattr(value, field.name), arrays)
            for field in dataclasses.fields(value)
        }
        return {"type": type(value).__name__, **fields}
    if isinstance(value, np.ndarray):
        return _keep(value, arrays)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple | list):
        return [to_plain(one, arrays) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def from_plain(value: Any, arrays: Any, where: str = "case.json") -> Any:
    """Return what `to_plain` was given.

    Raises
    ------
    FixtureError
        If a type or an array is named that does not exist.
    """
    if isinstance(value, list):
        return tuple(from_plain(one, arrays, where) for one in value)
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float(value["float"])
    if "array" in value:
        if value["array"] not in arrays:
            raise FixtureError(
                f"array {value['array']!r} is missing", where=where, allowed=", ".join(arrays)
            )
        return lay_out(arrays[value["array"]], value.get("layout", "C"))
    if value.get("type") not in TYPES:
        raise FixtureError(f"type is {value.get('type')!r}", where=where, allowed=", ".join(TYPES))
    fields = {name: from_plain(one, arrays, where) for name, one in value.items() if name != "type"}
    return TYPES[value["type"]](**fields)


def save_arrays(path: Path, arrays: dict[str, AnyArray]) -> None:
    """Write arrays to an npz, whose bytes depend on nothing but their values.

    Parameters
    ----------
    path : Path
        The file.
    arrays : dict of str to ndarray of any shape
        By names that a file may have.
    """
    stored: dict[str, Any] = {name: np.ascontiguousarray(one) for name, one in arrays.items()}
    np.savez_compressed(path, **stored)


def load_arrays(path: Path) -> dict[str, AnyArray]:
    """Read the arrays of `save_arrays`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to ndarray of any shape
        In C order.
    """
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def request_from(value: Any, arrays: dict[str, AnyArray], where: str) -> AnyRequest:
    """Return a request from its plain form; see `from_plain`.

    Parameters
    ----------
    value : object
        As `to_plain` made it.
    arrays : dict of str to ndarray of any shape
        As `to_plain` filled it.
    where : str
        For messages.

    Raises
    ------
    FixtureError
        If it is something else than a request.
    """
    request = from_plain(value, arrays, where)
    if not isinstance(request, REQUESTS):
        raise FixtureError(
            f"is a {type(request).__name__}",
            where=where,
            allowed=", ".join(one.__name__ for one in REQUESTS),
        )
    return request


def _keep(array: AnyArray, arrays: dict[str, AnyArray]) -> dict[str, str]:
    name = next((name for name, one in arrays.items() if _is_same(one, array)), None)
    if name is None:
        name = f"a{len(arrays)}"
        arrays[name] = array
    layout = layout_of(array)
    return {"array": name} if layout == "C" else {"array": name, "layout": layout}


def _is_same(one: AnyArray, other: AnyArray) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )
