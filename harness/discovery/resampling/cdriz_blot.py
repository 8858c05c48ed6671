"""Checks of drizzlepac's `cdriz.tblot`, as `ablot.do_blot` and other callers make the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, ExtensionRequest, Reply
from harness.discovery.blot_reference import blot
from harness.discovery.resampling.blots import ROUNDING, TABLE, blotted
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import or_refused
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.subject import Subject
from harness.discovery.violation import compare

SHAPE = (13, 14)
MISSING = -99.0
Calls = dict[str, tuple[dict[str, Any], float, tuple[float, float]]]
CALLS: Calls = {
    "plain": ({}, 1.0, (0, 0)),
    "ef": ({"ef": 2.5}, 2.5, (0, 0)),
    "scale": ({"scale": 0.5}, 4.0, (0, 0)),
    "scale-ef": ({"scale": 2.0, "ef": 6.0}, 1.5, (0, 0)),
    "xmin": ({"xmin": 3}, 1.0, (2, 0)),
    "ymin": ({"ymin": 2}, 1.0, (0, 1)),
    "corner": ({"align": "corner"}, 1.0, (0, 0)),
}
"""Arguments, factor on the data, and (x, y) by which the array begins beyond the first pixel."""
WIDTHS = (1.0, 0.8, 0.6, 1.3)
"""Of lanczos, by which 3 is divided for the pixels on either side that it takes."""
INTERPS = ("nearest", "linear", "poly3", "poly5")


def cdriz_blot_checks() -> Iterator[Check]:
    """Yield them all."""
    for interp in INTERPS:
        yield _arguments(interp)
    for interp in ("lan3", "lan5"):
        yield _arguments(interp, {f"kscale-{width}": ({"kscale": width}, 1.0, (0, 0))
                                  for width in WIDTHS})  # fmt: skip
    yield _edges()
    yield _outputs()
    leaks = {interp: blot_call(interp=interp) for interp in (*INTERPS, "lan3", "lan5", "sinc")}
    reverse = _data()[::-1].copy()[::-1]
    leaks["copies"] = blot_call(source=reverse, output=_output()[::-1].copy()[::-1])
    yield leak_check("cdriz-blot/leaks", leaks)


def _outputs() -> Check:
    """Return the check of an output that cdriz cannot write to as it is."""
    request = blot_call(output=np.ascontiguousarray(_output()[::-1])[::-1])

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        filled = np.abs(result - truth).max() <= ROUNDING * 13
        return "" if filled else f"{result[1, 1]} instead of {truth[1, 1]}"

    return Check(
        name="cdriz-blot/outputs",
        statement="An output of another layout is filled, or refused.",
        requests={"reversed": request},
        judge=or_refused(judge),
        summary=lambda request, reply: (
            float(reply.outcome == "returned"),
            -1.0 if reply.sci is None else float(reply.sci.sum(dtype=np.float64)),
        ),
        truth=lambda request: blot(
            BlotRequest(data=_data(), pixmap=_pixmap(), interp="linear", fillval=MISSING)
        ),
    )


def _edges() -> Check:
    """Return the check of positions one pixel beyond the last, where the image has ended."""
    ny, nx = SHAPE
    requests = {}
    for name, place in {"x": (nx, 3.0), "y": (3.0, ny)}.items():
        pixmap = _pixmap()
        pixmap[2, 2] = place
        requests[name] = blot_call(mapping=pixmap)

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        return "" if result[2, 2] == np.float32(MISSING) else f"{result[2, 2]}"

    return Check(
        name="cdriz-blot/edges",
        statement="Beyond the image there is the missing value.",
        requests=requests,
        judge=judge,
        summary=lambda request, reply: (
            float(reply.outcome == "returned"),
            -1.0 if reply.sci is None else float(reply.sci.sum(dtype=np.float64)),
        ),
        truth=lambda request: None,
    )


def _data() -> Any:
    return (16 * np.random.default_rng(9).random(SHAPE) - 3).astype(np.float32)


def _pixmap() -> Any:
    """Return positions well inside the image, also moved by two pixels, and two beyond it."""
    y, x = np.indices((5, 6), dtype=np.float64)
    pixmap = np.stack([5.3 + 0.91 * x + 0.05 * y, 4.2 + 0.87 * y], axis=-1)
    pixmap[0, 0] = (-14.0, 3.0)
    pixmap[4, 5] = (5.0, 40.0)
    return pixmap


def _output() -> Any:
    return np.full(_pixmap().shape[:2], 77.0, dtype=np.float32)


def blot_call(**changes: Any) -> ExtensionRequest:
    """Return a call of cdriz.tblot by linear interpolation, some of its arguments changed."""
    ny, nx = SHAPE
    arguments: dict[str, Any] = {
        "source": _data(), "output": _output(), "xmin": 1, "xmax": nx, "ymin": 1, "ymax": ny,
        "scale": 1.0, "kscale": 1.0, "xscale": 1.0, "yscale": 1.0, "align": "center",
        "interp": "linear", "ef": 1.0, "misval": MISSING, "sinscl": 1.0, "vflag": 1,
        "mapping": _pixmap(),
    } | changes  # fmt: skip
    return ExtensionRequest(function="cdriz.tblot", arguments=tuple(arguments.items()))


def _arguments(interp: str, calls: Calls = CALLS) -> Check:
    requests = {name: blot_call(interp=interp, **fields) for name, (fields, *_) in calls.items()}
    meanings = {}
    for name, request in requests.items():
        _, factor, begin = calls[name]
        meanings[id(request)] = BlotRequest(
            data=_data(), pixmap=_pixmap() - np.array(begin), interp=interp, iscale=factor,
            fillval=MISSING,
        )  # fmt: skip

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        meaning = meanings[id(request)]
        allowed = (TABLE if interp.startswith("lan") else ROUNDING) * 13 * meaning.iscale
        difference = compare("sci", result, truth, allowed, meaning)
        return difference.message if difference else ""

    return Check(
        name=f"cdriz-blot/{interp}",
        statement="All arguments mean what they are called.",
        requests=requests,
        judge=judge,
        summary=lambda request, reply: (
            (-1.0,) if reply.sci is None else (float(reply.sci.sum(dtype=np.float64)),)
        ),
        truth=lambda request: blot(meanings[id(request)]),
    )
