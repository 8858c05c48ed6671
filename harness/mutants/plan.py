"""What is to be mutated: sources, files and functions, how many."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.mutants.mutation import Mutation


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be mutated.

    Attributes
    ----------
    spec : str
        Requirement, sdist or folder.
    count : int
        Mutants that are run; those that change nothing are replaced.
    seed : int
    jobs : int
    files, functions : tuple of str
        Shell patterns of the names of files and functions that are mutated; all where empty. With
        "!" before it, a pattern excludes.
    extension : str
        Which extension of the package; the only one where empty.
    equivalents : Path or None
        Of judgements; the one that comes with the harness for these sources where not given.
    """

    spec: str
    count: int
    seed: int = 0
    jobs: int = 1
    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    extension: str = ""
    equivalents: Path | None = None

    def means(self, mutation: Mutation) -> bool:
        """Tell whether the patterns let a mutation in."""
        return _matches(Path(mutation.file).name, self.files) and _matches(
            mutation.function, self.functions
        )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name matches a pattern, if there are any, and none that begins with "!"."""
    wanted = [one for one in patterns if not one.startswith("!")]
    unwanted = [one[1:] for one in patterns if one.startswith("!")]
    return (not wanted or any(fnmatchcase(name, one) for one in wanted)) and not any(
        fnmatchcase(name, one) for one in unwanted
    )
