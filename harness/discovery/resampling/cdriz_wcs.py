"""Checks of `cdriz.DefaultWCSMapping`, by which drizzlepac maps pixels through two WCS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, ExtensionRequest, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.cdriz_call import cdriz_call
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import STRAIGHT
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import (
    outcome_figures,
    product_figures,
    refusal,
    whole_product,
)
from harness.discovery.resampling.leaks import REFUSED, leak_check
from harness.discovery.resampling.runs import run
from harness.discovery.subject import Subject

Cards = tuple[tuple[str, Any], ...]
EXACT = 1e-6
"""Pixels: WCSLIB goes to the sky and back in double."""
REPEAT = 40
SCALE = 0.05 / 3600
"""Degrees per input pixel."""


def header(
    *, crpix: tuple[float, float] = (4.0, 4.5), scale: float = SCALE, turn: float = 0.0,
    sip: float = 0.0, lon: float = 150.0,
) -> Cards:  # fmt: skip
    """Return the cards of a gnomonic WCS, turned by degrees, with quadratic SIP terms."""
    c, s = np.cos(np.radians(turn)) * scale, np.sin(np.radians(turn)) * scale
    suffix = "-SIP" if sip else ""
    cards: list[tuple[str, Any]] = [
        ("CTYPE1", f"RA---TAN{suffix}"), ("CTYPE2", f"DEC--TAN{suffix}"),
        ("CRVAL1", lon), ("CRVAL2", 30.0), ("CRPIX1", crpix[0]), ("CRPIX2", crpix[1]),
        ("CD1_1", -c), ("CD1_2", s), ("CD2_1", s), ("CD2_2", c),
    ]  # fmt: skip
    if sip:
        cards += [("A_ORDER", 2), ("B_ORDER", 2), ("A_2_0", sip), ("A_1_1", -0.7 * sip),
                  ("B_0_2", 1.3 * sip), ("B_1_1", 0.4 * sip)]  # fmt: skip
    return tuple((name, float(one) if isinstance(one, np.floating) else one) for name, one in cards)


PAIRS: dict[str, tuple[Cards, Cards]] = {
    "shifted": (header(), header(crpix=(7.3, 6.1))),
    "turned": (header(turn=23.0), header(crpix=(9.0, 8.0), scale=0.8 * SCALE)),
    "distorted": (header(sip=3e-3), header(crpix=(7.3, 6.1), turn=-11.0)),
    "fine": (header(lon=0.0), header(crpix=(900.0, 800.0), scale=SCALE / 400, lon=0.0)),
    "fine-mirrored": (header(lon=0.0, turn=180.0),
                      header(crpix=(900.0, 800.0), scale=SCALE / 400, lon=0.0)),
}  # fmt: skip
"""Input and output; a step of one pixel is 400 pixels of the fine ones."""
NX, NY = 9, 7


def cdriz_wcs_checks() -> Iterator[Check]:
    """Yield them all."""
    y, x = (1 + one.ravel() for one in np.mgrid[0 : NY - 0.5 : 0.73, 0 : NX - 0.5 : 0.61])
    requests: dict[str, ExtensionRequest] = {}
    for name, pair in PAIRS.items():
        for factor in (0.0, 0.5, 1.0, 2.5):
            if not (name.startswith("fine") and factor in (0.5, 2.5)):
                requests[f"{name}-{factor}"] = _call(pair, factor, x, y)
    requests["lists"] = _call(PAIRS["turned"], 1.0, tuple(x[:5].tolist()), tuple(y[:5].tolist()))
    for group, exact in {"exact": True, "table": False}.items():
        some = {name: one for name, one in requests.items() if name.endswith("-0.0") == exact}
        steep = {name: one for name, one in some.items() if name.startswith("fine")}
        for which, chosen in {"": {n: o for n, o in some.items() if n not in steep},
                              "-steep": steep}.items():  # fmt: skip
            yield Check(
                name=f"cdriz-wcs/{group}{which}",
                statement="Pixels go through both WCS, at once or by bilinear interpolation.",
                requests=chosen,
                judge=_judge,
                summary=_figures,
                truth=_truth,
            )
    yield from _drizzled()
    yield from _refused(x, y)
    kept = {name: requests[name] for name in ("turned-0.0", "turned-1.0", "lists")}
    yield leak_check("cdriz-wcs/leaks", kept, repeat=REPEAT)


def _call(pair: tuple[Cards, Cards], factor: float, *at: Any) -> ExtensionRequest:
    values = (*pair, NX, NY, factor, *at)
    return ExtensionRequest(
        function="cdriz.map_by_wcs",
        arguments=tuple((f"value{number}", value) for number, value in enumerate(values)),
    )


def map_by_astropy(first: Cards, second: Cards, x: Any, y: Any) -> Any:
    """Map 1-based positions through two WCS, the second without its distortion."""
    from astropy.io.fits import Header
    from astropy.wcs import WCS

    one, other = (WCS(Header(list(cards))) for cards in (first, second))
    return other.wcs_world2pix(np.stack(one.all_pix2world(x, y, 1), axis=-1), 1)


def _truth(request: ExtensionRequest) -> Any:
    first, second, _, _, factor, x, y = (value for _, value in request.arguments)
    x, y = np.asarray(x), np.asarray(y)
    if not factor:
        return map_by_astropy(first, second, x, y)
    # The table holds the positions of multiples of the factor.
    i, j = np.floor(x / factor), np.floor(y / factor)
    a, b = x / factor - i, y / factor - j
    found = np.zeros((x.size, 2))
    for di, dj in np.ndindex(2, 2):
        part = np.where(di, a, 1 - a) * np.where(dj, b, 1 - b)
        corner = map_by_astropy(first, second, (i + di) * factor, (j + dj) * factor)
        found += part[:, None] * corner
    return found


def _judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
    if reply.outcome != "returned":
        return f"{reply.outcome}: {reply.message}"
    got = np.array(reply.attributes["value"]).T
    if got.shape != truth.shape:
        return f"shape {got.shape} instead of {truth.shape}"
    gap = float(np.abs(got - truth).max())
    return "" if gap < EXACT * max(1.0, np.abs(truth).max() / 100) else f"off by {gap:g} pixels"


def _figures(request: Any, reply: Reply) -> tuple[float, ...]:
    value = reply.attributes.get("value")
    if value is None:
        return (-1.0,)
    x, y = np.array(value, dtype=float)
    return (float(x.sum()), float(y.sum()), float((x * y).sum()))


@cache
def _meaning(kernel: str) -> DrizzleRequest:
    """Return the run by a pixmap that a run by WCS stands for; astropy is slow to import."""
    one = image(STRAIGHT)
    ny, nx = one.data.shape
    y, x = np.indices((ny, nx), dtype=np.float64) + 1
    placed = map_by_astropy(*PAIRS["turned"], x.ravel(), y.ravel()).reshape(ny, nx, 2) - 1
    return run(STRAIGHT, kernel, replace(one, pixmap=placed))


def _drizzled() -> Iterator[Check]:
    """Compare drizzle runs by WCS with those by the pixmap of these WCS."""
    first, second = PAIRS["turned"]
    one = image(STRAIGHT)
    ny, nx = one.data.shape
    for kernel in ("square", "turbo"):
        requests = {
            f"{factor}": cdriz_call(STRAIGHT, one, kernel, mapping=(first, second, nx, ny, factor))
            for factor in (0.0, 1.0)
        }
        yield Check(
            name=f"cdriz-wcs/drizzle-{kernel}",
            statement="Mapped by WCS, an image gives what it gives by the pixmap of these WCS.",
            requests=requests,
            judge=lambda subject, request, reply, truth, kernel=kernel: whole_product(  # type: ignore[misc]
                subject, _meaning(kernel), replace(reply, modified=()), truth
            ),
            summary=lambda request, reply, kernel=kernel: product_figures(_meaning(kernel), reply),  # type: ignore[misc]
            truth=lambda request, kernel=kernel: OraclePerformer().perform(_meaning(kernel)),  # type: ignore[misc]
        )


def _refused(x: Any, y: Any) -> Iterator[Check]:
    pair = PAIRS["turned"]
    bad: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
        "lengths": (("same dimensions", "28"), (pair, 1.0, x[:28], y[:27])),
        "x-text": (("convert", "depth"), (pair, 1.0, "rubbish", y)),
        "y-text": (("convert", "depth"), (pair, 1.0, x, "rubbish")),
        "x-cube": (("deep",), (pair, 1.0, x.reshape(1, 1, -1), y)),
        "one-position": (("argument", "2"), (pair, 1.0, x)),
        "no-factor": (("number", "float"), (pair, "rubbish", x, y)),
    }
    far = (pair[0], header(lon=330.0))
    bad["beyond-horizon"] = (("coordinate", "invalid"), (far, 1.0, x, y))
    bad["beyond-horizon-exact"] = (("coordinate", "invalid"), (far, 0.0, x, y))
    yield leak_check(
        "cdriz-wcs-refused/leaks",
        {name: _call(*given) for name, (_, given) in bad.items()},
        repeat=REPEAT,
        statement=REFUSED,
    )
    for name, (words, given) in bad.items():
        yield Check(
            name=f"cdriz-wcs-refused/{name}",
            statement="What cannot be mapped is refused, with a message that says why.",
            requests={"call": _call(*given)},
            judge=refusal(*words),
            summary=outcome_figures,
            truth=lambda request: None,
        )
