"""Requests as Python that can be pasted."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from harness.cores.request import AnyRequest
from harness.discovery.literal import literal

LONGEST = 4000
"""Characters; a larger request is told by its shape."""


def tell_request(request: AnyRequest) -> str:
    """Return a request as an expression of `harness.cores.request`, defaults left out."""
    text = _tell(request)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _tell(value: Any) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = []
        for field in dataclasses.fields(value):
            given = getattr(value, field.name)
            if isinstance(given, np.ndarray) or _differs(given, field.default):
                told.append(f"{field.name}={_tell(given)}")
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, np.ndarray):
        return literal(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_tell, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _differs(given: Any, default: Any) -> bool:
    return given is not default and bool(given != default)
