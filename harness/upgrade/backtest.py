"""The gate held to history: whether it sees what the release notes say, in both directions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.upgrade.answers import Answer
from harness.upgrade.callers import compare_calls, load_calls, run_calls
from harness.upgrade.check import Check, State
from harness.upgrade.clock import compare_speed
from harness.upgrade.differences import compare_probes
from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.history import Change, Effect, ReleasePair
from harness.upgrade.interface import Inventory, compare_inventories, take_inventory
from harness.upgrade.pair import open_pair, part_of
from harness.upgrade.policy import FAILING
from harness.upgrade.probes import list_probes
from harness.upgrade.run import INTERFACE_MODULES
from harness.upgrade.side import parse_side

CLOCK_BUDGET = 60.0
SILENT = (State.SAME, State.ROUNDOFF, State.NOT_RUN, State.INCONCLUSIVE)
"""States that tell of no change."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Looked:
    """What was found between two releases.

    Attributes
    ----------
    pair : ReleasePair
    forward, backward : tuple of Check
    error : str
        Why there is nothing.
    installing, looking : float
        Seconds that the environments took, and everything else.
    """

    pair: ReleasePair
    forward: tuple[Check, ...] = ()
    backward: tuple[Check, ...] = ()
    error: str = ""
    installing: float = 0.0
    looking: float = 0.0


def look_at_pair(
    pair: ReleasePair, known: dict[str, Any], *, cache: Path | None = None, tell: Tell
) -> Looked:
    """Compare two releases, in both directions.

    Parameters
    ----------
    pair : ReleasePair
    known : dict
        What earlier pairs found of a release, and what this one adds.
    cache : Path, optional
        Folder of the environments.
    tell : callable
        Gets a line for each step.
    """
    begun = time.monotonic()
    try:
        sides = [prepare_environment(parse_side(one), cache=cache, tell=tell)
                 for one in (pair.old, pair.new)]  # fmt: skip
        installed = time.monotonic()
        parts = [part_of(side, pair.core) for side in sides]
        forward, backward = _compare_callers(sides, known)
        with open_pair(*parts) as opened:
            tell(f"{pair.old} -> {pair.new}")
            forward += compare_probes(opened, list_probes())
            tell(f"{pair.new} -> {pair.old}")
            backward += compare_probes((opened[1], opened[0]), list_probes())
        if any(one.startswith("clock/") for change in pair.change for one in change.seen_by):
            tell("the clock")
            for found, (one, other) in ((forward, parts), (backward, parts[::-1])):
                found += compare_speed(one, other, "quick", sensitivity=0.05, budget=CLOCK_BUDGET)[
                    0
                ]
    except HarnessError as error:
        return Looked(pair=pair, error=str(error))
    return Looked(
        pair=pair,
        forward=tuple(forward),
        backward=tuple(backward),
        installing=installed - begun,
        looking=time.monotonic() - installed,
    )


def _compare_callers(
    sides: list[Environment], known: dict[str, Any]
) -> tuple[list[Check], list[Check]]:
    package = sides[0].side.package
    calls = load_calls(package)
    facts: list[tuple[Inventory, dict[str, Answer]]] = []
    for side in sides:
        if side.key not in known:
            modules = INTERFACE_MODULES.get(package, ())
            known[side.key] = (
                take_inventory(side, modules),
                run_calls(side, calls) if calls else {},
            )
        facts.append(known[side.key])
    (old, old_answers), (new, new_answers) = facts
    forward = compare_inventories(old, new) + compare_calls(calls, old_answers, new_answers)
    backward = compare_inventories(new, old) + compare_calls(calls, new_answers, old_answers)
    return forward, backward


def seen(change: Change, checks: Iterable[Check], states: tuple[State, ...]) -> list[Check]:
    """Return the checks that see a change."""
    return [one for one in checks if one.state in states and matches(one, change.seen_by)]


def matches(check: Check, patterns: Iterable[str]) -> bool:
    """Tell whether one of some shell patterns is for a check."""
    return any(fnmatchcase(check.name, one) for one in patterns)


def effects_of(looked: Looked, effect: Effect) -> list[Check]:
    """Return the checks that fail the gate, in either direction, for an effect."""
    return [
        check
        for check in (*looked.forward, *looked.backward)
        if check.state in FAILING and matches(check, effect.seen_by)
    ]


def faults_of(looked: Looked) -> list[str]:
    """Say where the gate does not do what history demands of it."""
    pair = looked.pair
    name = f"{pair.old} -> {pair.new}"
    if looked.error:
        return [f"{name}: {looked.error}"]
    found = []
    for change in pair.change:
        if change.unseen:
            continue
        ways = (("forward", looked.forward, change.forward),
                ("backward", looked.backward, change.backward))  # fmt: skip
        found += [
            f"{name}: not seen {way}: {change.text}"
            for way, checks, states in ways
            if not seen(change, checks, states)
        ]
    found += [
        f"{name}: found in neither direction: {effect.text}"
        for effect in pair.also
        if not effects_of(looked, effect)
    ]
    if pair.refactoring:
        for way, checks in (("forward", looked.forward), ("backward", looked.backward)):
            loud = [check.name for check in checks if check.state not in SILENT]
            if loud:
                found.append(f"{name}: a refactoring is not passed {way}: {', '.join(loud[:5])}")
    return found
