"""Checks of `cdrizzle.tblot`, which pipelines call without the function around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, ExtensionRequest, Reply
from harness.discovery.blot_reference import blot
from harness.discovery.resampling.blots import ROUNDING, blotted
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import or_refused, outcome_figures, refusal
from harness.discovery.resampling.leaks import EITHER, leak_check
from harness.discovery.subject import Subject
from harness.discovery.violation import compare

SHAPE = (11, 12)
GIVEN: dict[str, Any] = {"interp": "linear"}
CALLS: dict[str, tuple[dict[str, Any], float, float, str]] = {
    "few": ({}, 1.0, 0.0, ""),
    "iscale": ({"iscale": 2.5}, 2.5, 0.0, ""),
    "iscale-none": ({"iscale": None, "scale": None, "kscale": None}, 1.0, 0.0, ""),
    "scale": ({"scale": 0.5, "iscale": 9.0}, 4.0, 0.0, "'scale'"),
    "kscale": ({"kscale": 3.0}, 1.0, 0.0, "'kscale'"),
    "exptime": ({"exptime": 12.5, "iscale": 0.5}, 6.25, 0.0, "'exptime'"),
    "fillval": ({"fillval": -7.5}, 1.0, -7.5, ""),
    "fillval-none": ({"fillval": None, "misval": None, "exptime": None}, 1.0, 0.0, ""),
    "misval": ({"misval": -3.5}, 1.0, -3.5, "'misval'"),
    "limits": ({"xmin": 0, "xmax": 4, "ymin": 0, "ymax": 3}, 1.0, 0.0, ""),
    "limits-zero": ({"xmin": 1, "xmax": 0, "ymin": 2, "ymax": 0}, 1.0, 0.0, ""),
}
"""Arguments, factor on the data, value beyond the image, and what a warning must name."""


def tblot_checks() -> Iterator[Check]:
    """Yield them all."""
    requests = {name: call(**fields) for name, (fields, *_) in CALLS.items()}
    meanings = {id(request): CALLS[name] for name, request in requests.items()}
    default = call(interp=None)
    default = replace(default, arguments=tuple(p for p in default.arguments if p[0] != "interp"))
    requests["poly5"] = default
    meanings[id(default)] = ({"interp": "poly5"}, 1.0, 0.0, "")

    def truth(request: Any) -> Any:
        fields, factor, fill, _ = meanings[id(request)]
        return blot(
            BlotRequest(data=_data(), pixmap=_pixmap(), interp=fields.get("interp", "linear"),
                        iscale=factor, fillval=fill)
        )  # fmt: skip

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        warns = meanings[id(request)][3]
        if warns and not any(
            one.startswith("DeprecationWarning") and warns in one for one in reply.warnings
        ):
            return f"no DeprecationWarning names {warns}: {reply.warnings}"
        if reply.warnings and not warns:
            return f"warnings: {reply.warnings}"
        allowed = ROUNDING * 13 * meanings[id(request)][1]
        difference = compare("sci", result, truth, allowed, BlotRequest(  # a record only
            data=_data(), pixmap=_pixmap()))  # fmt: skip
        return difference.message if difference else ""

    yield Check(
        name="tblot/arguments",
        statement="Arguments mean what is documented; those that are out of date are told.",
        requests=requests,
        judge=judge,
        summary=_figures,
        truth=truth,
    )
    yield from _small()
    reversed_output = call(output=np.full(_pixmap().shape[:2], 99.0, dtype=np.float32)[::-1])
    meanings[id(reversed_output)] = CALLS["few"]
    yield Check(
        name="tblot/outputs",
        statement="An output of another layout is filled, or refused.",
        requests={"reversed": reversed_output},
        judge=or_refused(judge),
        summary=_figures,
        truth=truth,
    )
    yield from _refusals()
    reverse = _data()[::-1].copy()[::-1]
    leaks = {
        "plain": call(),
        "lanczos": call(interp="lanczos3"),
        "copies": call(source=reverse, pixmap=_pixmap()[::-1].copy()[::-1],
                       output=np.zeros(_pixmap().shape[:2], dtype=np.float32)[::-1]),
        **{name: call(**fields) for name, (_, fields) in BAD.items() if name not in DEADLY},
    }  # fmt: skip
    yield leak_check(
        "tblot/leaks",
        leaks,
        statement=EITHER,
    )


def _small() -> Iterator[Check]:
    """Yield the check of outputs of one pixel, and of one row or column."""
    requests, truths = {}, {}
    limits: dict[str, dict[str, Any]] = {
        "": {},
        # Up to the last column and row, of which there are more in the one direction.
        "-first": {"xmin": 2, "xmax": 0, "ymin": 0, "ymax": 0},
        "-second": {"xmin": 0, "xmax": 0, "ymin": 2, "ymax": 0},
    }
    for ny, nx in ((1, 1), (1, 4), (4, 1)):
        pixmap = _pixmap()[1 : 1 + ny, 1 : 1 + nx]
        for which, some in limits.items():
            if some.get("xmin", 0) < nx and some.get("ymin", 0) < ny:
                request = call(
                    pixmap=pixmap, output=np.full((ny, nx), 99.0, dtype=np.float32), **some
                )
                requests[f"{ny}x{nx}{which}"] = request
                truths[id(request)] = BlotRequest(data=_data(), pixmap=pixmap, interp="linear")

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        difference = compare("sci", result, truth, ROUNDING * 13, truths[id(request)])
        return difference.message if difference else ""

    yield Check(
        name="tblot/small",
        statement="An output may be as small as one pixel.",
        requests=requests,
        judge=judge,
        summary=_figures,
        truth=lambda request: blot(truths[id(request)]),
    )


def _data() -> Any:
    return (16 * np.random.default_rng(8).random(SHAPE) - 3).astype(np.float32)


def _pixmap() -> Any:
    """Return positions well inside the image, and two beyond it."""
    y, x = np.indices((5, 6), dtype=np.float64)
    pixmap = np.stack([3.3 + 0.91 * x + 0.05 * y, 3.2 + 0.87 * y], axis=-1)
    pixmap[0, 0] = (-4.0, 3.0)
    pixmap[4, 5] = (5.0, 40.0)
    return pixmap


def call(**changes: Any) -> ExtensionRequest:
    """Return a call of tblot by linear interpolation, some of its arguments changed."""
    arguments: dict[str, Any] = {
        "source": _data(),
        "pixmap": _pixmap(),
        "output": np.full(_pixmap().shape[:2], 99.0, dtype=np.float32),
        **GIVEN,
    } | changes
    return ExtensionRequest(function="tblot", arguments=tuple(arguments.items()))


def _wrong_shapes() -> dict[str, tuple[tuple[str, ...], dict[str, Any]]]:
    ny, nx = _pixmap().shape[:2]
    return {
        "output-tall": (("pixel map", "pixmap"), {"output": np.zeros((ny + 1, nx), "f4")}),
        "output-wide": (("pixel map", "pixmap"), {"output": np.zeros((ny, nx + 1), "f4")}),
        "source-cube": (("input",), {"source": np.zeros((2, 3, 4), "f4")}),
        "pixmap-flat": (("pixmap",), {"pixmap": np.zeros((ny, nx))}),
    }


BAD: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    **_wrong_shapes(),
    "source-text": (("input",), {"source": "rubbish"}),
    "pixmap-text": (("pixmap",), {"pixmap": "rubbish"}),
    "output-text": (("output",), {"output": "rubbish"}),
    "interp": (("interp",), {"interp": "bogus"}),
    "scale-zero": (("scale",), {"scale": 0.0}),
    "scale-negative": (("scale",), {"scale": -1.0}),
    "scale-infinite": (("scale",), {"scale": np.inf}),
    "scale-text": (("scale",), {"scale": "rubbish"}),
    "iscale-zero": (("iscale",), {"iscale": 0.0}),
    "iscale-negative": (("iscale",), {"iscale": -1.0}),
    "iscale-infinite": (("iscale",), {"iscale": np.inf}),
    "iscale-text": (("iscale",), {"iscale": "rubbish"}),
    "exptime-zero": (("exptime",), {"exptime": 0.0}),
    "exptime-negative": (("exptime",), {"exptime": -1.0}),
    "exptime-infinite": (("exptime",), {"exptime": np.inf}),
    "exptime-text": (("exptime",), {"exptime": "rubbish"}),
    "fillval-text": (("fillval",), {"fillval": "rubbish"}),
    "both-fills": (("misval",), {"fillval": 1.0, "misval": 2.0}),
    "pixmap-nan": (("nan in pixmap",), {"pixmap": np.where(_pixmap() > 40 - 1, np.nan, _pixmap())}),
    "xmin-negative": (("xmin",), {"xmin": -1}),
    "ymin-negative": (("ymin",), {"ymin": -1}),
    "x-empty": (("xmax",), {"xmin": 4, "xmax": 3}),
    "x-one": (("xmax",), {"xmin": 3, "xmax": 3}),
    "y-empty": (("ymax",), {"ymin": 4, "ymax": 3}),
    "y-one": (("ymax",), {"ymin": 3, "ymax": 3}),
}
"""Words of which a message must have one, and arguments that must be refused."""
SHAPES_TOLD = {"output-tall": (6, 5, 6, 6), "output-wide": (6, 5, 7, 5)}
"""(nx, ny) of pixmap and output, as the message must tell them."""
DEADLY = ("source-cube", "pixmap-flat")
"""What drizzle 3.0 takes, and reads beyond."""


def _refusals() -> Iterator[Check]:
    for name, (words, fields) in BAD.items():
        yield Check(
            name=f"tblot-refused/{name}",
            statement="What cannot be meant is refused, with a message that names it.",
            requests={"call": call(**fields)},
            judge=refusal(*words, numbers=SHAPES_TOLD.get(name, ())),
            summary=outcome_figures,
            truth=lambda request: None,
            deadly="at once" if name in DEADLY else "",
        )


def _figures(request: Any, reply: Reply) -> tuple[float, ...]:
    if reply.sci is None:
        return (-1.0,)
    return (float(f"{float(np.nan_to_num(reply.sci).sum(dtype=np.float64)):.7g}"),)
