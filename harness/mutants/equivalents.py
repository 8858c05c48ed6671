"""Mutations judged to change nothing that any check could see, each with its reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import SpecificationError
from harness.fixture_data import STRICT, load_fixture


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """One entry.

    Attributes
    ----------
    id : str
        `Mutation.id`.
    reason : str
        Why no result can differ.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalentFile:
    """The content of one file.

    Attributes
    ----------
    sha256 : str
        Of the sources that the entries speak of; those of other sources are not used.
    equivalent : tuple of Equivalent
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    sha256: str
    equivalent: tuple[Equivalent, ...] = ()


def load_equivalents(path: Path, sha256: str, known: Collection[str]) -> dict[str, str]:
    """Read the reasons of equivalent mutations, by identifier.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the sources at hand.
    known : collection of str
        Identifiers of all mutations of these sources.

    Raises
    ------
    FixtureError
        If the file cannot be read, or has a wrong key or type.
    SpecificationError
        If it speaks of other sources, or an entry is stale, has no reason, or stands twice.
    """
    content = load_fixture(path, EquivalentFile)
    if content.sha256 != sha256:
        raise SpecificationError(
            f"speaks of sources with sha256 {content.sha256!r}",
            where=str(path),
            allowed=sha256,
            remedy="Judge the survivors of these sources anew, in a file of their own",
        )
    reasons: dict[str, str] = {}
    for entry in content.equivalent:
        where = f"{path}: {entry.id}"
        if entry.id not in known:
            raise SpecificationError(
                "matches no mutation", where=where, remedy="Correct the entry or take it out"
            )
        if not entry.reason.strip():
            raise SpecificationError("has no reason", where=where, remedy="Say why nothing differs")
        if entry.id in reasons:
            raise SpecificationError("stands twice", where=where, remedy="Take one out")
        reasons[entry.id] = entry.reason
    return reasons


def check_killed(reasons: Collection[str], killed: Collection[str], path: Path) -> None:
    """Refuse entries that a check killed: what is seen is not equivalent.

    Raises
    ------
    SpecificationError
    """
    wrong = sorted(set(reasons) & set(killed))
    if wrong:
        raise SpecificationError(
            f"{len(wrong)} entries were killed, so they are not equivalent: {', '.join(wrong)}",
            where=str(path),
            remedy="Take them out",
        )
