"""Checks of `cdriz.tdriz` on parts: of the input's lines, and of the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.cdriz_call import (
    BEFORE,
    CdrizCall,
    call_check,
    cdriz_call,
    make_call,
)
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import PARTIAL, STRAIGHT, TURNED
from harness.discovery.resampling.images import image, values
from harness.discovery.resampling.placing import Placing
from harness.discovery.resampling.runs import run, size
from harness.model import KERNELS

SECTION = (3, 2)
"""(xmin, ymin), 1-based: the first column and line of the output that the arrays hold."""


def part_checks() -> Iterator[Check]:
    """Parts of the input, and outputs that begin beyond the first pixel."""
    for kernel in (*KERNELS[:3], "gaussian"):
        kernel_size = size(kernel, 0.7)
        calls, lines = {}, {}
        for name, placing in {"straight": STRAIGHT, "turned": TURNED,
                              "over": PARTIAL["over-corner"]}.items():  # fmt: skip
            for fill in ("-7", "INDEF"):
                calls[f"{name}-{fill}"] = _section(placing, kernel, kernel_size, fill)
        for name, placing in {"straight": STRAIGHT, "turned": TURNED}.items():
            ny = placing.pixmap.shape[0]
            one = image(placing, pixfrac=kernel_size, limits=(None, None, None, ny - 4))
            lines[name] = make_call(placing, one, kernel, dny=ny - 3)
        yield call_check(
            f"section-{kernel}",
            "An output that begins at (xmin, ymin) holds that part of the whole one.",
            calls,
        )
        yield call_check(f"lines-{kernel}", "Only the first dny lines are drizzled.", lines)
        start, whole = 2, image(TURNED, pixfrac=kernel_size)
        kept = whole.data.shape[0] - start
        rest = replace(
            whole,
            data=whole.data[:kept],
            weight=None if whole.weight is None else whole.weight[:kept],
            pixmap=whole.pixmap[start:],
        )
        meaning = run(TURNED, kernel, rest)
        request = cdriz_call(TURNED, whole, kernel, ystart=start, dny=kept)
        yield call_check(
            f"ystart-{kernel}",
            "The first line of the array is line ystart of the image.",
            {"2": CdrizCall(request=request, meaning=meaning,
                            truth=lambda meaning=meaning: OraclePerformer().perform(meaning))},  # type: ignore[misc]
        )  # fmt: skip


def _section(placing: Placing, kernel: str, pixfrac: float, fill: str) -> CdrizCall:
    """Return the call of which the lower and left part is cut off, with the rest as its truth."""
    left, below = SECTION[0] - 1, SECTION[1] - 1
    # (Without weights of zero: what they do to the science image is not what is asked here.)
    ny, nx = placing.pixmap.shape[:2]
    weight = np.maximum(values("weight", (ny, nx), 0), np.float32(0.4))
    one = image(placing, pixfrac=pixfrac, weight=weight)
    ny, nx = placing.output
    smaller = replace(placing, output=(ny - below, nx - left))
    value = BEFORE if fill == "INDEF" else float(fill)
    moved = replace(one, pixmap=one.pixmap - np.array([left, below]))
    meaning = run(smaller, kernel, moved, fillval=value)

    def truth() -> Reply:
        part = OraclePerformer().perform(meaning)
        return replace(part, **{name: _embedded(getattr(part, name), placing.output, before)
                                for name, before in OUTSIDE.items()})  # fmt: skip

    request = cdriz_call(placing, one, kernel, xmin=SECTION[0], ymin=SECTION[1], fill=fill)
    return CdrizCall(request=request, meaning=meaning, truth=truth)


OUTSIDE: dict[str, float] = {"sci": BEFORE, "wht": 0.0, "ctx": 0}
"""What the arrays hold where no call may write."""


def _embedded(part: Any, shape: tuple[int, int], before: float) -> Any:
    whole = np.full((*part.shape[:-2], *shape), before, dtype=part.dtype)
    whole[..., : part.shape[-2], : part.shape[-1]] = part
    return whole
