"""Checks of `cdriz.arrmoments` and `arrxyzero`, by which tweakreg measures and matches stars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.subject import Subject

ROUNDING = 1e-5
"""Relative: the images are float32, and the sums of some hundred of their pixels double."""
Truth = Callable[..., Any]


def cdriz_array_checks() -> Iterator[Check]:
    """Yield them all."""
    image = np.random.default_rng(4).random((5, 7)).astype(np.float32)
    powers = {f"{p}-{q}": (image, p, q) for p in range(4) for q in range(4)}
    powers["reversed"] = (image[::-1, ::-1].copy()[::-1, ::-1], 1, 2)
    yield value_check("moments", "arrmoments", powers, _moments)
    yield value_check("offsets", "arrxyzero", _catalogues(), _offsets)
    some = {"arrmoments": powers["1-1"], "arrxyzero": _catalogues()["plain"]}
    leaks = {name: array_call(name, *given) for name, given in some.items()}
    yield leak_check("cdriz-arrays/leaks", leaks)
    for name, given in some.items():
        yield from refused_arrays(name, given)
    plain = _catalogues()["plain"]
    for name, radius in {"vast": 1e9, "negative": -3.0}.items():
        yield Check(
            name=f"cdriz-arrays-refused/arrxyzero-radius-{name}",
            statement="A radius for which there can be no table of offsets is refused.",
            requests={"call": array_call("arrxyzero", *plain[:2], radius)},
            judge=refusal("too big", "too large", "negative", "maximum", "memory"),
            summary=outcome_figures,
            truth=lambda request: None,
        )


def refused_arrays(name: str, given: tuple[Any, ...]) -> Iterator[Check]:
    """Yield the checks that each argument of a function may be nothing but what it is."""
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
        requests={"call": array_call(name, *bad)},
        judge=refusal("invalid", "convert", "must be", "float", "integer", "deep", "depth"),
        summary=outcome_figures,
        truth=lambda request: None,
        # There, cdriz 3 gives back arrays that it does not have.
        deadly="at once" if is_array and name != "arrxyround" else "",
    )


def array_call(name: str, *values: Any) -> ExtensionRequest:
    """Return the call of a function of cdriz by its values alone."""
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


def value_check(
    name: str,
    function: str,
    calls: dict[str, tuple[Any, ...]],
    truth: Truth,
    close: Callable[[Any, Any], bool] = _close,
) -> Check:
    """Return the check that a function gives the values that another way gives.

    Parameters
    ----------
    name : str
        Key of `STATEMENTS`.
    function : str
        Of cdriz.
    calls : dict
        Name to arguments.
    truth : callable
        Arguments to value.
    close : callable, optional
        (value, wanted) to whether they are the same.
    """
    requests = {key: array_call(function, *given) for key, given in calls.items()}
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
    "marginals-uneven": "The same for kernels that are not symmetric, and for few points.",
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
