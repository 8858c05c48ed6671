"""Checks of arguments: factors, units, fill values, limits, defaults, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage, Request
from harness.discovery.layout import LAYOUTS, lay_out
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.drizzles import products, run, size
from harness.discovery.resampling.geometry import (
    CONTAINED,
    EDGES,
    PARTIAL,
    SPREAD,
    VARYING,
    Placing,
    place,
)
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import (
    counts,
    honoured_or_refused,
    outcome_figures,
    product_figures,
    refusal,
    returned_figures,
)
from harness.model import KERNELS

TIME = ("exptime", "exposure", "expin")
"""What a message may call the exposure time."""
STRAIGHT = CONTAINED["straight"]
TURNED = CONTAINED["turned"]
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
    for group in (_factors, _fills, _limits, _defaults, _layouts, _refusals):
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


def _defaults() -> Iterator[Check]:
    for planes in (0, 1):
        suffix = "-variance" if planes else ""
        for kernel in ("turbo", "gaussian", "lanczos2", "lanczos3"):
            yield products(
                f"ratio/{kernel}{suffix}",
                "Without a pixel scale ratio the one of the pixmap is taken.",
                {
                    name: run(placing, kernel,
                              image(placing, pixel_scale_ratio=None, planes=planes))
                    for name, placing in {**CONTAINED, **VARYING}.items()
                    if name in VARYING or placing.ratio != 1.0
                },
            )  # fmt: skip
        yield products(
            f"ratio-partial/turbo{suffix}",
            "Without a ratio that of the pixmap is taken, where it lies on the output.",
            {
                f"{name}-{x}-{y}": run(placing, "turbo", image(placing, pixel_scale_ratio=None,
                                                               planes=planes))
                for name, (x, y, placing) in _shifted({**VARYING, **LARGE}).items()
            },
        )  # fmt: skip
        yield products(
            f"ratio-spread/turbo{suffix}",
            "Without a ratio that of the pixmap is taken, in the middle of what is on the output.",
            {
                name: run(placing, "turbo", image(placing, pixel_scale_ratio=None, planes=planes))
                for name, placing in SPREAD.items()
            },
        )
    yield products(
        "default/ratio-of-one",
        "Without a pixel scale ratio the one of the pixmap is taken.",
        {
            f"{kernel}-{planes}": run(STRAIGHT, kernel, image(STRAIGHT, pixel_scale_ratio=None,
                                                              planes=planes))
            for kernel in KERNELS for planes in (0, 1)
        },
    )  # fmt: skip
    smallest = {
        f"{ny}x{nx}": place((5.3, 4.6), ratio=0.8, turn=30.0, shape=(ny, nx), output=(10, 11))
        for ny, nx in ((2, 2), (2, 3), (3, 2), (3, 3))
    }
    yield products(
        "default/ratio-of-few",
        "Without a pixel scale ratio the one of the pixmap is taken, of two pixels a side, too.",
        {name: run(placing, "turbo", image(placing, pixel_scale_ratio=None))
         for name, placing in smallest.items()},
    )  # fmt: skip
    yield products(
        "default/weight",
        "Without a weight map all weights are 1.",
        {
            f"{kernel}-{planes}": run(STRAIGHT, kernel, image(STRAIGHT, weight=None, planes=planes))
            for kernel in KERNELS for planes in (0, 1)
        },
    )  # fmt: skip


LARGE = {
    f"large-{turn}": place((9.6, 10.9), bend=4.1, turn=turn, shape=(24, 29), output=(23, 21))
    for turn in (15.0, 130.0, 250.0)
}
"""Images of which another pixel, of another size, lies in the middle where the middle moves."""


def _shifted(places: dict[str, Placing]) -> dict[str, tuple[int, int, Placing]]:
    """Return placings moved so that different parts of the image lie on the output."""
    moved = {}
    for name, placing in places.items():
        for x, y in ((-7, -2), (6, 3), (1, -7), (-3, 8), (7, 7), (-5, 5), (5, -5), (0, 4)):
            pixmap = placing.pixmap + np.array([x, y])
            moved[f"{name}-{x}-{y}"] = (x, y, replace(placing, pixmap=pixmap))
    return moved


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


def _refusals() -> Iterator[Check]:
    one = image(STRAIGHT)
    ny, nx = one.data.shape
    other = np.ones((ny + 1, nx), dtype=np.float32)
    deep = np.zeros((ny, nx, 3))
    wide = place((5, 5), shape=(ny, nx + 1)).pixmap
    bad: dict[str, tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = {
        "kernel": (("kernel",), {}, {"kernel": "bogus"}),
        "kernel-prefix": (("kernel",), {}, {"kernel": "squared"}),
        "units": (("unit", "in_units"), {"in_units": "electrons"}, {}),
        "units-prefix": (("unit", "in_units"), {"in_units": "cpsx"}, {}),
        "exptime-zero": (TIME, {"exptime": 0.0, "in_units": "counts"}, {}),
        "exptime-negative": (TIME, {"exptime": -1.0, "in_units": "counts"}, {}),
        "iscale-zero": (("iscale",), {"iscale": 0.0}, {}),
        "iscale-negative": (("iscale",), {"iscale": -1.0}, {}),
        "iscale-nan": (("iscale",), {"iscale": np.nan}, {}),
        "iscale-infinite": (("iscale",), {"iscale": np.inf}, {}),
        "ratio-zero": (("scale",), {"pixel_scale_ratio": 0.0}, {}),
        "ratio-negative": (("scale",), {"pixel_scale_ratio": -1.0}, {}),
        "ratio-nan": (("scale",), {"pixel_scale_ratio": np.nan}, {}),
        "ratio-infinite": (("scale",), {"pixel_scale_ratio": np.inf}, {}),
        "weight-scale-zero": (("weight scale", "wht_scale"), {"weight_scale": 0.0}, {}),
        "weight-scale-negative": (("weight scale", "wht_scale"), {"weight_scale": -1.0}, {}),
        "weight-shape": (("weight",), {"weight": other}, {}),
        "pixmap-shape": (("pixmap", "pixel map"), {"pixmap": wide}, {}),
        "pixmap-depth": (("pixmap", "pixel map"), {"pixmap": deep}, {}),
        "dq-shape": (("dq",), {"dq": np.ones((ny, nx + 1), dtype=np.uint32)}, {}),
        "dq-float": (("dq",), {"dq": np.ones((ny, nx), dtype=np.float32)}, {}),
        "variance-shape": (("data2", "input2", "variance"), {"variance": (other,)}, {}),
        "fill": (("fill", "float"), {}, {"fillval": "rubbish"}),
        "fill-tail": (("fill", "float"), {}, {"fillval": "3.5x"}),
        "limits-empty-x": (("xmax", "limit", "pixel"), {"limits": (5, 3, 0, 6)}, {}),
        "limits-empty-y": (("ymax", "limit", "pixel"), {"limits": (0, 7, 4, 2)}, {}),
        "data-cube": (("data", "dimension", "shape", "array", "values to unpack"),
                      {"data": np.ones((2, ny, nx), dtype=np.float32)}, {}),
    }  # fmt: skip
    for name, (words, fields, others) in bad.items():
        request: Request = DrizzleRequest(
            **{"images": (replace(one, **fields),), "kernel": "square", "shape": STRAIGHT.output,
               "fillval": 0.0, **others}
        )  # fmt: skip
        yield Check(
            name=f"refused/{name}",
            statement="What no documentation allows is refused, with a message that names it.",
            requests={"call": request},
            judge=refusal(*words),
            summary=outcome_figures,
            truth=lambda request: None,
        )
    lost = {
        "none": run(STRAIGHT, "square", replace(one, pixmap=np.full((ny, nx, 2), np.nan))),
        "one": run(STRAIGHT, "point", replace(one, pixmap=_one_position(one.pixmap))),
    }
    yield Check(
        name="refused/lost-positions",
        statement="An image without positions is refused, or gives nothing.",
        requests=lost,
        judge=honoured_or_refused,
        summary=product_figures,
    )


def _one_position(pixmap: Any) -> Any:
    left = np.full_like(pixmap, np.nan)
    left[3, 4] = pixmap[3, 4]
    return left
