"""Mutations judged to change nothing that any check could see, each with its reason.

An entry names no line by its number and holds none of its text: file, function, kind of change and
a hash of the lines around find the mutation again, whatever the seed, and in other releases of the
same source, where these lines stand unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import SpecificationError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.mutants.mutation import Mutation

FOLDER = "equivalents"
"""Folder of fixtures with one file for each set of sources that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """One judgement.

    Attributes
    ----------
    file : str
        Path of the source below the root of the sources.
    function : str
        C function, or a shell pattern of functions that share the lines.
    reason : str
        Why no result can differ.
    keys : mapping
        `Mutation.key` to `Mutation.change` of all that it speaks of.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    file: str
    function: str
    reason: str
    keys: Mapping[str, str]

    def matches(self, mutation: Mutation) -> bool:
        """Tell whether a mutation is meant."""
        return (
            self.file == mutation.file
            and self.keys.get(mutation.key) == mutation.change
            and fnmatchcase(mutation.function, self.function)
        )

    def stale(self, meant: Collection[Mutation]) -> str:
        """Name what is not among the mutations that match; "" where all is."""
        left = set(self.keys) - {one.key for one in meant}
        return ", ".join(f"{key} ({self.keys[key]})" for key in sorted(left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """A function that no call from Python reaches, though the linker cannot know it.

    Attributes
    ----------
    file, function : str
    reason : str
        What keeps calls away from it.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    file: str
    function: str
    reason: str

    def matches(self, mutation: Mutation) -> bool:
        """Tell whether a mutation is meant."""
        return (self.file, self.function) == (mutation.file, mutation.function)

    def stale(self, meant: Collection[Mutation]) -> str:
        """Name the function where nothing matches."""
        return "" if meant else self.function


Judgement = Equivalent | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalentFile:
    """The content of one file.

    Attributes
    ----------
    core : str
        Name of the distribution.
    sha256 : str
        Of the sources on which all was judged.
    equivalent : tuple of Equivalent
    unreachable : tuple of Unreachable
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    core: str
    sha256: str
    equivalent: tuple[Equivalent, ...] = ()
    unreachable: tuple[Unreachable, ...] = ()


def find_shipped(sha256: str) -> Path | None:
    """Return the file that comes with the harness for some sources, None where there is none."""
    for path in list_fixtures(FOLDER).values():
        if load_fixture(path, EquivalentFile).sha256 == sha256:
            return path
    return None


def load_equivalents(path: Path, sha256: str, known: Sequence[Mutation]) -> dict[str, str]:
    """Read the reasons of equivalent mutations, by `Mutation.id`.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the sources at hand. Where the file was made for others, entries that match nothing are
        left out, for the line that they speak of has changed.
    known : sequence of Mutation
        All mutations of these sources.

    Raises
    ------
    FixtureError
        If the file cannot be read, or has a wrong key or type.
    SpecificationError
        If an entry has no reason, stands twice, or matches nothing in the sources it was made for.
    """
    content = load_fixture(path, EquivalentFile)
    reasons: dict[str, str] = {}
    judgements: tuple[Judgement, ...] = (*content.unreachable, *content.equivalent)
    for entry in judgements:
        where = f"{path}: {_name(entry)}"
        if not entry.reason.strip():
            raise SpecificationError("has no reason", where=where, remedy="Say why nothing differs")
        meant = [one for one in known if entry.matches(one)]
        stale = entry.stale(meant)
        if stale and content.sha256 == sha256:
            raise SpecificationError(
                f"{stale} matches no mutation",
                where=where,
                remedy="Correct the entry or take it out",
            )
        names = [one.id for one in meant]
        twice = sorted(set(names) & set(reasons))
        if twice:
            raise SpecificationError(f"{twice[0]} stands twice", where=where, remedy="Take one out")
        reasons.update(dict.fromkeys(names, entry.reason))
    return reasons


def entry_text(mutation: Mutation) -> str:
    """Return the entry for a mutation as TOML, its reason still to be written."""
    return "\n".join(
        (
            "[[equivalent]]",
            f'file = "{mutation.file}"',
            f'function = "{mutation.function}"',
            'reason = ""',
            "[equivalent.keys]",
            f"{mutation.key} = '{mutation.change}'",
        )
    )


def _name(entry: Judgement) -> str:
    return f"{entry.file}, {entry.function}"
