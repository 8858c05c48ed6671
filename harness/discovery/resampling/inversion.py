"""Checks of `drizzle.cdrizzle.invert_pixmap`, from the output back into an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cores.request import Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.clipping import extension_call, refused_call, value_figures
from harness.discovery.resampling.geometry import CONTAINED
from harness.discovery.resampling.judge import outcome_figures
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.resampling.placing import place
from harness.discovery.subject import Subject
from harness.discovery.violation import failed

INVERSION = 0.03
"""Input pixels within which drizzle 3.0 means to invert a pixmap."""


def inversion_checks() -> Iterator[Check]:
    """Yield them all."""
    requests = {}
    truths: dict[int, tuple[float, float]] = {}
    for name in ("straight", "fine", "turned", "mirrored-turned", "sheared"):
        placing = CONTAINED[name]
        for x, y in ((2.3, 4.1), (0.2, 0.4), (6.6, 5.7), (3.49, 2.51)):
            bounds = {"free": None, "box": np.array([[-0.5, 7.5], [-0.5, 6.5]])}
            for which, box in bounds.items():
                request = extension_call(
                    "invert_pixmap", placing.pixmap, _at(placing.pixmap, x, y), box
                )
                requests[f"{name}-{x}-{y}-{which}"] = request
                truths[id(request)] = (x, y)
    large = place((400.0, 300.0), shape=(300, 200), turn=12.0)
    request = extension_call("invert_pixmap", large.pixmap, _at(large.pixmap, 17.3, 288.6), None)
    requests["large"] = request
    truths[id(request)] = (17.3, 288.6)
    part = extension_call("invert_pixmap", large.pixmap, _at(large.pixmap, 44.1, 133.7),
                 np.array([[40.0, 60.0], [120.0, 150.0]]))  # fmt: skip
    requests["part"] = part
    truths[id(part)] = (44.1, 133.7)
    yield _boxes()
    yield Check(
        name="inversion/positions",
        statement="A position that is mapped forth is mapped back, within 0.03 pixels.",
        requests=requests,
        judge=_judge_inversion,
        summary=value_figures,
        truth=lambda request: truths[id(request)],
    )
    straight = CONTAINED["straight"]
    lost = np.full_like(straight.pixmap, np.nan)
    where = np.array([6.0, 7.0])
    yield Check(
        name="inversion/lost",
        statement="Where positions are NaN there is no inverse, and none is told.",
        requests={"nan": extension_call("invert_pixmap", lost, where, None)},
        judge=lambda subject, request, reply, truth: (
            ""
            if reply.outcome == "returned" and reply.attributes.get("value") is None
            else f"{reply.outcome}: {reply.attributes.get('value')}"
        ),
        summary=outcome_figures,
        truth=lambda request: None,
    )
    for name, values in {
        "pixmap": ("rubbish", where, None),
        "position": (straight.pixmap, "rubbish", None),
        "box": (straight.pixmap, where, "rubbish"),
        # Of another type, so that they are converted, and of one axis too many.
        "pixmap-deep": (np.ones((7, 8, 2, 1), "i2"), where, None),
        "position-deep": (straight.pixmap, np.ones((2, 1), "i2"), None),
        "box-deep": (straight.pixmap, where, np.ones((2, 2, 1), "i2")),
    }.items():
        yield refused_call(f"inversion-refused/{name}", extension_call("invert_pixmap", *values))
    reverse = np.ascontiguousarray(straight.pixmap[::-1])[::-1]
    there = _at(straight.pixmap, 2.3, 4.1)
    bounds_given = ((-0.5, 7.5), (-0.5, 6.5))
    calls: dict[str, tuple[Any, ...]] = {
        "plain": (straight.pixmap, there, None),
        "copy": (reverse, there, None),
        "lists": (straight.pixmap, tuple(there.tolist()), bounds_given),
    }
    for name, given in calls.items():
        yield leak_check(
            f"inversion/leaks-{name}", {"call": extension_call("invert_pixmap", *given)}
        )


def _boxes() -> Check:
    """Return the check that positions are looked for in a box, [[x0, x1], [y0, y1]], alone."""
    large = place((400.0, 300.0), shape=(90, 120), turn=12.0)
    requests, truths = {}, {}
    boxes = {
        "wide": ((5.0, 110.0), (20.0, 31.0)),
        "tall": ((30.0, 44.0), (3.0, 85.0)),
        "corner": ((80.0, 119.0), (60.0, 89.0)),
        "origin": ((0.0, 20.0), (0.0, 50.0)),
    }
    for name, ((x0, x1), (y0, y1)) in boxes.items():
        inside = {
            "low": (x0 + 0.6, y0 + 0.7),
            "high": (x1 - 0.4, y1 - 0.3),
            "mixed": (x0 + 0.8, y1 - 0.9),
            "middle": ((x0 + x1) / 2, (y0 + y1) / 2),
        }
        for which, (x, y) in inside.items():
            request = extension_call("invert_pixmap", large.pixmap, _at(large.pixmap, x, y),
                            np.array([[x0, x1], [y0, y1]]))  # fmt: skip
            requests[f"{name}-{which}"] = request
            truths[id(request)] = ((x, x), (y, y))
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        beyond = {"left": (x0 - 15, middle[1]), "right": (x1 + 15, middle[1]),
                  "below": (middle[0], y0 - 15), "above": (middle[0], y1 + 15)}  # fmt: skip
        for which, (x, y) in beyond.items():
            request = extension_call("invert_pixmap", large.pixmap, _at(large.pixmap, x, y),
                            np.array([[x0, x1], [y0, y1]]))  # fmt: skip
            requests[f"{name}-beyond-{which}"] = request
            truths[id(request)] = ((x0, x1), (y0, y1))

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        found = failed(reply, request)
        if found is not None:
            return found.message
        value = reply.attributes.get("value")
        near = value is not None and all(
            low - EDGE <= one <= high + EDGE if low < high else abs(one - low) <= INVERSION
            for one, (low, high) in zip(value, truth, strict=True)
        )
        return "" if near else f"{value} instead of {truth}"

    return Check(
        name="inversion/boxes",
        statement="A position is looked for in the box, and nowhere else.",
        requests=requests,
        judge=judge,
        summary=value_figures,
        truth=lambda request: truths[id(request)],
    )


EDGE = 1.0
"""Input pixels by which the edge of a box is rounded outwards: to whole pixels, and their half."""


def _at(pixmap: Any, x: float, y: float) -> Any:
    """Return the position of a point between pixels of an affine pixmap."""
    origin, right, up = pixmap[0, 0], pixmap[0, 1] - pixmap[0, 0], pixmap[1, 0] - pixmap[0, 0]
    return origin + x * right + y * up


def _judge_inversion(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
    found = failed(reply, request)
    if found is not None:
        return found.message
    value = reply.attributes.get("value")
    if value is None or np.abs(np.subtract(value, truth)).max() > INVERSION:
        return f"{value} instead of {truth}"
    return ""
