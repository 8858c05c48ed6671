"""The gate held to history: whether it sees what the release notes say, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.errors import FixtureError, HarnessError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.upgrade.callers import Answer, compare_calls, load_calls, run_calls
from harness.upgrade.check import Check, State
from harness.upgrade.clock import compare_speed
from harness.upgrade.differences import compare_probes
from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.interface import Inventory, compare_inventories, take_inventory
from harness.upgrade.pair import open_pair, part_of
from harness.upgrade.policy import FAILING, load_policy, rule
from harness.upgrade.probes import list_probes
from harness.upgrade.run import INTERFACE_MODULES
from harness.upgrade.side import parse_side

FOLDER = "backtest"
CLOCK_BUDGET = 60.0
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a release note says, and which check must see it.

    Attributes
    ----------
    text : str
        The change, in our words, with its number upstream.
    seen_by : tuple of str
        Shell patterns of checks; one of them must be in one of the states.
    forward, backward : tuple of State
        From the old release to the new one, and back.
    unseen : str
        Why nothing can see it, instead of the others.
    """

    __pydantic_config__ = STRICT

    text: str
    seen_by: tuple[str, ...] = ()
    forward: tuple[State, ...] = ()
    backward: tuple[State, ...] = ()
    unseen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePair:
    """Two releases that followed each other.

    Attributes
    ----------
    old, new : str
        Requirements.
    change : tuple of Change
    refactoring : bool
        Whether nothing may change: the pair must pass, both ways.
    """

    __pydantic_config__ = STRICT

    old: str
    new: str
    change: tuple[Change, ...]
    refactoring: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFile:
    """The content of one file; its stem is the package."""

    __pydantic_config__ = STRICT

    pair: tuple[ReleasePair, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Looked:
    """What was found between two releases.

    Attributes
    ----------
    pair : ReleasePair
    forward, backward : tuple of Check
    error : str
        Why there is nothing.
    """

    pair: ReleasePair
    forward: tuple[Check, ...] = ()
    backward: tuple[Check, ...] = ()
    error: str = ""


def load_pairs(packages: Iterable[str] = ()) -> tuple[ReleasePair, ...]:
    """Return the pairs of some packages, of all where none is named.

    Raises
    ------
    FixtureError
        If there is no such package, or a change is neither seen by a check nor told as unseen.
    """
    files = list_fixtures(FOLDER)
    pairs: list[ReleasePair] = []
    for package in packages or files:
        if package not in files:
            raise FixtureError(
                f"no pairs of {package!r}", where=FOLDER, allowed=", ".join(files) or "none"
            )
        for pair in load_fixture(files[package], PairFile).pair:
            for change in pair.change:
                complete = change.seen_by and change.forward and change.backward
                if bool(complete) == bool(change.unseen):
                    raise FixtureError(
                        f"change {change.text!r} is incomplete",
                        where=str(files[package]),
                        allowed="seen_by, forward and backward, or unseen",
                    )
            pairs.append(pair)
    return tuple(pairs)


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
    try:
        sides = [prepare_environment(parse_side(one), cache=cache, tell=tell)
                 for one in (pair.old, pair.new)]  # fmt: skip
        parts = [part_of(side) for side in sides]
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
    return Looked(pair=pair, forward=tuple(forward), backward=tuple(backward))


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
    return [
        check
        for check in checks
        if check.state in states and any(fnmatchcase(check.name, one) for one in change.seen_by)
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
    if pair.refactoring:
        for way, checks in (("forward", looked.forward), ("backward", looked.backward)):
            failing = [check.name for check in checks if check.state in FAILING]
            if failing:
                found.append(f"{name}: a refactoring fails {way}: {', '.join(failing[:5])}")
    return found


def make_table(results: Iterable[Looked]) -> str:
    """Return the table pair x documented change x seen by which check, as Markdown."""
    lines = [
        "| pair | documented change | seen forward by | seen backward by | verdict forward | "
        "backward |",
        "|---|---|---|---|---|---|",
    ]
    for looked in results:
        pair = looked.pair
        name = f"{pair.old} → {pair.new.partition('==')[2] or pair.new}"
        if looked.error:
            lines.append(f"| {name} | could not run: {_cell(looked.error)} | | | | |")
            continue
        verdicts = [_verdict(checks) for checks in (looked.forward, looked.backward)]
        for change in pair.change:
            if change.unseen:
                cells = [f"cannot be seen: {change.unseen}", ""]
            else:
                cells = [
                    _told(seen(change, checks, states))
                    for checks, states in (
                        (looked.forward, change.forward), (looked.backward, change.backward)
                    )
                ]  # fmt: skip
            shown = " | ".join(_cell(cell) for cell in (change.text, *cells, *verdicts))
            lines.append(f"| {name} | {shown} |")
            name, verdicts = "", ["", ""]
        others = _undocumented(looked)
        if others:
            told = _told(others, most=6)
            lines.append(f"| | *not in the notes* | {_cell(told)} | | | |")
    return "\n".join(lines) + "\n"


def _undocumented(looked: Looked) -> list[Check]:
    patterns = [one for change in looked.pair.change for one in change.seen_by]
    worth = (*FAILING, State.FIXED)
    found = [
        check
        for check in looked.forward
        if check.state in worth and not any(fnmatchcase(check.name, one) for one in patterns)
    ]
    # What fails first: a fix that nobody wrote down stops no upgrade.
    return sorted(found, key=lambda check: check.state is State.FIXED)


def _verdict(checks: tuple[Check, ...]) -> str:
    ruled = rule(list(checks), load_policy(None))
    failing = sum(check.state in FAILING for check in checks)
    return f"{ruled.verdict} ({failing})" if failing else ruled.verdict


def _told(checks: list[Check], most: int = 3) -> str:
    if not checks:
        return "**not seen**"
    told = ", ".join(f"`{check.name}` {check.state}" for check in checks[:most])
    return told + (f" and {len(checks) - most} more" if len(checks) > most else "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
