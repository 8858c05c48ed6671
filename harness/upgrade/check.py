"""What was looked at on both sides, and how the new one stands against the old one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, get_args

Family = Literal[
    "interface",
    "call",
    "difference",
    "specification",
    "file",
    "property",
    "case",
    "clock",
    "memory",
    "instructions",
]
FAMILIES: tuple[Family, ...] = get_args(Family)
ON_REQUEST: tuple[Family, ...] = ("instructions",)
"""Families that take what is not always there."""
USUAL = tuple(one for one in FAMILIES if one not in ON_REQUEST)
"""What is looked at unless it is said otherwise."""


class State(StrEnum):
    """How the new side stands against the old one.

    SAME: to the bit, or in what is told. ROUNDOFF: within the allowance of float32 arithmetic.
    FIXED: the old side is wrong by an independent truth and the new one right. REGRESSED: the
    reverse, or the new side crashes, hangs or refuses where the old one gave a result. CHANGED:
    they differ and no truth tells which is right. CONVENTION: the same call gives the same pixels
    times a constant. VANISHED, ADDED: what callers can name. WARNS, QUIET: a warning that is new,
    or gone while what it warned of is taken as before. REWORDED: other words for the same in a
    warning or in documentation. FASTER, SLOWER: by the clock. LESS_WORK, MORE_WORK: by the number
    of instructions. INCONCLUSIVE: what was measured is not enough to tell. NOT_RUN: one side
    cannot be asked.
    """

    SAME = "same"
    ROUNDOFF = "roundoff"
    FIXED = "fixed"
    REGRESSED = "regressed"
    CHANGED = "changed"
    CONVENTION = "convention"
    VANISHED = "vanished"
    ADDED = "added"
    WARNS = "warns"
    QUIET = "quiet"
    REWORDED = "reworded"
    FASTER = "faster"
    SLOWER = "slower"
    LESS_WORK = "less work"
    MORE_WORK = "more work"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at on both sides.

    Attributes
    ----------
    name : str
        Unique in a run and the same in every run: "family/what[/where]". Waivers name it.
    family : str
        One of `FAMILIES`.
    state : State
    message : str
        What was seen, one or two sentences.
    old, new : str
        What each side gave, in a few words.
    metric : str
        What moved: "wht", "coverage.hole_fraction", "parameters".
    smallest : str
        The smallest case that shows it, as code or as the name of a case.
    figures : mapping
        Numbers for tables: largest difference, its place, ratio and interval.
    map : mapping or None
        Where and how much: "values" (rows of block-wise largest `|new - old|`), "block" (pixels of
        the product on a side of a block), "shape" (of the product), "unit".
    """

    name: str
    family: Family
    state: State
    message: str
    old: str = ""
    new: str = ""
    metric: str = ""
    smallest: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    map: dict[str, Any] | None = None


def undecided(family: Family, metric: str, names: Iterable[str], told: str) -> list[Check]:
    """Return the checks of workloads on which nothing could be measured, and why.

    Parameters
    ----------
    family : str
        Of the checks.
    metric : str
        What was to be measured.
    names : iterable of str
        Of the workloads.
    told : str
        Why not.
    """
    return [
        Check(
            name=f"{family}/{name}",
            family=family,
            state=State.INCONCLUSIVE,
            message=f"{name}: {told}",
            metric=metric,
        )
        for name in names
    ]


def state_of_failures(old: bool, new: bool) -> State:
    """Return how the new side stands where it, or the old one, gives nothing.

    Parameters
    ----------
    old, new : bool
        Whether that side gives nothing.
    """
    if old and new:
        return State.NOT_RUN
    return State.REGRESSED if new else State.FIXED
