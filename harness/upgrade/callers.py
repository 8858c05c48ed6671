"""What callers wrote for one release, run unchanged on both sides.

The code of callers is data (`fixtures/calls/PACKAGE.toml`): real ways to use the package, from
several of its ages, each with its result and, where it is known independently, what is expected.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import EnvironmentBuildError, FixtureError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.upgrade import foreign
from harness.upgrade.answers import Answer, judge_answers, untrue_notices
from harness.upgrade.check import Check, State
from harness.upgrade.environments import Environment

FOLDER = "calls"
SCRIPT = Path(foreign.__file__).with_name("callers.py")
CALL_LIMIT = 300.0
"""Seconds for one call; importing the package counts, and AstroDrizzle on a frame takes 20."""


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
    prelude : str
        Name of the prelude of the file that comes before the code.
    """

    __pydantic_config__ = STRICT

    name: str
    purpose: str
    code: str
    prelude: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFile:
    """The content of one file; its stem is the package.

    Attributes
    ----------
    call : tuple of Call
    prelude : dict of str to str
        Code that several calls share, by name.
    """

    __pydantic_config__ = STRICT

    call: tuple[Call, ...]
    prelude: dict[str, str] = field(default_factory=dict)


def load_calls(package: str) -> tuple[Call, ...]:
    """Return the calls of a package, with their preludes in them; none where there is no file.

    Raises
    ------
    FixtureError
        If the file is wrong.
    """
    path = list_fixtures(FOLDER).get(package)
    if path is None:
        return ()
    file = load_fixture(path, CallFile)
    calls = []
    for call in file.call:
        if call.prelude and call.prelude not in file.prelude:
            raise FixtureError(
                f"call {call.name!r} wants the prelude {call.prelude!r}",
                where=str(path),
                allowed=", ".join(file.prelude) or "none",
            )
        code = file.prelude.get(call.prelude, "") + call.code
        calls.append(dataclasses.replace(call, code=code, prelude=""))
    return tuple(calls)


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
    state, message, metric, figures = judge_answers(old, new)
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


def _run_some(
    environment: Environment, request: Path, folder: Path, answers: dict[str, Answer]
) -> None:
    """Run calls until one ends the process, or all are done."""
    package = environment.side.package
    command = [str(environment.python), "-I", str(SCRIPT), str(request), str(folder), package]
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
            answers[current] = _read_answer(told, folder, environment.side.version)
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


def _read_answer(told: dict[str, Any], folder: Path, version: str) -> Answer:
    arrays: dict[str, npt.NDArray[Any]] = {}
    path = folder / f"{told['name']}.npz"
    if told["outcome"] == "returned" and path.exists():
        with np.load(path) as stored:
            arrays = {key: stored[key] for key in stored.files}
    notices = tuple(told["notices"])
    return Answer(
        outcome=told["outcome"],
        error=told["error"],
        message=told["message"],
        warnings=tuple(told["warnings"]),
        notices=notices,
        untrue=untrue_notices(notices, version),
        values=told["values"],
        arrays=arrays,
    )
