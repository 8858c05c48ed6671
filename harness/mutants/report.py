"""What became of the mutants of a run, and what it says of the suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import SpecificationError
from harness.mutants.build import Build
from harness.mutants.journal import DEAD, DROPPED, Fate
from harness.mutants.mutation import Mutation
from harness.mutants.plan import Plan
from harness.mutants.source import Sources

SEEN = ("killed", "crashed")
"""States that refute a judgement; a time limit that is passed may be the machine's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A mutation and what became of it.

    Attributes
    ----------
    mutation : Mutation
    fate : Fate
    equivalent : str
        Why nothing can differ; "" where it was not judged so.
    """

    mutation: Mutation
    fate: Fate
    equivalent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All mutants of a run, in the order of the sources.

    Attributes
    ----------
    sources : Sources
    build : Build
    plan : Plan
    total : int
        Mutations that the sources allow.
    mutants : tuple of Mutant
        Those that were dropped included.
    misjudged : tuple of str
        `Mutation.id` of those that were judged equivalent, and that a check killed all the same;
        they count as dead.
    judgements : Path or None
        Where the equivalents were read from.
    """

    sources: Sources
    build: Build
    plan: Plan
    total: int
    mutants: tuple[Mutant, ...]
    misjudged: tuple[str, ...] = ()
    judgements: Path | None = None

    @property
    def tried(self) -> tuple[Mutant, ...]:
        """Those that were run and are not equivalent."""
        return tuple(
            one for one in self.mutants if one.fate.state not in DROPPED and not one.equivalent
        )

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Those that no check saw, and that are not equivalent."""
        return tuple(one for one in self.tried if one.fate.state == "survived")

    @property
    def score(self) -> float:
        """Dead mutants among those that were run and are not equivalent; NaN where none was."""
        tried = self.tried
        dead = sum(one.fate.state in DEAD for one in tried)
        return dead / len(tried) if tried else float("nan")


def judge(
    mutants: Sequence[Mutant], reasons: Mapping[str, str]
) -> tuple[tuple[Mutant, ...], tuple[str, ...]]:
    """Give each mutant its reason of equivalence, except where a check has seen it.

    Returns
    -------
    tuple of Mutant
        In the same order.
    tuple of str
        `Mutation.id` of those that were judged equivalent and seen.
    """
    judged = [one for one in mutants if one.mutation.id in reasons]
    misjudged = tuple(one.mutation.id for one in judged if one.fate.state in SEEN)
    held = {key: reason for key, reason in reasons.items() if key not in misjudged}
    return (
        tuple(replace(one, equivalent=held.get(one.mutation.id, "")) for one in mutants),
        misjudged,
    )


def check_judgements(report: Report) -> None:
    """Refuse judgements that a check has refuted: what is seen is not equivalent.

    Raises
    ------
    SpecificationError
        Naming the mutations whose entries are wrong.
    """
    wrong = report.misjudged
    if wrong:
        raise SpecificationError(
            f"judged equivalent, but killed: {', '.join(wrong)}",
            where=str(report.judgements),
            remedy="Take their entries out",
        )
