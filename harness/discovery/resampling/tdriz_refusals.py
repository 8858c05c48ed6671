"""Arguments of `cdrizzle.tdriz` that cannot be meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.discovery.resampling.geometry import STRAIGHT
from harness.discovery.resampling.images import image

ARRAYS = {
    "input": ("input",), "weights": ("weight",), "pixmap": ("pixmap",), "output": ("output",),
    "counts": ("counts", "weight"), "context": ("context",), "dq": ("dq",), "outdq": ("dq",),
}  # fmt: skip
"""Arguments that are arrays, and what a message may call them."""
DEADLY = ("input2-tall", "input2-wide", "input2-second", "output2-tall", "output2-wide",
          "output2-none")  # fmt: skip
"""Refusals by which drizzle 3.0 takes references back that it does not hold."""


SHAPES_TOLD = {
    "pixmap-tall": (8, 8, 8, 7), "pixmap-wide": (9, 7, 8, 7), "weights-tall": (8, 8, 8, 7),
    "weights-wide": (9, 7, 8, 7), "counts-tall": (14, 16, 14, 15), "counts-wide": (15, 15, 14, 15),
    "context-tall": (14, 16, 14, 15), "context-wide": (15, 15, 14, 15),
}  # fmt: skip
"""(nx, ny) found and allowed, as the message must tell them."""


def bad_arguments() -> dict[str, tuple[tuple[str, ...], dict[str, Any]]]:
    """Return, by name, words that a message must have, and arguments that must be refused."""
    one = image(STRAIGHT)
    ny, nx = one.data.shape
    shape = STRAIGHT.output
    odd = np.ones((ny + 1, nx), dtype=np.float32)
    wide = np.ones((ny, nx + 1), dtype=np.float32)
    large = (shape[0] + 1, shape[1])
    broad = (shape[0], shape[1] + 1)
    pixmaps = {
        "pixmap-tall": np.ones((ny + 1, nx, 2)),
        "pixmap-wide": np.ones((ny, nx + 1, 2)),
        "pixmap-depth": np.ones((ny, nx, 3)),
        "pixmap-flat": np.ones((ny, nx)),
        "pixmap-nan": np.full((ny, nx, 2), np.nan),
    }
    bad: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        name: (("pixel map", "pixmap"), {"pixmap": value}) for name, value in pixmaps.items()
    }
    for name, words in ARRAYS.items():
        bad[f"{name}-text"] = (words, {name: "rubbish", **({"outdq": np.zeros(shape, "u4")}
                                                          if name == "dq" else {})})  # fmt: skip
        if name != "pixmap":
            bad[f"{name}-cube"] = (words, {name: np.zeros((2, 3, 4), dtype=np.float32),
                                           **({"outdq": np.zeros(shape, "u4")}
                                              if name == "dq" else {})})  # fmt: skip
    for name, words in ARRAYS.items():
        depths = {"deep": 4, "flat": 2} if name == "pixmap" else {"deep": 3, "flat": 1}
        for kind, axes in depths.items():
            # Not of the type and order that are taken as they are; else, what is too deep has the
            # right size.
            right = shape if name in ("output", "counts", "context", "outdq") else (ny, nx)
            sides = (*right, 2, 1)[:axes] if name == "pixmap" else (*right, 1)[:axes]
            value = np.ones(sides, dtype="f4" if name == "pixmap" else "i2")
            with_output = {"outdq": np.zeros(shape, "u4")} if name == "dq" else {}
            bad[f"{name}-converted-{kind}"] = (words, {name: value, **with_output})
    bad["kernel-long"] = (("kernel type '" + 100 * "k",), {"kernel": 700 * "k"})
    bad |= {
        "weights-tall": (("weight",), {"weights": odd}),
        "weights-wide": (("weight",), {"weights": wide}),
        "counts-tall": (("weight",), {"counts": np.zeros(large, dtype=np.float32)}),
        "counts-wide": (("weight",), {"counts": np.zeros(broad, dtype=np.float32)}),
        "context-tall": (("context",), {"context": np.zeros(large, dtype=np.int32)}),
        "context-wide": (("context",), {"context": np.zeros(broad, dtype=np.int32)}),
        "dq-alone": (("outdq",), {"dq": np.ones((ny, nx), dtype=np.uint32), "outdq": None}),
        "input2-alone": (("output2",), {"input2": (one.data,), "output2": None}),
        "output2-alone": (("input2",), {"input2": None, "output2": (_image(shape),)}),
        "input2-tall": (("input2",), {"input2": (odd,), "output2": (_image(shape),)}),
        "input2-wide": (("input2",), {"input2": (wide,), "output2": (_image(shape),)}),
        "input2-second": (
            ("input2",),
            {"input2": (one.data, odd), "output2": (_image(shape), _image(shape))},
        ),
        "output2-tall": (("output2",), {"input2": (one.data,), "output2": (_image(large),)}),
        "output2-wide": (("output2",), {"input2": (one.data,), "output2": (_image(broad),)}),
        "output2-more": (
            ("output2",),
            {"input2": (one.data,), "output2": (_image(shape), _image(shape))},
        ),
        "output2-none": (("output2",), {"input2": (one.data,), "output2": (None,)}),
        "input2-vector": (("input2",), {"input2": np.zeros(4), "output2": (_image(shape),)}),
        "input2-cube": (
            ("input2",),
            {"input2": (np.ones((ny, nx, 2)),), "output2": (_image(shape),)},
        ),
        **{
            f"input2-converted-deep{suffix}": (
                ("input2",),
                {"input2": value, "output2": (_image(shape),)},
            )
            for suffix, value in {
                "": (np.ones((ny, nx, 1), "i2"),),
                "-alone": np.ones((ny, nx, 1), "i2"),
            }.items()
        },
        "output2-converted-deep": (
            ("output2",),
            {"input2": (one.data,), "output2": (np.ones((*shape, 1), "i2"),)},
        ),
        "input2-text": (("input2",), {"input2": "rubbish", "output2": (_image(shape),)}),
        "input2-texts": (("input2",), {"input2": ("rubbish",), "output2": (_image(shape),)}),
        "scale-zero": (("scale",), {"scale": 0.0}),
        "scale-negative": (("scale",), {"scale": -1.0}),
        "scale-infinite": (("scale",), {"scale": np.inf}),
        "scale-nan": (("scale",), {"scale": np.nan}),
        "scale-text": (("scale",), {"scale": "rubbish"}),
        "iscale-zero": (("iscale",), {"iscale": 0.0}),
        "iscale-negative": (("iscale",), {"iscale": -2.0}),
        "iscale-infinite": (("iscale",), {"iscale": np.inf}),
        "ratio-zero": (("pscale_ratio",), {"pscale_ratio": 0.0}),
        "ratio-negative": (("pscale_ratio",), {"pscale_ratio": -2.0}),
        "ratio-infinite": (("pscale_ratio",), {"pscale_ratio": np.inf}),
        "ratio-text": (("pscale_ratio",), {"pscale_ratio": "rubbish"}),
        "fill-text": (("fill",), {"fillstr": "rubbish"}),
        "fill-tail": (("fill",), {"fillstr": "3x"}),
        # (Next to the words that are allowed, in the order of letters.)
        **{
            f"{name}-near-{text}": (("fill",), {argument: text})
            for name, argument in {"fill": "fillstr", "fill2": "fillstr2"}.items()
            for text in ("NaO", "NbN", "OaN", "nao", "oan", "INDEG", "indeg", "JNDEF")
        },
        "fill2-text": (("fill",), {"fillstr2": "rubbish"}),
        "fill2-tail": (("fill",), {"fillstr2": "3x"}),
        "kernel": (("kernel",), {"kernel": "bogus"}),
        "units": (("unit",), {"in_units": "bogus"}),
        "time-zero": (("exposure",), {"expscale": 0.0}),
        "time-negative": (("exposure",), {"expscale": -1.0}),
        "weight-scale-zero": (("weight scale",), {"wtscale": 0.0}),
        "weight-scale-negative": (("weight scale",), {"wtscale": -1.0}),
        "x-negative": (("xmin",), {"xmin": -1}),
        "y-negative": (("ymin",), {"ymin": -1}),
        "x-empty": (("x", "pixel"), {"xmin": 5, "xmax": 3}),
        "x-one": (("x", "pixel"), {"xmin": 4, "xmax": 4}),
        "y-empty": (("y", "pixel"), {"ymin": 5, "ymax": 3}),
        "y-one": (("y", "pixel"), {"ymin": 4, "ymax": 4}),
    }
    return bad


def _image(shape: tuple[int, int]) -> Any:
    return np.zeros(shape, dtype=np.float32)
