"""Checks that what no documentation allows is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, Request
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import STRAIGHT
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import (
    honoured_or_refused,
    outcome_figures,
    product_figures,
    refusal,
)
from harness.discovery.resampling.placing import place
from harness.discovery.resampling.runs import run

TIME = ("exptime", "exposure", "expin")
"""What a message may call the exposure time."""


def refusal_checks() -> Iterator[Check]:
    """Yield them all."""
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
