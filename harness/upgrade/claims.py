"""Properties that hold for any core: where one side keeps them and the other does not.

Hypothesis draws the requests, the same ones in every run, and shrinks what tells the sides apart.
"""

from __future__ import annotations

import time
from typing import Any

from harness.cores.request import Request
from harness.discovery.finding import Finding
from harness.discovery.property import Property
from harness.discovery.replay import replay_one
from harness.discovery.simplify import simplify, size_of
from harness.discovery.violation import Violation
from harness.upgrade.check import Check, State
from harness.upgrade.literal import tell_request
from harness.upgrade.pair import Opened

Pair = tuple[Opened, Opened]
SHRINK_LIMIT = 6.0
"""Seconds to shrink what tells the sides apart."""


class TellsApartError(Exception):
    """One side keeps the property on this request and the other does not."""


class TimeOver(BaseException):
    """The time of the property is over."""


def compare_property(pair: Pair, one: Property, *, examples: int, seconds: float) -> Check:
    """Look for a request on which exactly one side keeps a property.

    Parameters
    ----------
    pair : tuple of Opened
    one : Property
    examples : int
        Requests that are drawn.
    seconds : float
        After which no further one is; what was drawn until then is told.
    """
    able = [one.supported_by(side.subject) for side in pair]
    if not all(able):
        state = State.NOT_RUN if able == [False, False] else (
            State.VANISHED if able[0] else State.ADDED
        )  # fmt: skip
        told = "neither side has" if able == [False, False] else (
            "the new side no longer has" if able[0] else "the new side has, and the old had not,"
        )  # fmt: skip
        return _check(one, state, f"{told} what it takes: {one.statement}")
    drawn, best = _search(pair, one, examples, time.monotonic() + seconds)
    if best is None:
        told = f"no request tells the sides apart, of {drawn}: {one.statement}"
        return _check(one, State.SAME, told, examples=drawn)
    request, old, new = best
    state = State.REGRESSED if new is not None else State.FIXED
    violation = new or old
    assert violation is not None  # noqa: S101 - what tells apart violates on one side
    said = "is broken now" if new is not None else "was broken"
    return _check(
        one, state, f"{said}: {one.statement} {violation.message}", request=request, examples=drawn,
        metric=violation.field or violation.kind,
        sides=("holds" if old is None else old.kind, "holds" if new is None else new.kind),
    )  # fmt: skip


def compare_finding(pair: Pair, finding: Finding) -> Check:
    """Replay a known defect on both sides."""
    old, new = (replay_one(side.subject, finding) for side in pair)
    there = "still there", "changed"
    if "not run" in (old.state, new.state):
        state = State.NOT_RUN
    elif old.state in there and new.state == "fixed":
        state = State.FIXED
    elif new.state in there and old.state == "fixed":
        state = State.REGRESSED
    else:
        state = State.SAME
    return Check(
        name=f"case/{finding.slug}",
        family="case",
        state=state,
        message=f"{finding.message} ({new.state}, was {old.state})",
        old=old.state,
        new=new.state,
        metric=finding.output or finding.kind,
        smallest=tell_request(finding.call) if state in (State.FIXED, State.REGRESSED) else "",
    )


def _search(
    pair: Pair, one: Property, examples: int, end: float
) -> tuple[int, tuple[Request, Violation | None, Violation | None] | None]:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import HypothesisException

    best: list[tuple[Request, Violation | None, Violation | None]] = []
    drawn = 0
    deadline = end

    def look(request: Request) -> None:
        nonlocal drawn, deadline
        if time.monotonic() > deadline:
            raise TimeOver
        drawn += not best
        found = _tell_apart(pair, one, request)
        if found is None or (best and (found[1] is None) != (best[0][2] is None)):
            return
        if not best:
            deadline = time.monotonic() + SHRINK_LIMIT
        if not best or size_of(request) < size_of(best[0][0]):
            best[:] = [(request, *found)]
        raise TellsApartError

    # What either side lacks is not drawn.
    scope = one.scope.without(pair[0].subject.unsupported | pair[1].subject.unsupported)
    if not (scope.interpolations if one.is_blot else scope.kernels):
        return 0, None
    decorate: Any = given(_strategy(one, scope))
    test: Any = decorate(look)
    configured: Any = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    test = configured(test)
    try:
        test()
    except (TellsApartError, TimeOver, HypothesisException):
        pass
    except ExceptionGroup as group:
        if group.subgroup(TellsApartError) is None:
            raise
    if not best:
        return drawn, None
    request, _, new = best[0]
    limit = time.monotonic() + SHRINK_LIMIT / 2

    def holds(candidate: Request) -> bool:
        if time.monotonic() > limit:
            return False
        found = _tell_apart(pair, one, candidate)
        return found is not None and (found[1] is None) == (new is None)

    request = simplify(request, holds)
    found = _tell_apart(pair, one, request)
    return drawn, (request, *found) if found is not None else best[0]


def _strategy(one: Property, scope: Any) -> Any:
    from harness.discovery.strategies.requests import blot_requests, drizzle_requests

    return blot_requests(scope) if one.is_blot else drizzle_requests(scope)


def _tell_apart(
    pair: Pair, one: Property, request: Request
) -> tuple[Violation | None, Violation | None] | None:
    """Return the violations of both sides where exactly one has one, and not by chance."""
    old, new = (one.check(side.subject, request) for side in pair)
    if (old is None) == (new is None):
        return None
    keeping = pair[0] if old is None else pair[1]
    if any(not _keeps(keeping, one, request) for _ in range(2)):
        return None
    breaking = pair[1] if old is None else pair[0]
    if _is_chance(breaking, request) and _is_chance(keeping, request):
        return None
    return old, new


def _keeps(side: Opened, one: Property, request: Request) -> bool:
    return one.check(side.subject, request) is None


def _is_chance(side: Opened, request: Request) -> bool:
    """Tell whether the result of a request differs between processes of the same core."""
    from harness.upgrade.judge import same_bits

    here = side.perform(request)
    return any(not same_bits(here, other) for other in side.perform_elsewhere(request))


def _check(
    one: Property,
    state: State,
    message: str,
    *,
    request: Request | None = None,
    examples: int = 0,
    metric: str = "",
    sides: tuple[str, str] = ("", ""),
) -> Check:
    return Check(
        name=f"property/{one.name}",
        family="property",
        state=state,
        message=message,
        old=sides[0],
        new=sides[1],
        metric=metric,
        smallest="" if request is None else tell_request(request),
        figures={"examples": examples},
    )
