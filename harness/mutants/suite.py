"""What mutants are run against: a suite that is kept warm, or any command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.mutants.journal import State

SAME = 2e-5
"""Relative difference below which two figures are one: they are sums of float32 values."""


class WarmSuite(Protocol):
    """Checks on a core, for `harness.mutants.server`.

    A process makes the suite, which computes whatever does not depend on the core; then it forks
    for each mutant. The child opens the core, whose extension is the mutant's by then, and calls
    `check` for one name after the other until one fails.
    """

    def digest(self) -> str:
        """Return a text that changes when the checks do."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the checks, in the order that they are made in by default."""

    def open(self) -> None:
        """Import the core; called in the child, once."""

    def check(self, name: str) -> Finding | None:
        """Make one check and return what is wrong, or None where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check finds wrong.

    Attributes
    ----------
    message : str
        One sentence.
    seen : tuple of float
        Figures of the result, so that one fault can be told from another.
    """

    message: str
    seen: tuple[float, ...] = ()


def same_fault(one: Finding | None, other: Finding | None) -> bool:
    """Tell whether two results of a check are the same: both good, or wrong with equal figures."""
    if one is None or other is None:
        return one is other
    if len(one.seen) != len(other.seen):
        return False
    return all(
        abs(a - b) <= SAME * max(abs(a), abs(b)) or (a != a and b != b)
        for a, b in zip(one.seen, other.seen, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a suite says of one mutant.

    Attributes
    ----------
    state : str
        "survived", "killed", "timed out" or "crashed".
    by : str
        The check that failed, or was being made.
    message : str
        What it saw, or how the process ended.
    """

    state: State
    by: str = ""
    message: str = ""


class Runner(Protocol):
    """Runs a suite on extensions."""

    digest: str

    def run(self, extension: Path) -> Outcome:
        """Run the suite with this file in the place of the core's extension."""

    def close(self) -> None:
        """End what was started."""
