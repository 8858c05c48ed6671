"""What the release notes of the past say, pair by pair, and which check must see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import FixtureError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.upgrade.check import State
from harness.upgrade.policy import FAILING

FOLDER = "backtest"


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
        From the old release to the new one, and back; what is lost on the way back fails the
        gate, so the states of `backward` are among those that do.
    back_passes : str
        Why the way back need not fail the gate: it takes nothing from anybody.
    unseen : str
        Why nothing can see it, instead of the others.
    """

    __pydantic_config__ = STRICT

    text: str
    seen_by: tuple[str, ...] = ()
    forward: tuple[State, ...] = ()
    backward: tuple[State, ...] = ()
    back_passes: str = ""
    unseen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a release changed without a word in its notes, and we looked into.

    Attributes
    ----------
    text : str
        What it is, and why the gate is right to tell of it.
    seen_by : tuple of str
        Shell patterns of the checks that find it, in either direction.
    """

    __pydantic_config__ = STRICT

    text: str
    seen_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePair:
    """Two releases that followed each other.

    Attributes
    ----------
    old, new : str
        Requirements.
    change : tuple of Change
    also : tuple of Effect
    refactoring : bool
        Whether nothing may change: no check may find anything, either way.
    core : str
        "module:attribute" of the core, for packages that the harness does not know.
    """

    __pydantic_config__ = STRICT

    old: str
    new: str
    change: tuple[Change, ...]
    also: tuple[Effect, ...] = ()
    refactoring: bool = False
    core: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFile:
    """The content of one file; its stem is the package."""

    __pydantic_config__ = STRICT

    pair: tuple[ReleasePair, ...]


def load_pairs(packages: Iterable[str] = (), file: Path | None = None) -> tuple[ReleasePair, ...]:
    """Return the pairs of some packages, of all where none is named.

    Parameters
    ----------
    packages : iterable of str
        Of those that come with the harness.
    file : Path, optional
        Pairs of other packages instead, written the same way.

    Raises
    ------
    FixtureError
        If there is no such package, or a change is neither seen by a check nor told as unseen, or
        its way back need not fail the gate.
    """
    if file is not None:
        return _load_file(file)
    files = list_fixtures(FOLDER)
    unknown = [package for package in packages if package not in files]
    if unknown:
        raise FixtureError(
            f"no pairs of {unknown[0]!r}", where=FOLDER, allowed=", ".join(files) or "none"
        )
    return tuple(pair for package in packages or files for pair in _load_file(files[package]))


def _load_file(path: Path) -> tuple[ReleasePair, ...]:
    pairs = load_fixture(path, PairFile).pair
    for change in (change for pair in pairs for change in pair.change):
        complete = change.seen_by and change.forward and change.backward
        if bool(complete) == bool(change.unseen):
            raise FixtureError(
                f"change {change.text!r} is incomplete",
                where=str(path),
                allowed="seen_by, forward and backward, or unseen",
            )
        passing = [str(state) for state in change.backward if state not in FAILING]
        if bool(passing) != bool(change.back_passes):
            raise FixtureError(
                f"change {change.text!r} may be seen backward as {', '.join(passing) or 'failing'}",
                where=str(path),
                allowed=", ".join(FAILING) + "; others with back_passes, which says why",
                remedy="Name a check that fails the gate on the way back",
            )
    return pairs
