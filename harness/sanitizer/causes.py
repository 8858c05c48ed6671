"""What sanitizers are known to report of released cores: a case of the corpus for each cause."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from harness.errors import FixtureError
from harness.fixture_data import STRICT, load_released

FOLDER = "sanitizer"
"""Folder of fixtures with one file for each core and series of releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One defect, and how the sanitizers report it.

    Attributes
    ----------
    case : str
        Folder of the case that shows it, below fixtures/cases: it has the reason.
    signatures : tuple of str
        Shell patterns of `harness.sanitizer.report.Report.signature`; that of the case is one.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    case: str
    signatures: tuple[str, ...]

    def explains(self, signature: str) -> bool:
        """Tell whether a report has this cause."""
        return any(fnmatchcase(signature, one) for one in self.signatures)


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseFile:
    """The content of one file.

    Attributes
    ----------
    core : str
    core_versions : str
        Version specifiers, such as ">=3.0,<3.1".
    cause : tuple of Cause
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    core: str
    core_versions: str
    cause: tuple[Cause, ...] = ()


def load_causes(core: str, version: str, cases: Collection[str]) -> tuple[Cause, ...]:
    """Return the known causes of a release of a core.

    Parameters
    ----------
    core, version : str
    cases : collection of str
        Names of the folders of the cases of the core.

    Raises
    ------
    FixtureError
        If a file cannot be read, or an entry names a case that is not there, or no signature.
    """
    found: list[Cause] = []
    for path, content in load_released(FOLDER, CauseFile, core, version):
        for cause in content.cause:
            if cause.case not in cases or not cause.signatures:
                raise FixtureError(
                    "has no signatures" if cause.case in cases else "is no case of the core",
                    where=f"{path}: {cause.case}",
                    remedy="Correct the entry, or keep the case in fixtures/cases",
                )
        found += content.cause
    return tuple(found)
