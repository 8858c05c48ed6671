"""What is remarkable about numbers and arrays: values, layouts, types, shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.discovery.layout import layout_of

AnyArray = npt.NDArray[Any]

TINY_NORMAL = float(np.finfo(np.float32).tiny)
HUGE = 1e30
"""Near the largest float32, 3.4e38: sums and products of such values overflow."""


def of_number(name: str, value: float) -> set[str]:
    """Return the features of a number."""
    if np.isnan(value):
        return {f"{name}:nan"}
    if np.isinf(value):
        return {f"{name}:inf"}
    if value == 0:
        return {f"{name}:0"}
    found = {f"{name}:negative"} if value < 0 else set()
    if abs(value) > HUGE:
        found.add(f"{name}:huge")
    if abs(value) < TINY_NORMAL:
        found.add(f"{name}:denormal")
    return found


def of_values(name: str, array: AnyArray) -> set[str]:
    """Return the features of an array's values.

    Parameters
    ----------
    name : str
        What it holds, such as "weight".
    array : ndarray of any shape
        Only looked at.
    """
    if array.dtype.kind not in "iuf" or not array.size:
        return set()
    found = set()
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    size = np.abs(finite)
    checks: dict[str, Any] = {
        "nan": np.isnan(values).any(),
        "inf": np.isinf(values).any(),
        "huge": (size > HUGE).any(),
        "denormal": ((size > 0) & (size < TINY_NORMAL)).any(),
    }
    if name == "weight":
        checks |= {
            "zero": (values == 0).any(),
            "negative": (values < 0).any(),
            "extreme": finite.size > 0 and size.max() > 1e9 * max(size[size > 0].min(initial=1), 0),
            "cancelling": finite.size > 1 and (finite != 0).any() and finite.sum() == 0,
        }
    found |= {f"{name}:{what}" for what, seen in checks.items() if seen}
    return found


def of_array(name: str, array: AnyArray, kind: str) -> set[str]:
    """Return the features of an array's layout and type.

    Parameters
    ----------
    name : str
        What it holds, such as "weight".
    array : ndarray of any shape
        Only looked at.
    kind : str
        The type that it is meant to have.
    """
    found = set()
    layout = layout_of(array)
    if layout != "C" and array.size > 1:
        found.add(f"layout:{name}:{layout}")
    if array.dtype != np.dtype(kind):
        native = array.dtype.newbyteorder("=")
        order = "swapped-" if native != array.dtype else ""
        found.add(f"dtype:{name}:{order}{native.kind}{native.itemsize}")
    return found


def of_shape(name: str, shape: tuple[int, ...]) -> set[str]:
    """Return the features of a shape."""
    if len(shape) != 2:
        return {f"{name}:{len(shape)}-axes"}
    ny, nx = shape
    if ny == 0 or nx == 0:
        return {f"{name}:empty"}
    if ny == 1 or nx == 1:
        return {f"{name}:1x1" if ny == nx else f"{name}:1xN" if ny == 1 else f"{name}:Nx1"}
    return set()
