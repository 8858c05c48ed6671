"""Checks of arguments: factors, units, fill values, limits, layouts and types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage
from harness.discovery.layout import LAYOUTS, lay_out
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.defaults import default_checks
from harness.discovery.resampling.geometry import CONTAINED, EDGES, PARTIAL, STRAIGHT, TURNED
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import counts, honoured_or_refused, returned_figures
from harness.discovery.resampling.placing import Placing
from harness.discovery.resampling.refusals import refusal_checks
from harness.discovery.resampling.runs import products, run, size
from harness.model import KERNELS

FACTORS: dict[str, dict[str, Any]] = {
    "iscale": {"iscale": 2.75},
    "weight-scale": {"weight_scale": 0.375},
    "counts": {"in_units": "counts", "exptime": 12.5},
    "counts-iscale": {"in_units": "counts", "exptime": 12.5, "iscale": 3.5},
    "cps-exptime": {"exptime": 12.5},
    "all": {"in_units": "counts", "exptime": 0.4, "iscale": 1.5, "weight_scale": 2.125},
}
FILLS = (None, "INDEF", "indef", "NaN", "nan", 0.0, -7.0, 3.5, "2.25", "", "-1e3")
LIMITS = (
    (2, 5, 1, 4), (0, 4, 0, 3), (3, 0, 2, 0), (None, 5, None, None), (1, None, 2, 5),
    (0, 99, 0, 99), (2, 7, 1, 6), (-3, 5, -2, 4),
)  # fmt: skip
"""(xmin, xmax, ymin, ymax); zeros and what lies beyond the image are no limits."""


def argument_checks() -> Iterator[Check]:
    """Yield them all."""
    for group in (_factors, _fills, _limits, default_checks, _layouts, refusal_checks):
        yield from group()


def _factors() -> Iterator[Check]:
    for name, fields in FACTORS.items():
        for planes in (0, 2):
            requests = {
                kernel: run(STRAIGHT, kernel, image(
                    STRAIGHT, pixfrac=size(kernel, 0.7), planes=planes, dq=bool(planes), **fields))
                for kernel in KERNELS
            }  # fmt: skip
            yield products(
                f"factor/{name}{'-variance-dq' if planes else ''}",
                "Data are multiplied by iscale, counts divided by the exposure time, weights "
                "multiplied by their scale, and variances by the squares.",
                requests,
            )


def _fills() -> Iterator[Check]:
    for planes in (0, 1):
        one = image(STRAIGHT, pixfrac=0.8, planes=planes)
        yield products(
            f"fill/science{'-variance' if planes else ''}",
            "Pixels without weight have the fill value, or NaN where there is none.",
            {repr(fillval): run(STRAIGHT, "square", one, fillval=fillval) for fillval in FILLS},
        )


def _limits() -> Iterator[Check]:
    for kernel in KERNELS:
        requests = {}
        for limits in LIMITS:
            one = image(STRAIGHT, pixfrac=size(kernel, 0.8), limits=limits)
            requests[str(limits)] = run(STRAIGHT, kernel, one)
            one = image(TURNED, pixfrac=size(kernel, 0.8), limits=limits, planes=1, dq=True)
            requests[f"turned-{limits}"] = run(TURNED, kernel, one)
        yield products(f"limits/{kernel}", "Only pixels within the limits give weight.", requests)
        for planes in (0, 1):
            yield _counted_limits(kernel, planes)


def _counted_limits(kernel: str, planes: int) -> Check:
    """Return the check of what is counted where limits leave a part of the image out."""
    requests = {}
    for name in ("straight", "turned", "mirrored-turned"):
        placing = CONTAINED[name]
        for limits in ((2, 5, 1, 4), (1, None, 2, 5), (3, 6, 2, 5)):
            requests[f"{name}-{limits}"] = _with_limits(placing, kernel, planes, limits)
    for name, placing in {**PARTIAL, **EDGES}.items():
        if placing.pixmap.shape[0] == STRAIGHT.pixmap.shape[0]:
            requests[name] = _with_limits(placing, kernel, planes, (2, 6, 1, 5))
            # Up to the last line, so that its end is that of the image's part on the output.
            requests[f"{name}-last"] = _with_limits(placing, kernel, planes, (2, 6, 1, None))
    return Check(
        name=f"counts-limits/{kernel}{'-variance' if planes else ''}",
        statement="Only pixels and lines within the limits are counted as missed.",
        requests=requests,
        judge=counts,
        summary=returned_figures,
    )


def _with_limits(
    placing: Placing, kernel: str, planes: int, limits: tuple[int | None, ...]
) -> DrizzleRequest:
    even = np.full(placing.pixmap.shape[:2], 1.5, dtype=np.float32)
    return run(placing, kernel, image(placing, planes=planes, weight=even, limits=limits))


def _layouts() -> Iterator[Check]:
    plain = image(TURNED, planes=2, dq=True)
    for layout in LAYOUTS:
        if layout == "broadcast":
            # All rows become equal: another request, not another layout.
            continue
        yield products(
            f"layout/{layout}",
            "An array is its values, not its memory, or it is refused.",
            {"all": run(TURNED, "square", _laid_out(plain, layout))},
            judge=honoured_or_refused,
        )
    types: dict[str, dict[str, Any]] = {
        "big-endian": {"data": ">f4", "weight": ">f4", "pixmap": ">f8"},
        "double": {"data": "f8", "weight": "f8"},
        "single-pixmap": {"pixmap": "f4"},
    }
    for name, kinds in types.items():
        changed = {field: getattr(plain, field).astype(kind) for field, kind in kinds.items()}
        one = replace(plain, variance=None, dq=None, **changed)
        yield products(
            f"type/{name}",
            "Types are converted and values kept, or they are refused.",
            {"all": run(TURNED, "square", one)},
            judge=honoured_or_refused,
        )


def _laid_out(one: RawImage, layout: str) -> RawImage:
    assert one.weight is not None  # noqa: S101 - `image` gives one
    assert one.dq is not None  # noqa: S101 - as above
    return replace(
        one,
        data=lay_out(one.data, layout),
        weight=lay_out(one.weight, layout),
        pixmap=lay_out(one.pixmap, layout),
        dq=lay_out(one.dq, layout),
        variance=tuple(lay_out(plane, layout) for plane in one.variance or () if plane is not None),
    )
