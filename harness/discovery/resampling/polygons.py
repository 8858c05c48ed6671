"""Checks of the geometry that `drizzle.cdrizzle` offers: clipping, and inverting a pixmap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import CONTAINED, place
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.subject import Subject
from harness.discovery.violation import failed

Points = list[tuple[float, float]]
INVERSION = 0.03
"""Input pixels within which drizzle 3.0 means to invert a pixmap."""
VERTEX = 1e-9

WINDOW: Points = [(-0.5, -0.5), (9.5, -0.5), (9.5, 7.5), (-0.5, 7.5)]
POLYGONS: dict[str, Points] = {
    "inside": [(1, 1), (4, 1.5), (3, 5)],
    "same": WINDOW,
    "clockwise": WINDOW[::-1],
    "around": [(-5, -5), (20, -4), (21, 19), (-4, 20)],
    "left": [(-3, 2), (2, 1), (3, 6), (-2, 5)],
    "right": [(7, 2), (13, 1), (12, 6)],
    "bottom": [(2, -4), (6, -3), (5, 3), (3, 4)],
    "top": [(2, 6), (6, 5), (5, 12), (3, 11)],
    "corner": [(8, 6), (13, 6.5), (12, 11), (7, 10)],
    "across": [(-4, 3), (-3, 2), (14, 4), (13, 5)],
    "diamond": [(4.5, -3), (13, 3.5), (4.5, 10), (-4, 3.5)],
    "turned": [(1.7, -2.1), (11.3, 2.9), (7.1, 10.3), (-2.3, 4.7)],
    "turned-clockwise": [(-2.3, 4.7), (7.1, 10.3), (11.3, 2.9), (1.7, -2.1)],
    "touching": [(9.5, 1), (12, 2), (12, 5), (9.5, 4)],
    "clockwise-triangle": [(3, 5), (4, 1.5), (1, 1)],
    "clockwise-over": [(12, 6), (13, 1), (7, 2)],
    "apart": [(20, 20), (23, 21), (22, 24)],
    "midpoints-aslant": [(1, 1), (3, 3), (6, 6), (4, 6.5), (2, 7), (1, 7.25), (1, 4)],
    "midpoints-upright": [(1, 1), (5, 0), (5, 2.5), (5, 4), (1, 4), (1, 2)],
    "midpoints": [(1, 1), (3, 1), (5, 1), (5, 4), (1, 4)],
}
"""Convex polygons (x, y), most of them partly beyond the window."""


def polygon_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _clips()
    yield from _inversions()


def _call(function: str, *values: Any) -> ExtensionRequest:
    return ExtensionRequest(
        function=function,
        arguments=tuple((f"value{number}", value) for number, value in enumerate(values)),
    )


def _clips() -> Iterator[Check]:
    window = np.array(WINDOW)
    requests = {
        name: _call("clip_polygon", np.array(points, dtype=float), window)
        for name, points in POLYGONS.items()
    }
    requests["turned-window"] = _call(
        "clip_polygon", window, np.array(POLYGONS["turned"], dtype=float)
    )
    requests["clockwise-window"] = _call(
        "clip_polygon", np.array(POLYGONS["diamond"], dtype=float), window[::-1].copy()
    )
    requests["lists"] = _call("clip_polygon", tuple(POLYGONS["left"]), tuple(WINDOW))
    yield Check(
        name="polygon/clip",
        statement="The clipped polygon is the intersection, counter-clockwise, without midpoints.",
        requests=requests,
        judge=_judge_clip,
        summary=_value_figures,
        truth=_clip,
    )
    yield leak_check("polygon/leaks", {name: requests[name] for name in ("turned", "lists")})
    for name, values in {"first": ("rubbish", window), "second": (window, "rubbish")}.items():
        yield _refused(f"polygon-refused/{name}", _call("clip_polygon", *values))


def _refused(name: str, request: ExtensionRequest) -> Check:
    return Check(
        name=name,
        statement="What is no array of numbers is refused.",
        requests={"call": request},
        judge=refusal("invalid", "could not convert", "float"),
        summary=outcome_figures,
        truth=lambda request: None,
    )


def _clip(request: ExtensionRequest) -> list[list[float]]:
    """Return the intersection's vertices, counter-clockwise; none where it has no area."""
    from shapely import Polygon
    from shapely.geometry.polygon import orient

    one, other = (Polygon(np.asarray(value)) for _, value in request.arguments)
    found = one.intersection(other)
    if found.geom_type != "Polygon" or found.area < VERTEX:
        return []
    ring = np.array(orient(found.simplify(VERTEX)).exterior.coords)[:-1]
    # The ring may begin on a straight line, where nothing is simplified.
    before, behind = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    turns = np.abs(before[:, 0] * behind[:, 1] - before[:, 1] * behind[:, 0]) > VERTEX
    kept: list[list[float]] = ring[turns].tolist()
    return kept


def _judge_clip(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
    found = failed(reply, request)
    if found is not None:
        return found.message
    got = np.array(reply.attributes["value"], dtype=float).reshape(-1, 2)
    if not truth:
        area = _area(got)
        return "" if abs(area) < VERTEX else f"area {area} where nothing overlaps"
    wanted = np.array(truth)
    if len(got) != len(wanted):
        return f"{len(got)} vertices instead of {len(wanted)}: {got.tolist()}"
    start = int(np.argmin(np.hypot(*(got - wanted[0]).T)))
    gap = np.abs(np.roll(got, -start, axis=0) - wanted).max()
    return "" if gap < VERTEX else f"vertices {got.tolist()} instead of {truth}"


def _area(points: Any) -> float:
    if len(points) < 3:
        return 0.0
    x, y = points.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def _inversions() -> Iterator[Check]:
    requests = {}
    truths: dict[int, tuple[float, float]] = {}
    for name in ("straight", "fine", "turned", "mirrored-turned", "sheared"):
        placing = CONTAINED[name]
        for x, y in ((2.3, 4.1), (0.2, 0.4), (6.6, 5.7), (3.49, 2.51)):
            bounds = {"free": None, "box": np.array([[-0.5, 7.5], [-0.5, 6.5]])}
            for which, box in bounds.items():
                request = _call("invert_pixmap", placing.pixmap, _at(placing.pixmap, x, y), box)
                requests[f"{name}-{x}-{y}-{which}"] = request
                truths[id(request)] = (x, y)
    large = place((400.0, 300.0), shape=(300, 200), turn=12.0)
    request = _call("invert_pixmap", large.pixmap, _at(large.pixmap, 17.3, 288.6), None)
    requests["large"] = request
    truths[id(request)] = (17.3, 288.6)
    part = _call("invert_pixmap", large.pixmap, _at(large.pixmap, 44.1, 133.7),
                 np.array([[40.0, 60.0], [120.0, 150.0]]))  # fmt: skip
    requests["part"] = part
    truths[id(part)] = (44.1, 133.7)
    yield _boxes()
    yield Check(
        name="inversion/positions",
        statement="A position that is mapped forth is mapped back, within 0.03 pixels.",
        requests=requests,
        judge=_judge_inversion,
        summary=_value_figures,
        truth=lambda request: truths[id(request)],
    )
    straight = CONTAINED["straight"]
    lost = np.full_like(straight.pixmap, np.nan)
    where = np.array([6.0, 7.0])
    yield Check(
        name="inversion/lost",
        statement="Where positions are NaN there is no inverse, and none is told.",
        requests={"nan": _call("invert_pixmap", lost, where, None)},
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
    }.items():
        yield _refused(f"inversion-refused/{name}", _call("invert_pixmap", *values))
    reverse = np.ascontiguousarray(straight.pixmap[::-1])[::-1]
    there = _at(straight.pixmap, 2.3, 4.1)
    bounds_given = ((-0.5, 7.5), (-0.5, 6.5))
    calls: dict[str, tuple[Any, ...]] = {
        "plain": (straight.pixmap, there, None),
        "copy": (reverse, there, None),
        "lists": (straight.pixmap, tuple(there.tolist()), bounds_given),
    }
    for name, given in calls.items():
        yield leak_check(f"inversion/leaks-{name}", {"call": _call("invert_pixmap", *given)})


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
            request = _call("invert_pixmap", large.pixmap, _at(large.pixmap, x, y),
                            np.array([[x0, x1], [y0, y1]]))  # fmt: skip
            requests[f"{name}-{which}"] = request
            truths[id(request)] = ((x, x), (y, y))
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        beyond = {"left": (x0 - 15, middle[1]), "right": (x1 + 15, middle[1]),
                  "below": (middle[0], y0 - 15), "above": (middle[0], y1 + 15)}  # fmt: skip
        for which, (x, y) in beyond.items():
            request = _call("invert_pixmap", large.pixmap, _at(large.pixmap, x, y),
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
        summary=_value_figures,
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


def _value_figures(request: Any, reply: Reply) -> tuple[float, ...]:
    value = reply.attributes.get("value")
    return (-1.0,) if value is None else tuple(np.ravel(np.array(value, dtype=float)).tolist())
