"""Which check must find which fault: `fixtures/faults/checks.toml`, read and held to itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from harness.errors import FixtureError
from harness.fixture_data import STRICT, find_fixture, load_fixture
from harness.model import KERNELS, Capabilities, Kernel, Weighting
from harness.trials.case import Case

CLOCK_CHECKS = ("clock.slower", "clock.growth")
"""What no product shows: more time a call, more memory each call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """A case on which faults are shown, with the fields of `harness.trials.case.Case`.

    Attributes
    ----------
    name : str
        How faults name it.
    source, pixfrac, scale, weighting, again
        As in `harness.trials.case.Case`.
    kernel : str or None
        Where it does not matter (None), the first of `KERNELS` that the core has.
    files : bool
        Whether cores that read files are shown on it, too: what they do wrong there without any
        fault is listed.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    name: str
    source: str
    pixfrac: float
    kernel: Kernel | None = None
    scale: float = 0.5
    weighting: Weighting = "EXP"
    again: bool = False
    files: bool = False

    def as_case(self, able: Capabilities) -> Case:
        """Return the case for a core of these capabilities.

        Parameters
        ----------
        able : Capabilities
            Of the core.
        """
        first = next(one for one in KERNELS if one in able.kernels)
        return Case(
            source=self.source,
            kernel=self.kernel or first,
            pixfrac=self.pixfrac,
            scale=self.scale,
            weighting=self.weighting,
            again=self.again,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """Checks (shell patterns) that a fault may turn red besides its own, and why.

    Attributes
    ----------
    name : str
        How faults name it.
    checks : tuple of str
        Specifications, as shell patterns.
    reason : str
        Why they turn red, too.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    name: str
    checks: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a fault must turn red, and what it may.

    Attributes
    ----------
    name : str
        Of the fault.
    cases : tuple of str
        Names of the cases on which it is shown; none for what only the clock sees.
    own : tuple of str
        Shell patterns of checks; of each pattern at least one check must turn red.
    may : tuple of str
        Names of consequences.
    kernels : tuple of str
        Those with which it makes a difference; empty for all.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    name: str
    own: tuple[str, ...]
    may: tuple[str, ...]
    cases: tuple[str, ...] = ()
    kernels: tuple[Kernel, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether the clock judges it."""
        return set(self.own) <= set(CLOCK_CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """The whole file.

    Attributes
    ----------
    case : tuple of ShownCase
        In the order of the file, as the others.
    consequence : tuple of Consequence
        Likewise.
    fault : tuple of Expectation
        Likewise.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    case: tuple[ShownCase, ...]
    consequence: tuple[Consequence, ...]
    fault: tuple[Expectation, ...] = field(default=())

    def of(self, name: str) -> Expectation:
        """Return what is expected of a fault.

        Parameters
        ----------
        name : str
            Of a fault that is in the file.
        """
        return next(one for one in self.fault if one.name == name)

    def allows(self, name: str, check: str) -> str:
        """Say why a fault may turn a check red, "" where it may not.

        Parameters
        ----------
        name : str
            Of the fault.
        check : str
            Name of a specification, or of a check of the clock.
        """
        expected = self.of(name)
        if any(fnmatchcase(check, pattern) for pattern in expected.own):
            return "its own check"
        for one in self.consequence:
            if one.name in expected.may and any(fnmatchcase(check, each) for each in one.checks):
                return one.reason
        return ""


def load_expectations() -> Expectations:
    """Read what is expected of every fault.

    Raises
    ------
    FixtureError
        If the file names a case, a consequence or a fault that is not there, or leaves one out.
    """
    from harness.faults.core import FAULTS

    path = find_fixture("faults", "checks")
    read = load_fixture(path, Expectations)
    known = {
        "cases": {one.name for one in read.case},
        "may": {one.name for one in read.consequence},
    }
    for fault in read.fault:
        for key, names in known.items():
            for name in getattr(fault, key):
                if name not in names:
                    raise FixtureError(
                        f"{key} of fault {fault.name!r} names {name!r}",
                        where=str(path),
                        allowed=", ".join(sorted(names)),
                    )
    listed = [one.name for one in read.fault]
    if sorted(listed) != sorted(FAULTS):
        odd = sorted(set(listed) ^ set(FAULTS)) or sorted(
            {n for n in listed if listed.count(n) > 1}
        )
        raise FixtureError(
            f"faults {odd} stand on one side alone, or twice",
            where=f"{path} and harness.faults",
            remedy="Give each fault one entry",
        )
    return read
