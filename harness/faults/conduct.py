"""Faults of conduct: right products, at somebody's cost."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from harness.faults.fault import Call, Fault, changed
from harness.model import DrizzledProduct

SLOWER = 0.04
"""Of the time of a call; `harness.faults.clocked.SENSITIVITY` is the same."""
REMEMBERED = np.float32(1.001)


def _modify_input(call: Call) -> DrizzledProduct:
    product = call.right()
    call.exposures[0].data[:] *= 2
    return product


def _overrun(call: Call) -> DrizzledProduct:
    product = call.right()
    data = call.exposures[0].data
    room = data.base
    # Memory that is nobody's is left alone: only what the harness has fenced in is written to.
    if isinstance(room, np.ndarray) and room.ndim == 1 and room.size > data.size:
        start = (data.ctypes.data - room.ctypes.data) // data.itemsize
        room[start + data.size : start + data.size + 1] = 0
    return product


def _dawdle(call: Call) -> DrizzledProduct:
    start = perf_counter()
    product = call.right()
    end = start + (perf_counter() - start) * (1 + SLOWER)
    # At work, not asleep: what is to be seen is more computing.
    while perf_counter() < end:
        pass
    return product


def _leak(call: Call) -> DrizzledProduct:
    product = call.right()
    call.kept.append(product.sci.copy())
    return product


def _remember(call: Call) -> DrizzledProduct:
    product = call.right()
    if call.kept:
        return changed(product, sci=product.sci * REMEMBERED)
    call.kept.append(True)
    return product


FAULTS = (
    Fault(
        name="input-modified",
        statement="The science array of the first exposure is doubled in place.",
        wrong=_modify_input,
    ),
    Fault(
        name="memory-overrun",
        statement="One value is written behind the end of the first science array.",
        wrong=_overrun,
        changes_input=True,
    ),
    Fault(
        name="call-remembered",
        statement="From the second call on the science is 0.1 % larger.",
        wrong=_remember,
    ),
    Fault(
        name="slower",
        statement="Each call takes 4 % longer.",
        wrong=_dawdle,
    ),
    Fault(
        name="memory-leaked",
        statement="Each call keeps an image of the size of its product.",
        wrong=_leak,
    ),
)
