"""What became of a call on one side, and how the new side's answer stands against the old one's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from packaging.version import Version

from harness.upgrade.check import State

OF_PYTHON = tuple(f"'{one}' object" for one in ("NoneType", "int", "float", "str", "tuple", "list"))
"""Begins what is said of an attribute that none of the package's own things lacks."""
EXPECTED = "expected_"
"""Begins the names of results that tell what is right."""
ERROR = "error_"
"""Begins the names of numbers that tell how far a result is from what is right."""
BETTER = 1.5
"""Factor between the errors of the two sides from which on one is better."""
TOLERANCE = 2e-6
"""Of the largest value: a few float32 roundings and a gaussian's exp() on a few pixels."""
NAMES_GONE = ("ImportError", "ModuleNotFoundError", "AttributeError", "NameError")
"""What a caller gets for a name that is not there; for a parameter, a TypeError of arguments."""
ARITHMETIC = ("RuntimeWarning", "ResourceWarning")
"""Warnings of what happened, not notices of what is wrong to ask for; nobody misses them."""
SINCE = re.compile(r"deprecated since (?:version |release )?v?(\d+(?:\.\d+)*)")
"""The release from which on something is deprecated, as a notice tells it."""
FACTOR_TOLERANCE = 1e-5
"""Relative spread of new / old within which their ratio is one number."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What became of a call on one side.

    Attributes
    ----------
    outcome : {"returned", "raised", "died", "timed out"}
    error, message : str
        Of the exception; how the process ended.
    warnings : tuple of str
    notices : tuple of str
        Those of the warnings that the package itself gives to its callers; what its dependencies
        say of it depends on their versions, and on whether it was compiled before.
    untrue : tuple of str
        Those of the notices that cannot be true of this release.
    values : dict
        repr of what is no array.
    arrays : dict of str to ndarray, (ny, nx) or other shapes
        What is one, by name.
    """

    outcome: str
    error: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    untrue: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @property
    def lacks_a_name(self) -> bool:
        """Whether it ended at a name, or at a parameter, that is not there."""
        if self.error == "TypeError":
            return "argument" in self.message
        return self.error in NAMES_GONE and not self.message.startswith(OF_PYTHON)

    @property
    def brief(self) -> str:
        """The outcome in a few words."""
        if self.outcome == "raised":
            return f"{self.error}: {self.message}"
        return self.outcome if not self.message else f"{self.outcome} ({self.message})"


def judge_answers(old: Answer, new: Answer) -> tuple[State, str, str, dict[str, Any]]:
    """Say how the new side's answer stands: state, what was seen, what moved, figures."""
    works = (old.outcome == "returned", new.outcome == "returned")
    if works == (True, False):
        state = State.VANISHED if new.lacks_a_name else State.REGRESSED
        wrong = ", ".join(_wrong_keys(old))
        gave = f"a wrong result ({wrong})" if wrong else "a result"
        return state, f"gave {gave}, and now {new.brief}", "outcome", {}
    if works == (False, True):
        wrong = ", ".join(_wrong_keys(new))
        gives = f"gives a wrong result ({wrong})" if wrong else "gives a result"
        state = State.ADDED if old.lacks_a_name else State.FIXED
        if wrong and old.outcome == "raised" and state is State.FIXED:
            # To be refused is better than to be given what is wrong.
            state = State.REGRESSED
        return state, f"{gives}; before: {old.brief}", "outcome", {}
    if works == (False, False):
        return _judge_failures(old, new)
    return _judge_results(old, new)


def _judge_failures(old: Answer, new: Answer) -> tuple[State, str, str, dict[str, Any]]:
    ended = "died", "timed out"
    if new.outcome in ended and old.outcome not in ended:
        return State.REGRESSED, f"now {new.brief} instead of {old.brief}", "outcome", {}
    if old.outcome in ended and new.outcome not in ended:
        return State.FIXED, f"now {new.brief} instead of {old.brief}", "outcome", {}
    if old.lacks_a_name or new.lacks_a_name:
        return State.NOT_RUN, f"one of the sides does not know it: {new.brief}", "", {}
    if (old.outcome, old.error) == (new.outcome, new.error):
        return State.SAME, f"on both sides: {new.brief}", "", {}
    return State.CHANGED, f"now {new.brief} instead of {old.brief}", "outcome", {}


def _judge_results(old: Answer, new: Answer) -> tuple[State, str, str, dict[str, Any]]:
    wrong = [_wrong_keys(answer) for answer in (old, new)]
    if wrong[0] != wrong[1]:
        fixed = [key for key in wrong[0] if key not in wrong[1]]
        broken = [key for key in wrong[1] if key not in wrong[0]]
        if broken:
            return State.REGRESSED, f"{', '.join(broken)} is no longer right", broken[0], {}
        return State.FIXED, f"{', '.join(fixed)} is right now", fixed[0], {}
    known = {f"{prefix}{key}" for key in wrong[0] for prefix in ("", EXPECTED)}
    keys = sorted({*old.arrays, *new.arrays} - known)
    for key in (key for key in keys if key.startswith(ERROR)):
        errors = [float(side.arrays[key].ravel()[0]) for side in (old, new)]
        known |= {key, key.removeprefix(ERROR)}
        if max(errors) > BETTER * min(errors):
            state = State.FIXED if errors[1] < errors[0] else State.REGRESSED
            told = f"{key.removeprefix(ERROR)} is off by {errors[1]:.3g}, before by {errors[0]:.3g}"
            return state, told, key.removeprefix(ERROR), {"errors": errors}
    for key in (key for key in keys if not key.startswith((EXPECTED, ERROR))):
        one, other = old.arrays.get(key), new.arrays.get(key)
        if one is None or other is None or one.shape != other.shape:
            shapes = [None if array is None else array.shape for array in (one, other)]
            return State.CHANGED, f"{key} has the shapes {shapes}", key, {}
        gap, peak = _gap(one, other)
        if gap > TOLERANCE * peak:
            figures = {"largest_difference": gap, "largest_value": peak}
            factor = _constant_factor(one, other)
            if factor is not None:
                told = f"{key} is {factor:.6g} times what it was, everywhere"
                return State.CONVENTION, told, key, figures | {"factor": factor}
            return State.CHANGED, f"{key} differs by up to {gap:.3g} of {peak:.3g}", key, figures
    differing = [key for key in sorted({*old.values, *new.values} - known)
                 if old.values.get(key) != new.values.get(key)]  # fmt: skip
    if differing:
        key = differing[0]
        told = f"{key} is {new.values.get(key)} instead of {old.values.get(key)}"
        return State.CHANGED, told, key, {}
    return _judge_warnings(old, new, ", ".join(wrong[0]))


def _judge_warnings(old: Answer, new: Answer, wrong: str) -> tuple[State, str, str, dict[str, Any]]:
    """Compare what is said of the same results; `wrong` is what is not right on either side."""
    came = [text for text in new.notices if text not in old.warnings]
    went = [text for text in old.notices if text not in new.warnings and not is_arithmetic(text)]
    categories = [sorted({text.split(":")[0] for text in some}) for some in (went, came)]
    if came and categories[0] == categories[1]:
        if bool(old.untrue) != bool(new.untrue):
            state, told = (
                (State.REGRESSED, f"warns of what cannot be true: {new.untrue[0]}")
                if new.untrue
                else (State.FIXED, f"warned of what could not be true: {old.untrue[0]}")
            )
            return state, told, "warnings", {}
        return State.REWORDED, f"warns in other words: {came[0]}", "warnings", {}
    if came:
        instead = f" (instead of: {went[0]})" if went else ""
        return State.WARNS, f"now warns: {came[0]}{instead}", "warnings", {}
    if went:
        return State.QUIET, f"no longer warns: {went[0]}", "warnings", {}
    return State.SAME, f"{wrong} is wrong on both sides" if wrong else "the same", "", {}


def is_arithmetic(warning: str) -> bool:
    """Tell whether a warning, "Category: text", is one of arithmetic and the like."""
    return warning.startswith(ARITHMETIC)


def untrue_notices(notices: tuple[str, ...], version: str) -> tuple[str, ...]:
    """Return the notices that tell of a release later than the one that gives them.

    A version between releases counts towards either; nothing is said of it.
    """
    own = Version(version)
    if own.is_prerelease:
        return ()
    return tuple(
        text for text in notices if any(Version(since) > own for since in SINCE.findall(text))
    )


def _wrong_keys(answer: Answer) -> list[str]:
    """Return the results that are not what is expected."""
    wrong = []
    for key, expected in answer.arrays.items():
        if key.startswith(EXPECTED):
            own = key.removeprefix(EXPECTED)
            found = answer.arrays.get(own)
            if found is None or found.shape != expected.shape:
                wrong.append(own)
                continue
            gap, peak = _gap(expected, found)
            if gap > TOLERANCE * peak:
                wrong.append(own)
    for key, value in answer.values.items():
        if key.startswith(EXPECTED) and answer.values.get(key.removeprefix(EXPECTED)) != value:
            wrong.append(key.removeprefix(EXPECTED))
    return sorted(wrong)


def _gap(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the largest difference and the largest value; NaN equals NaN alone."""
    left, right = one.astype(np.float64), other.astype(np.float64)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(all="ignore"):
        gap = np.where(same, 0.0, np.abs(left - right))
    gap = np.where(np.isnan(gap), np.inf, gap)
    finite = np.abs(left[np.isfinite(left)])
    return float(gap.max(initial=0.0)), float(finite.max(initial=0.0)) or 1.0


def _constant_factor(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    """Return new / old where it is one number, and zero where the old is zero."""
    left, right = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    if (np.isnan(left) != np.isnan(right)).any() or ((left == 0) != (right == 0)).any():
        return None
    counts = np.isfinite(left) & (left != 0)
    if not counts.any():
        return None
    ratio = right[counts] / left[counts]
    middle = float(np.median(ratio))
    if middle == 0:
        return None
    return middle if (np.abs(ratio / middle - 1) <= FACTOR_TOLERANCE).all() else None
