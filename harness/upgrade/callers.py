"""What callers wrote for one release, run unchanged on both sides.

The code of callers is data (`fixtures/calls/PACKAGE.toml`): real ways to use the package, from
several of its ages, each with its result and, where it is known independently, what is expected.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import EnvironmentBuildError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.upgrade import foreign
from harness.upgrade.check import Check, State
from harness.upgrade.environments import Environment

FOLDER = "calls"
SCRIPT = Path(foreign.__file__).with_name("callers.py")
CALL_LIMIT = 300.0
"""Seconds for one call; importing the package counts, and AstroDrizzle on a frame takes 20."""
EXPECTED = "expected_"
"""Begins the names of results that tell what is right."""
ERROR = "error_"
"""Begins the names of numbers that tell how far a result is from what is right."""
BETTER = 1.5
"""Factor between the errors of the two sides from which on one is better."""
TOLERANCE = 2e-6
"""Of the largest value: a few float32 roundings and a gaussian's exp() on a few pixels."""
NAMES_GONE = ("ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "NameError")
"""What a caller gets for a name or a parameter that is not there."""
FACTOR_TOLERANCE = 1e-5
"""Relative spread of new / old within which their ratio is one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One way to use the package.

    Attributes
    ----------
    name : str
        Unique, of lower-case words and hyphens.
    purpose : str
        Who calls it so, or what it shows.
    code : str
        Python; `np` is there; it leaves arrays, numbers and texts in a dict `result`, and under
        the same keys with "expected_" before them what is right, or with "error_" before them,
        as an array of one number, how far from it.
    """

    __pydantic_config__ = STRICT

    name: str
    purpose: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFile:
    """The content of one file; its stem is the package."""

    __pydantic_config__ = STRICT

    call: tuple[Call, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What became of a call on one side.

    Attributes
    ----------
    outcome : {"returned", "raised", "died", "timed out"}
    error, message : str
        Of the exception; how the process ended.
    warnings : tuple of str
    values : dict
        repr of what is no array.
    arrays : dict of str to ndarray
    """

    outcome: str
    error: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @property
    def brief(self) -> str:
        """The outcome in a few words."""
        if self.outcome == "raised":
            return f"{self.error}: {self.message}"
        return self.outcome if not self.message else f"{self.outcome} ({self.message})"


def load_calls(package: str) -> tuple[Call, ...]:
    """Return the calls of a package; none where there is no file.

    Raises
    ------
    FixtureError
        If the file is wrong.
    """
    path = list_fixtures(FOLDER).get(package)
    return () if path is None else load_fixture(path, CallFile).call


def run_calls(environment: Environment, calls: tuple[Call, ...]) -> dict[str, Answer]:
    """Run calls in an environment; one that ends or stops the process does not end the others.

    Raises
    ------
    EnvironmentBuildError
        If the environment's Python does not come up.
    """
    answers: dict[str, Answer] = {}
    with tempfile.TemporaryDirectory(prefix="drizzle-harness-calls-") as name:
        folder = Path(name)
        while left := [call for call in calls if call.name not in answers]:
            request = folder / "calls.json"
            request.write_text(json.dumps([{"name": one.name, "code": one.code} for one in left]))
            before = len(answers)
            _run_some(environment, request, folder, answers)
            if len(answers) == before:
                raise EnvironmentBuildError(
                    "its Python does not run callers' code", where=environment.label
                )
    return answers


def compare_calls(
    calls: tuple[Call, ...], old: dict[str, Answer], new: dict[str, Answer]
) -> list[Check]:
    """Compare what became of each call on the two sides."""
    return [compare_answers(call, old[call.name], new[call.name]) for call in calls]


def compare_answers(call: Call, old: Answer, new: Answer) -> Check:
    """Compare what became of one call on the two sides."""
    state, message, metric, figures = _judge(old, new)
    return Check(
        name=f"call/{call.name}",
        family="call",
        state=state,
        message=f"{call.purpose}: {message}",
        old=old.brief,
        new=new.brief,
        metric=metric,
        smallest=call.code.strip() if state not in (State.SAME, State.NOT_RUN) else "",
        figures=figures,
    )


def _judge(old: Answer, new: Answer) -> tuple[State, str, str, dict[str, Any]]:
    works = (old.outcome == "returned", new.outcome == "returned")
    if works == (True, False):
        state = State.VANISHED if new.error in NAMES_GONE else State.REGRESSED
        return state, f"gave a result, and now {new.brief}", "outcome", {}
    if works == (False, True):
        state = State.ADDED if old.error in NAMES_GONE else State.FIXED
        return state, f"gives a result; before: {old.brief}", "outcome", {}
    if works == (False, False):
        return _judge_failures(old, new)
    return _judge_results(old, new)


def _judge_failures(old: Answer, new: Answer) -> tuple[State, str, str, dict[str, Any]]:
    ended = "died", "timed out"
    if new.outcome in ended and old.outcome not in ended:
        return State.REGRESSED, f"now {new.brief} instead of {old.brief}", "outcome", {}
    if old.outcome in ended and new.outcome not in ended:
        return State.FIXED, f"now {new.brief} instead of {old.brief}", "outcome", {}
    if {old.error, new.error} & set(NAMES_GONE):
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
    came = [text for text in new.warnings if text not in old.warnings]
    went = [text for text in old.warnings if text not in new.warnings]
    categories = [sorted({text.split(":")[0] for text in some}) for some in (went, came)]
    if came and categories[0] == categories[1]:
        return State.REWORDED, f"warns in other words: {came[0]}", "warnings", {}
    if came:
        instead = f" (instead of: {went[0]})" if went else ""
        return State.WARNS, f"now warns: {came[0]}{instead}", "warnings", {}
    if went:
        return State.QUIET, f"no longer warns: {went[0]}", "warnings", {}
    return (
        State.SAME,
        f"{', '.join(wrong[0])} is wrong on both sides" if wrong[0] else "the same",
        "",
        {},
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


def _run_some(
    environment: Environment, request: Path, folder: Path, answers: dict[str, Answer]
) -> None:
    """Run calls until one ends the process, or all are done."""
    command = [str(environment.python), "-I", str(SCRIPT), str(request), str(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, cwd=folder,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - asked for above
    current = ""
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        process.kill()

    clock = Timer(CALL_LIMIT, stop)
    clock.start()
    try:
        for line in process.stdout:
            told = json.loads(line)
            clock.cancel()
            clock = Timer(CALL_LIMIT, stop)
            clock.start()
            if "begins" in told:
                current = told["begins"]
                continue
            answers[current] = _read_answer(told, folder)
            current = ""
    finally:
        clock.cancel()
        process.kill()
        code = process.wait()
        process.stdout.close()
    if current:
        answers[current] = Answer(
            outcome="timed out" if late else "died",
            message=f"no answer within {CALL_LIMIT:g} s" if late else f"exit code {code}",
        )


def _read_answer(told: dict[str, Any], folder: Path) -> Answer:
    arrays: dict[str, npt.NDArray[Any]] = {}
    path = folder / f"{told['name']}.npz"
    if told["outcome"] == "returned" and path.exists():
        with np.load(path) as stored:
            arrays = {key: stored[key] for key in stored.files}
    return Answer(
        outcome=told["outcome"],
        error=told["error"],
        message=told["message"],
        warnings=tuple(told["warnings"]),
        values=told["values"],
        arrays=arrays,
    )
