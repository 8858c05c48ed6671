"""Checks of the small functions of `drizzlepac.cdriz` by which tweakreg finds and matches stars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.resampling.marginal_fit import fit_marginals
from harness.discovery.subject import Subject

ROUNDING = 1e-5
"""Relative: the images are float32, and the sums of some hundred of their pixels double."""
SIDE = 7
"""Of the kernel; odd, and half of it beyond each side of its middle pixel."""
Truth = Callable[..., Any]


def cdriz_array_checks() -> Iterator[Check]:
    """Yield them all."""
    image = np.random.default_rng(4).random((5, 7)).astype(np.float32)
    powers = {f"{p}-{q}": (image, p, q) for p in range(4) for q in range(4)}
    powers["reversed"] = (image[::-1, ::-1].copy()[::-1, ::-1], 1, 2)
    yield _values("moments", "arrmoments", powers, _moments)
    yield _values("offsets", "arrxyzero", _catalogues(), _offsets)
    yield _values("marginals", "arrxyround", _stars(), fit_marginals)
    yield _values("roundness", "arrxyround", _round_stars(), _true_star, close=_star_is_close)
    some = {"arrmoments": powers["1-1"], "arrxyzero": _catalogues()["plain"],
            "arrxyround": _stars()["plain"]}  # fmt: skip
    leaks = {name: _call(name, *given) for name, given in some.items()}
    for name in ("saturated", "faint", "flat-x", "flat-y", "hole", "thin"):
        leaks[name] = _call("arrxyround", *_stars()[name])
    yield leak_check("cdriz-arrays/leaks", leaks)
    for name, given in some.items():
        for number, value in enumerate(given):
            yield _refused(name, number, given, "rubbish", "text")
            if isinstance(value, np.ndarray):
                yield _refused(name, number, given, np.zeros((2, 3, 4), "f4"), "cube")


def _refused(name: str, number: int, given: tuple[Any, ...], value: Any, kind: str) -> Check:
    is_array = isinstance(given[number], np.ndarray)
    bad = [value if place == number else one for place, one in enumerate(given)]
    return Check(
        name=f"cdriz-arrays-refused/{name}-{number}-{kind}",
        statement="What is no number and no image is refused, with a message that says so.",
        requests={"call": _call(name, *bad)},
        judge=refusal("invalid", "convert", "must be", "float", "integer", "deep", "depth"),
        summary=outcome_figures,
        truth=lambda request: None,
        # There, cdriz 3 gives back arrays that it does not have.
        deadly="at once" if is_array and name != "arrxyround" else "",
    )


def _call(name: str, *values: Any) -> ExtensionRequest:
    return ExtensionRequest(
        function=f"cdriz.{name}",
        arguments=tuple((f"value{number}", value) for number, value in enumerate(values)),
    )


def _close(got: Any, wanted: Any) -> bool:
    if wanted is None or got is None:
        return got is wanted
    one, other = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    return one.shape == other.shape and bool(
        np.allclose(one, other, rtol=ROUNDING, atol=ROUNDING * np.abs(other).max(initial=0.0))
    )


def _values(
    name: str,
    function: str,
    calls: dict[str, tuple[Any, ...]],
    truth: Truth,
    close: Callable[[Any, Any], bool] = _close,
) -> Check:
    requests = {key: _call(function, *given) for key, given in calls.items()}
    given = {id(request): calls[key] for key, request in requests.items()}

    def judge(subject: Subject, request: Any, reply: Reply, wanted: Any) -> str:
        if reply.outcome != "returned":
            return f"{reply.outcome}: {reply.message}"
        if reply.modified or reply.overrun:
            return f"changed or written beside: {(*reply.modified, *reply.overrun)}"
        got = reply.attributes.get("value")
        return "" if close(got, wanted) else f"{got} instead of {wanted}"

    return Check(
        name=f"cdriz-arrays/{name}",
        statement=STATEMENTS[name],
        requests=requests,
        judge=judge,
        summary=_figures,
        truth=lambda request: truth(*given[id(request)]),
    )


STATEMENTS = {
    "moments": "The moment (p, q) is the sum of y^p x^q times the image.",
    "offsets": "Pairs of positions are counted by their distance in x and y.",
    "marginals": "Centre and roundness are those of DAOFIND's fit of the marginals.",
    "roundness": "The centre moves with the star; roundness tells whether it is wide in x or in y.",
}


def _figures(request: Any, reply: Reply) -> tuple[float, ...]:
    value = reply.attributes.get("value")
    return (-1.0,) if value is None else tuple(np.ravel(np.array(value, dtype=float)).tolist())


def _moments(image: Any, p: int, q: int) -> float:
    y, x = np.indices(image.shape, dtype=np.float64)
    return float((y**p * x**q * image.astype(np.float64)).sum())


def _catalogues() -> dict[str, tuple[Any, ...]]:
    generator = np.random.default_rng(6)
    one = (40 * generator.random((9, 2))).astype(np.float32)
    other = (40 * generator.random((6, 2))).astype(np.float32)
    return {
        "plain": (one, other, 12.0),
        "fraction": (one, other, 7.3),
        "half": (one, other, 5.75),
        "wide": (one, other, 50.0),
        "none": (one, other + 500, 3.0),
        "same": (one, one, 4.0),
        "edge": (np.array([[3.0, 1.0], [1.0, 5.0]], "f4"), np.zeros((1, 2), "f4"), 3.0),
        "more-columns": (np.hstack([one, one]), np.hstack([other, other]), 12.0),
        "reversed": (one[::-1].copy()[::-1], other[::-1].copy()[::-1], 12.0),
    }


def _offsets(one: Any, other: Any, radius: float) -> Any:
    counts = np.zeros((int(2 * radius) + 1,) * 2)
    gaps = one[:, None, :2].astype(np.float64) - other[None, :, :2].astype(np.float64)
    for dx, dy in gaps.reshape(-1, 2):
        if abs(dx) < radius and abs(dy) < radius:
            counts[int(dy + radius), int(dx + radius)] += 1
    return counts


def _star(
    x: float, y: float, *, wide: float = 1.6, high: float = 1.6, shape: tuple[int, int] = (25, 27)
) -> Any:
    """Return the image of a Gaussian star of 500 on a sky of 20; sigmas in pixels."""
    py, px = np.indices(shape, dtype=np.float64)
    star = np.exp(-(((px - x) / wide) ** 2) / 2 - ((py - y) / high) ** 2 / 2)
    return (500 * star + 20).astype(np.float32)


def _kernel(shape: tuple[int, int] = (SIDE, SIDE)) -> Any:
    y, x = np.indices(shape, dtype=np.float64)
    y, x = y - (shape[0] - 1) / 2, x - (shape[1] - 1) / 2
    kernel = np.exp(-(x**2 + y**2) / (2 * 1.6**2))
    return kernel - kernel.mean()


def _round(image: Any, x: float, y: float, **changes: Any) -> tuple[Any, ...]:
    arguments: dict[str, Any] = {
        "x": x, "y": y, "sky": 20.0, "kernel": _kernel(), "xsigsq": 1.6**2, "ysigsq": 1.5**2,
        "low": -1e3, "high": 1e6,
    } | changes  # fmt: skip
    return (image, *arguments.values())


def _stars() -> dict[str, tuple[Any, ...]]:
    plain = _star(12.3, 11.8)
    noisy = (plain + np.random.default_rng(2).normal(0, 30, plain.shape)).astype(np.float32)
    saturated = plain.copy()
    saturated[12, 13] = 1e7
    hole = plain.copy()
    hole[9, 10] = -1e4
    uneven = _kernel((7, 9))
    across = np.zeros((25, 27), dtype=np.float32) + np.arange(27, dtype=np.float32) % 2
    return {
        "plain": _round(plain, 12.3, 11.8),
        "noisy": _round(noisy, 12.0, 12.0),
        "noisy-off": _round(noisy, 13.0, 11.0),
        "far-off": _round(noisy, 15.0, 9.0),
        "farther-off": _round(noisy, 9.0, 15.0),
        "beside": _round(noisy, 17.0, 17.0),
        "sky": _round(plain, 12.0, 12.0, sky=35.0),
        "high-sky": _round(plain, 12.0, 12.0, sky=80.0),
        "uneven": _round(noisy, 12.0, 12.0, kernel=uneven),
        "uneven-turned": _round(noisy, 12.0, 12.0, kernel=uneven.T.copy()),
        "even": _round(noisy, 12.0, 12.0, kernel=_kernel((6, 8))),
        "sheared-kernel": _round(noisy, 12.0, 12.0, kernel=_kernel() + _skew()),
        "narrow": _round(noisy, 12.0, 12.0, xsigsq=0.01, ysigsq=0.01),
        "vast": _round(noisy, 13.0, 11.0, xsigsq=400.0, ysigsq=1.0),
        "vast-y": _round(noisy, 13.0, 11.0, xsigsq=1.0, ysigsq=400.0),
        "vast-both": _round(noisy, 14.0, 10.0, xsigsq=900.0, ysigsq=900.0),
        "saturated": _round(saturated, 12.0, 12.0),
        "hole": _round(hole, 12.0, 12.0),
        "faint": _round(-plain, 12.0, 12.0),
        "flat-x": _round(plain, 12.0, 12.0, kernel=np.ones((SIDE, SIDE))),
        "flat-y": _round(plain, 12.0, 12.0, kernel=np.ones((SIDE, 1)) * _kernel()[:1] * 0 + 1),
        "valley": _round(2 * plain[:, ::-1] * 0 + across, 12.0, 12.0),
        "thin": _round(plain, 12.0, 12.0, kernel=_kernel((7, 2))),
        "thin-y": _round(plain, 12.0, 12.0, kernel=_kernel((2, 7))),
        **{
            f"balanced-{k}": _round(noisy, 13.0, 11.0, sky=sky, xsigsq=900.0, ysigsq=900.0)
            for k, sky in enumerate(BALANCED)
        },
        "exact": _exact(noisy, xsigsq=900.0),
        "exact-y": _exact(noisy, ysigsq=900.0),
        "limits": _round(plain, 12.0, 12.0, low=float(plain.min()), high=float(plain.max())),
    }


def _exact(image: Any, **widths: float) -> tuple[Any, ...]:
    """Return a call in which the star, less the sky, sums to zero without any rounding."""
    whole = np.rint(image).astype(np.float32)
    weight = np.array([1, 2, 3, 4, 3, 2, 1], dtype=np.float64)
    part = whole[8:15, 10:17].astype(np.float64)
    # The weights sum to 16, so this quotient is exact.
    return _round(whole, 13.0, 11.0, sky=float(weight @ part @ weight / 256), **widths)


BALANCED = (150.0, 160.0, 170.0, 175.0, 180.0, 190.0, 200.0, 203.0, 206.0, 209.0, 212.0, 220.0)
"""Skies about as high as the mean of the star, so that the first moment is far off its middle."""


def _skew() -> Any:
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    return 0.03 * x + 0.011 * y * y


def _round_stars() -> dict[str, tuple[Any, ...]]:
    made = {}
    for name, (x, y, wide, high) in TRUE_STARS.items():
        given = _round(_star(x, y, wide=wide, high=high), round(x), round(y),
                       kernel=_kernel(), ysigsq=1.6**2)  # fmt: skip
        made[name] = given
    return made


TRUE_STARS = {
    "centred": (12.0, 12.0, 1.6, 1.6),
    "right": (12.35, 12.0, 1.6, 1.6),
    "up": (12.0, 12.35, 1.6, 1.6),
    "left-down": (11.7, 11.6, 1.6, 1.6),
    "wide": (12.0, 12.0, 2.0, 1.4),
    "high": (12.0, 12.0, 1.4, 2.0),
}
"""x, y, sigma in x and y."""


def _true_star(image: Any, x: float, y: float, *others: Any) -> tuple[int, int, int]:
    """Return the signs of the offset in x and y, and of the roundness: positive where x is narrow.

    The signs alone: the kernel's mean is taken off before, so the fit finds half of an offset.
    """
    profile = image.astype(np.float64) - 20
    py, px = np.indices(image.shape)
    total = profile.sum()
    mean_x, mean_y = (profile * px).sum() / total, (profile * py).sum() / total
    width = (profile * (px - mean_x) ** 2).sum() - (profile * (py - mean_y) ** 2).sum()
    sign = 0 if abs(width) < 0.1 * total else int(-np.sign(width))
    return _sign(float(mean_x) - x), _sign(float(mean_y) - y), sign


def _sign(offset: float) -> int:
    return 0 if abs(offset) < POSITION else int(np.sign(offset))


POSITION = 0.03
"""Pixels, by which neighbours and rounding may move a centre."""
ROUND = 0.1
"""Roundness of a round star, by which sub-pixel offsets may change it."""


def _star_is_close(got: Any, wanted: Any) -> bool:
    if got is None:
        return False
    sign = 0 if abs(got[2]) < ROUND else int(np.sign(got[2]))
    # (All stars were looked for at pixel 12, 12.)
    return bool((_sign(got[0] - 12), _sign(got[1] - 12), sign) == wanted)
