"""Faults of position and of the size of drops."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.faults.fault import Call, Fault
from harness.model import DrizzledProduct

HALF = 0.5
"""Output pixels: the classic confusion of pixel centres and corners."""
SMALL = 0.02
"""Output pixels: a thirtieth of the width of a WFC3/IR star at half its native scale."""
TWO_PER_CENT = 0.02


def _shift(call: Call, step: float) -> DrizzledProduct:
    return call.each(lambda one: {"pixmap": _pixmap(one) + step})


def _pixmap(exposure: Any) -> Any:
    return np.asarray(exposure.pixmap)


def _swap(call: Call) -> DrizzledProduct:
    return call.each(lambda one: {"pixmap": np.ascontiguousarray(_pixmap(one)[..., ::-1])})


def _mirror(call: Call) -> DrizzledProduct:
    last = call.params.grid.shape[1] - 1

    def mirrored(exposure: Any) -> dict[str, Any]:
        pixmap = _pixmap(exposure).copy()
        pixmap[..., 0] = last - pixmap[..., 0]
        return {"pixmap": pixmap}

    return call.each(mirrored)


def _widen(call: Call) -> DrizzledProduct:
    return call.each(lambda one: {"pixel_scale": one.pixel_scale * (1 + TWO_PER_CENT)})


def _drop_edge_rows(call: Call) -> DrizzledProduct:
    def inner(number: int, exposure: Any) -> Any:
        weight = exposure.weight_map.copy()
        weight[[0, -1]] = 0
        return weight

    return call.weighted(inner)


FAULTS = (
    Fault(
        name="half-pixel-shift",
        statement="Every pixel falls half an output pixel too far along x and y.",
        wrong=lambda call: _shift(call, HALF),
        changes_input=True,
    ),
    Fault(
        name="small-shift",
        statement="Every pixel falls 0.02 output pixels too far along x and y.",
        wrong=lambda call: _shift(call, SMALL),
        changes_input=True,
    ),
    Fault(
        name="axes-swapped",
        statement="x and y of the positions are exchanged.",
        wrong=_swap,
        changes_input=True,
    ),
    Fault(
        name="parity",
        statement="The image is mirrored along x.",
        wrong=_mirror,
        changes_input=True,
    ),
    Fault(
        name="pixfrac-ignored",
        statement="Whole pixels are drizzled whatever pixfrac is asked for.",
        wrong=lambda call: call.asked(pixfrac=1.0),
        changes_input=True,
    ),
    Fault(
        name="pixfrac-too-small",
        statement="Drops are 2 % smaller than pixfrac says.",
        wrong=lambda call: call.asked(pixfrac=call.params.pixfrac * (1 - TWO_PER_CENT)),
        changes_input=True,
    ),
    Fault(
        name="kernel-too-wide",
        statement="Kernels whose size follows the pixel scales (turbo, gaussian) are 2 % too wide.",
        wrong=_widen,
        changes_input=True,
    ),
    Fault(
        name="edge-rows-dropped",
        statement="The first and the last row of each exposure do not count.",
        wrong=_drop_edge_rows,
        changes_input=True,
    ),
)
