"""Checks of blot: interpolation inside, on edges and beyond them, by what any core must keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import AnyRequest, BlotRequest, Reply
from harness.discovery.blot_reference import blot, is_interior
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.subject import Subject
from harness.discovery.violation import compare, failed

ROUNDING = 3e-6
"""Fraction of the largest |value|: positions are float32 in the cores, of up to 15 pixels."""
TABLE = 8e-3
"""The same for lanczos: a table of steps of 0.003 input pixels, of which the lower is taken."""
SHAPE = (13, 15)
"""(ny, nx) of the image: larger than the widest kernel, 2 * 5 samples."""
POLYNOMIAL = ("linear", "poly3", "poly5")
TEXTBOOK = ("nearest", "linear", "poly3", "poly5", "lan3", "lan5")

Values = npt.NDArray[Any]


def blot_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _inside()
    yield from _everywhere()
    yield from _beyond()
    for name, interp in {"unknown": "bogus", "prefix": "poly"}.items():
        request = BlotRequest(data=_data(), pixmap=_positions(), interp=interp)
        yield Check(
            name=f"blot-refused/{name}",
            statement="An interpolation that does not exist is refused.",
            requests={"call": request},
            judge=refusal("interp"),
            summary=outcome_figures,
            truth=lambda request: None,
        )


def _data() -> Values:
    return (16 * np.random.default_rng(7).random(SHAPE) - 3).astype(np.float32)


def _positions(step: float = 0.71, start: float = 0.13) -> Values:
    """Return positions all over the image, none of them halfway between two pixels."""
    y = np.arange(start, SHAPE[0] - 1, step)
    x = np.arange(start / 2, SHAPE[1] - 1, step)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    grid[..., 0] += 0.003 * grid[..., 1]
    kept: Values = np.minimum(grid, [SHAPE[1] - 1.001, SHAPE[0] - 1.001])
    return kept


def _inside() -> Iterator[Check]:
    for interp in TEXTBOOK:
        requests = {
            "plain": BlotRequest(data=_data(), pixmap=_positions(), interp=interp, fillval=-7.0),
            "scaled": BlotRequest(data=_data(), pixmap=_positions(0.83, 0.29), interp=interp,
                                  iscale=2.5),
            "one-row": BlotRequest(data=_data(), pixmap=_positions()[5:7], interp=interp),
        }  # fmt: skip
        yield Check(
            name=f"blot/{interp}",
            statement="Between pixels the value is that of the interpolation.",
            requests=requests,
            judge=_judge_inside,
            summary=_figures,
            truth=blot,
        )


def _judge_inside(subject: Subject, request: BlotRequest, reply: Reply, truth: Any) -> str:
    where = np.array(
        [
            [is_interior(x, y, request.data.shape, request.interp) for x, y in row]
            for row in request.pixmap
        ]
    )
    return _compare(request, reply, truth, where, "by interpolation")


def _everywhere() -> Iterator[Check]:
    """Polynomials of low degree are reproduced, up to the edges where they are straight lines."""
    y, x = np.indices(SHAPE, dtype=np.float64)
    positions = _positions()
    px, py = (positions[..., k].astype(np.float32).astype(np.float64) for k in (0, 1))
    for interp in POLYNOMIAL:
        requests, truths = {}, {}
        straight = {
            "constant": (np.full(SHAPE, 8.0), np.full(px.shape, 8.0)),
            "along-x": (2 + 0.75 * x, 2 + 0.75 * px),
            "along-y": (3 - 0.5 * y, 3 - 0.5 * py),
            "plane": (1 + 0.25 * x + 0.5 * y, 1 + 0.25 * px + 0.5 * py),
            "saddle": (0.125 * x * y, 0.125 * px * py),
        }
        for name, (image, values) in straight.items():
            requests[name] = BlotRequest(
                data=image.astype(np.float32), pixmap=positions, interp=interp
            )
            truths[id(requests[name])] = values
        corners = np.array([[[cx, cy] for cx in (0.0, 0.4, 6.0, 13.7, 14.0)]
                            for cy in (0.0, 0.6, 5.0, 11.3, 12.0)])  # fmt: skip
        requests["corners"] = BlotRequest(
            data=straight["plane"][0].astype(np.float32), pixmap=corners, interp=interp
        )
        truths[id(requests["corners"])] = 1 + 0.25 * corners[..., 0] + 0.5 * corners[..., 1]
        yield Check(
            name=f"blot-straight/{interp}",
            statement="Images that are straight along x and y are reproduced, edges included.",
            requests=requests,
            judge=_judge_all,
            summary=_figures,
            truth=lambda request, truths=truths: truths[id(request)],  # type: ignore[misc]
        )
    yield from _reflections()


def _reflections() -> Iterator[Check]:
    """Edges are treated alike: the mirrored image gives the mirrored result."""
    data, positions = _data(), _positions()
    size = np.array([SHAPE[1] - 1, SHAPE[0] - 1])
    for interp in (*POLYNOMIAL, "lan3", "lan5"):
        turned = BlotRequest(
            data=np.ascontiguousarray(data.T),
            pixmap=np.ascontiguousarray(positions.transpose(1, 0, 2)[..., ::-1]),
            interp=interp,
        )
        upside = BlotRequest(
            data=np.ascontiguousarray(data[::-1, ::-1]), pixmap=size - positions, interp=interp
        )
        plain = BlotRequest(data=data, pixmap=positions, interp=interp)
        # All three tell of one set of values, so each stands for the others.
        yield Check(
            name=f"blot-mirrored/{interp}",
            statement="All four edges of an image are treated alike.",
            requests={"plain": plain, "turned": turned, "upside-down": upside},
            judge=_Alike(interp),
            summary=_figures,
            truth=lambda request: None,
        )


def blotted(request: AnyRequest, reply: Reply) -> Values | str:
    """Return the image that a call of blot made, or in words why there is none."""
    found = failed(reply, request)
    if found is not None:
        return found.message
    return "no result" if reply.sci is None else reply.sci


class _Alike:
    """Compares each result with the first one, turned back."""

    def __init__(self, interp: str) -> None:
        self._allowed = TABLE if interp.startswith("lan") else ROUNDING
        self._first: Values | None = None

    def __call__(self, subject: Subject, request: BlotRequest, reply: Reply, truth: Any) -> str:
        result = blotted(request, reply)
        if isinstance(result, str):
            return result
        if self._first is None or (result.shape == self._first.shape and _is_first(request)):
            self._first = result
            return ""
        if result.shape != self._first.shape:
            result = result.T
        allowed = 4 * self._allowed * float(np.abs(request.data).max())
        difference = compare("sci", result, self._first, allowed, request, why=", by symmetry")
        return difference.message if difference else ""


def _is_first(request: BlotRequest) -> bool:
    return bool(np.array_equal(request.data, _data()))


def _beyond() -> Iterator[Check]:
    outside = np.array(
        [[[-1.5, 3.0], [4.2, 5.1], [17.0, 2.0]], [[3.0, -1.2], [5.5, 15.0], [-3.0, -3.0]],
         [[1e6, 2.0], [-1e6, 2.0], [6.1, 6.3]]]
    )  # fmt: skip
    for fillval in (0.0, -7.0, np.nan):
        requests = {
            interp: BlotRequest(data=_data(), pixmap=outside, interp=interp, fillval=fillval)
            for interp in TEXTBOOK
        }
        yield Check(
            name=f"blot-outside/{fillval}",
            statement="Beyond the image there is the fill value.",
            requests=requests,
            judge=_judge_outside,
            summary=_figures,
            truth=lambda request: None,
        )


def _judge_outside(subject: Subject, request: BlotRequest, reply: Reply, truth: Any) -> str:
    ny, nx = request.data.shape
    x, y = request.pixmap[..., 0], request.pixmap[..., 1]
    away = (x < -1) | (x > nx) | (y < -1) | (y > ny)
    filled = np.full(away.shape, np.float32(request.fillval))
    return _compare(request, reply, filled, away, "beyond the image") or _compare(
        request, reply, blot(request), ~away, "within it", factor=1.0
    )


def _judge_all(subject: Subject, request: BlotRequest, reply: Reply, truth: Any) -> str:
    return _compare(request, reply, truth, np.ones(truth.shape, dtype=bool), "as the image goes")


def _compare(
    request: BlotRequest, reply: Reply, truth: Any, where: Any, why: str, factor: float = 1.0
) -> str:
    result = blotted(request, reply)
    if isinstance(result, str):
        return result
    if reply.modified or reply.overrun:
        return f"changed or written beside: {(*reply.modified, *reply.overrun)}"
    allowed = TABLE if request.interp.startswith("lan") else ROUNDING
    allowed *= factor * float(np.abs(request.data).max()) * abs(request.iscale * request.exptime)
    difference = compare("sci", result, truth, allowed, request, where=where, why=f", {why}")
    return difference.message if difference else ""


def _figures(request: BlotRequest, reply: Reply) -> tuple[float, ...]:
    if reply.sci is None:
        return (-1.0,)
    y, x = np.indices(reply.sci.shape)
    values = np.nan_to_num(reply.sci.astype(np.float64))
    return tuple(
        float(f"{one:.7g}") for one in (values.sum(), (values * x).sum(), (values * y * y).sum())
    )
