"""Defects of released cores that the checks see: each with its reason, and held to its figures."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from harness.discovery.resampling.check import Fault, Numbers
from harness.errors import SpecificationError
from harness.fixture_data import STRICT, load_released

FOLDER = "known_defects"
"""Folder of fixtures with one file for each core and series of releases."""
SAME = 2e-5
"""Relative difference below which two figures are one: they are sums of float32 values."""
SMALL = 1e-3
"""Below which figures are compared by this size: near zero float32 sums have no relative digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One cause, and the checks that see it.

    Attributes
    ----------
    reason : str
        What the core does wrong.
    link : str
        The report upstream, where there is one.
    python_versions : str
        Version specifiers of Python, where the same mistake ends differently: what was never
        made and is raised all the same is an exception to one interpreter and death to another.
    by_chance : bool
        Whether the checks may pass all the same, for what goes wrong hangs on what memory holds
        that was never set.
    seen : mapping
        Name of a check to `Fault.seen`; nothing where it depends on chance.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    reason: str
    link: str = ""
    python_versions: str = ""
    by_chance: bool = False
    seen: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectFile:
    """The content of one file.

    Attributes
    ----------
    core : str
    core_versions : str
        Version specifiers, such as ">=3.0,<3.1".
    defect : tuple of Defect
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    core: str
    core_versions: str
    defect: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a check is known to find: the reason, the figures, whether always, and who says so."""

    reason: str
    seen: Numbers
    source: str
    by_chance: bool = False


def load_known(
    core: str, version: str, names: tuple[str, ...], python: str = platform.python_version()
) -> dict[str, Known]:
    """Return the known defects of a release of a core, by name of the check that sees each.

    Parameters
    ----------
    core, version : str
    names : tuple of str
        Of all checks.
    python : str
        Version of the interpreter that the core runs in; this one's where not given.

    Raises
    ------
    FixtureError
        If a file cannot be read, or has a wrong key or type.
    SpecificationError
        If an entry names a check that does not exist, has no reason, or stands twice.
    """
    from packaging.specifiers import SpecifierSet

    found: dict[str, Known] = {}
    for path, content in load_released(FOLDER, DefectFile, core, version):
        for defect in content.defect:
            if not SpecifierSet(defect.python_versions).contains(python, prereleases=True):
                continue
            for name, seen in defect.seen.items():
                where = f"{path}: {name}"
                if name not in names:
                    raise SpecificationError(
                        "matches no check", where=where, remedy="Correct the entry or take it out"
                    )
                if name in found or not defect.reason.strip():
                    raise SpecificationError(
                        "stands twice" if name in found else "has no reason",
                        where=where,
                        remedy="Correct the entry",
                    )
                link = f" ({defect.link})" if defect.link else ""
                found[name] = Known(
                    reason=defect.reason + link,
                    seen=seen,
                    source=str(path),
                    by_chance=defect.by_chance,
                )
    return found


def is_as_known(fault: Fault, known: Known) -> bool:
    """Tell whether a check fails with the figures that it is known to fail with."""
    if not known.seen:
        return True
    return len(fault.seen) == len(known.seen) and all(
        abs(one - other) <= SAME * max(abs(one), abs(other), SMALL)
        for one, other in zip(fault.seen, known.seen, strict=True)
    )
