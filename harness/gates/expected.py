"""Failures of cores that are known: listed with a reason, and held to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import SpecificationError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.model import Outcome, Verdict

FOLDER = "expected_failures"
"""Folder of fixtures with one file a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFailure:
    """One entry: what fails, in which versions of a core, and why.

    Attributes
    ----------
    core, case, specification : str
        Shell patterns (`*`, `?`, `[...]`) of the core's name, the identifier of the case and the
        name of the specification. Everything that they match must fail.
    reason : str
        What the core does wrong.
    core_versions : str
        Version specifiers as on the package index, such as ">=2.1,<3.1"; empty for all.
    link : str
        The report upstream, where there is one.
    source : str
        File from which it was read; set by `load_expected_failures`.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    core: str
    case: str
    specification: str
    reason: str
    core_versions: str = ""
    link: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFailureFile:
    """The content of one file: one `[[expected_failure]]` table an entry, or none yet.

    Attributes
    ----------
    expected_failure : tuple of ExpectedFailure
        In the order of the file.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    expected_failure: tuple[ExpectedFailure, ...] = ()


def load_expected_failures(*added: Path, shipped: bool = True) -> tuple[ExpectedFailure, ...]:
    """Read the expected failures that ship with the harness, then those of its user.

    Parameters
    ----------
    *added : Path
        Files of the user, of the same form.
    shipped : bool, optional
        Whether those in `fixtures/expected_failures` count.

    Raises
    ------
    FixtureError
        If a file cannot be read or has a wrong key or type.
    SpecificationError
        If an entry has an empty pattern, no reason or a malformed version specifier, or stands
        twice.
    """
    entries: list[ExpectedFailure] = []
    paths = [*(list_fixtures(FOLDER).values() if shipped else ()), *added]
    for path in paths:
        for read in load_fixture(path, ExpectedFailureFile).expected_failure:
            entry = dataclasses.replace(read, source=str(path))
            _check(entry)
            if any(_key(entry) == _key(other) for other in entries):
                raise _fault(entry, "stands twice", "one entry for the same patterns")
            entries.append(entry)
    return tuple(entries)


def covers_version(entry: ExpectedFailure, version: str) -> bool:
    """Tell whether an entry speaks of this version of its core.

    A version that is not of the form of PEP 440 is covered only by entries for all versions.

    Parameters
    ----------
    entry : ExpectedFailure
        Its `core_versions` count.
    version : str
        Of the core.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    if not entry.core_versions:
        return True
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    # Development versions of a core are what gates are run on.
    return SpecifierSet(entry.core_versions).contains(parsed, prereleases=True)


def is_expected(entry: ExpectedFailure, core_version: str, verdict: Verdict) -> bool:
    """Tell whether an entry says that this verdict is a failure.

    Parameters
    ----------
    entry : ExpectedFailure
        One entry.
    core_version : str
        Version of the core.
    verdict : Verdict
        Its core, case and specification are held against the patterns.
    """
    return (
        fnmatchcase(verdict.core, entry.core)
        and fnmatchcase(verdict.case, entry.case)
        and fnmatchcase(verdict.specification, entry.specification)
        and covers_version(entry, core_version)
    )


def apply_expected(
    verdict: Verdict, core_version: str, entries: Iterable[ExpectedFailure]
) -> Verdict:
    """Turn a listed FAIL into EXPECTED_FAIL, and a PASS that is listed as failing into FAIL.

    Parameters
    ----------
    verdict : Verdict
        As `evaluate` gave it.
    core_version : str
        Version of the core that was judged.
    entries : iterable of ExpectedFailure
        All that are known; the first that matches counts.
    """
    if verdict.outcome not in (Outcome.PASS, Outcome.FAIL):
        return verdict
    entry = next((one for one in entries if is_expected(one, core_version, verdict)), None)
    if entry is None:
        return verdict
    if verdict.outcome is Outcome.FAIL:
        link = f" ({entry.link})" if entry.link else ""
        message = f"expected: {entry.reason}{link}\n{verdict.message}"
        return dataclasses.replace(verdict, outcome=Outcome.EXPECTED_FAIL, message=message)
    message = (
        f"passes, but {describe_entry(entry)} lists it as an expected failure: {entry.reason}\n"
        f"  {verdict.message}\n"
        "  to do: take it out of that entry, or bound core_versions, so that it cannot return "
        "unseen"
    )
    return dataclasses.replace(verdict, outcome=Outcome.FAIL, message=message)


def describe_entry(entry: ExpectedFailure) -> str:
    """Name an entry by its file and patterns.

    Parameters
    ----------
    entry : ExpectedFailure
        As read from its file.
    """
    versions = f" {entry.core_versions}" if entry.core_versions else ""
    return (
        f"{entry.source}: [core {entry.core}{versions}, case {entry.case}, "
        f"specification {entry.specification}]"
    )


def _key(entry: ExpectedFailure) -> tuple[str, ...]:
    return entry.core, entry.core_versions, entry.case, entry.specification


def _check(entry: ExpectedFailure) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    for key in ("core", "case", "specification", "reason"):
        if not getattr(entry, key).strip():
            raise _fault(entry, f"has an empty {key}", "text")
    try:
        SpecifierSet(entry.core_versions)
    except InvalidSpecifier as error:
        raise _fault(
            entry, f"has core_versions {entry.core_versions!r}", 'specifiers such as ">=2.1,<3.1"'
        ) from error


def _fault(entry: ExpectedFailure, found: str, allowed: str) -> SpecificationError:
    return SpecificationError(
        found, where=describe_entry(entry), allowed=allowed, remedy="Correct the entry"
    )
