"""Checks of `drizzle.cdrizzle.clip_polygon`, by which an image is cut to its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.subject import Subject
from harness.discovery.violation import failed

Points = list[tuple[float, float]]
VERTEX = 1e-9
"""Within which vertices are the same: roundoff of lengths of ten."""

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


def clipping_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _clips()
    yield _starts()
    yield _concave()
    yield _slivers()


def extension_call(function: str, *values: Any) -> ExtensionRequest:
    """Return the call of a function of the extension by its values alone."""
    return ExtensionRequest(
        function=function,
        arguments=tuple((f"value{number}", value) for number, value in enumerate(values)),
    )


def _clips() -> Iterator[Check]:
    window = np.array(WINDOW)
    requests = {
        name: extension_call("clip_polygon", np.array(points, dtype=float), window)
        for name, points in POLYGONS.items()
    }
    requests["turned-window"] = extension_call(
        "clip_polygon", window, np.array(POLYGONS["turned"], dtype=float)
    )
    requests["clockwise-window"] = extension_call(
        "clip_polygon", np.array(POLYGONS["diamond"], dtype=float), window[::-1].copy()
    )
    requests["lists"] = extension_call("clip_polygon", tuple(POLYGONS["left"]), tuple(WINDOW))
    yield Check(
        name="polygon/clip",
        statement="The clipped polygon is the intersection, counter-clockwise, without midpoints.",
        requests=requests,
        judge=_judge_clip,
        summary=value_figures,
        truth=_clip,
    )
    yield leak_check("polygon/leaks", {name: requests[name] for name in ("turned", "lists")})
    for name, values in {
        "first": ("rubbish", window),
        "second": (window, "rubbish"),
        "first-deep": (np.ones((4, 2, 1), "i2"), window),
        "second-deep": (window, np.ones((4, 2, 1), "i2")),
    }.items():
        yield refused_call(f"polygon-refused/{name}", extension_call("clip_polygon", *values))


def refused_call(name: str, request: ExtensionRequest) -> Check:
    """Return the check that what is no array of numbers is refused."""
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


def _starts() -> Check:
    """Return the check that neither the first vertex nor the direction of a polygon matters."""
    requests = {}
    for name, points in POLYGONS.items():
        for shift in (0.0, 0.5):
            # (Shifted by half, the window and some polygons begin at the origin.)
            window = np.array(WINDOW) + shift
            for start in range(len(points)):
                ring = np.roll(np.array(points, dtype=float), -start, axis=0) + shift
                key = f"{name}-{start}{'-shifted' if shift else ''}"
                requests[key] = extension_call("clip_polygon", ring, window)
                requests[f"{key}-back"] = extension_call("clip_polygon", ring[::-1].copy(), window)
    for start in range(len(WINDOW)):
        for name in ("diamond", "corner", "turned"):
            ring = np.array(POLYGONS[name], dtype=float)
            rolled = np.roll(np.array(WINDOW), -start, axis=0)
            requests[f"window-{start}-{name}"] = extension_call("clip_polygon", ring, rolled)
    return Check(
        name="polygon/starts",
        statement="The intersection is the same from whichever vertex, and in either direction.",
        requests=requests,
        judge=_judge_clip,
        summary=value_figures,
        truth=_clip,
    )


DARTS: dict[str, Points] = {
    "blunt": [(1, 1), (7, 2), (4, 3), (3, 6)],
    "sharp": [(1, 1), (8, 2), (2.5, 2.5), (2, 6.5)],
    # The mean of the vertices lies on the line through two of them.
    "even": [(4, 3), (1, 3), (6, 0), (6, 6)],
    "even-turned": [(3, 4), (3, 1), (0, 6), (6, 6)],
}
"""Quadrilaterals with a vertex that points inwards, inside the window."""


def _concave() -> Check:
    """Return the check of polygons that are not convex; only the window has to be."""
    window = np.array(WINDOW)
    requests = {}
    for name, points in DARTS.items():
        for start in range(len(points)):
            ring = np.roll(np.array(points, dtype=float), -start, axis=0)
            requests[f"{name}-{start}"] = extension_call("clip_polygon", ring, window)
            requests[f"{name}-{start}-back"] = extension_call(
                "clip_polygon", ring[::-1].copy(), window
            )
    return Check(
        name="polygon/concave",
        statement="A polygon within the window is left as it is, but counter-clockwise.",
        requests=requests,
        judge=_judge_clip,
        summary=value_figures,
        truth=_clip,
    )


THIN = 1e-13
"""Width of what overlaps: less than any two vertices are told apart by."""
SLIVERS: dict[str, tuple[Points, Points]] = {
    "point": ([(-3, 1), (-0.5 + THIN, 2), (-3, 3)], [(-0.5, 2)]),
    "line": ([(-3, 1), (-0.5 + THIN, 1), (-0.5 + THIN, 4), (-3, 4)], [(-0.5, 1), (-0.5, 4)]),
    "line-below": ([(2, -3), (6, -3), (6, -0.5 + THIN), (2, -0.5 + THIN)],
                   [(2, -0.5), (6, -0.5)]),
}  # fmt: skip
"""Polygons that overlap the window by next to nothing, and the ends of what is left."""


def _slivers() -> Check:
    """Return the check of overlaps that are a line or a point within roundoff."""
    window = np.array(WINDOW)
    requests = {
        name: extension_call("clip_polygon", np.array(points, dtype=float), window)
        for name, (points, _) in SLIVERS.items()
    }
    ends = {id(request): SLIVERS[name][1] for name, request in requests.items()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        found = failed(reply, request)
        if found is not None:
            return found.message
        got = np.array(reply.attributes["value"], dtype=float).reshape(-1, 2)
        gaps = np.hypot(*(got[:, None] - np.array(truth)[None]).transpose(2, 0, 1))
        near = len(got) > 0 and gaps.min(axis=0).max() < VERTEX and gaps.min(axis=1).max() < VERTEX
        return "" if near else f"vertices {got.tolist()} instead of {truth}"

    return Check(
        name="polygon/slivers",
        statement="Of an overlap that is a line or a point its ends are left.",
        requests=requests,
        judge=judge,
        summary=value_figures,
        truth=lambda request: ends[id(request)],
    )


def value_figures(request: Any, reply: Reply) -> tuple[float, ...]:
    """Return the value that a call returned, as plain numbers."""
    value = reply.attributes.get("value")
    return (-1.0,) if value is None else tuple(np.ravel(np.array(value, dtype=float)).tolist())
