"""What a pytest run is asked to judge: its options, and the cores, checks, expected failures."""

from __future__ import annotations

import argparse
import contextlib
import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.cores.protocol import DrizzleCore
    from harness.trials.agenda import Agenda
    from harness.trials.attempt import Notes

PROFILES = ("quick", "standard", "full")
NO_CORE = "no core to judge"
NOTES = "drizzle_harness_notes"
"""Where a process that may die finds the folder for its notes."""
CORES = pytest.StashKey["tuple[DrizzleCore, ...]"]()
AGENDA = pytest.StashKey["Agenda"]()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options by which a run is told what to judge."""
    group = parser.getgroup("drizzle-harness", "quality and performance gate for drizzle cores")
    group.addoption(
        "--core",
        action="append",
        default=[],
        metavar="NAME",
        help="core to judge: a registered name or package.module:attribute; may be repeated",
    )
    group.addoption(
        "--profile", choices=PROFILES, default="quick", help="how many cases (default: quick)"
    )
    group.addoption(
        "--frames-dir", type=Path, metavar="DIR", help="folder of real frames, used before others"
    )
    group.addoption(
        "--expected-failures",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="TOML file of failures that are known, with reasons; may be repeated",
    )
    group.addoption(
        "--partial", action="store_true", help="what could not be measured does not fail the run"
    )
    group.addoption(
        "--core-timeout",
        type=read_seconds,
        default=600.0,
        metavar="SECONDS",
        help="time that a core has for one case, in runs with -n (default: 600)",
    )
    group.addoption(
        "--gate-record", type=Path, metavar="FILE", help="write all verdicts there as JSON"
    )
    group.addoption(
        "--truths",
        type=Path,
        metavar="DIR",
        help="keep there what the oracle says of each case, and take it from there next time",
    )
    # pytest-remotedata has the same option; its value, which may be a text, serves as well.
    with contextlib.suppress(ValueError):
        group.addoption(
            "--remote-data", action="store_true", help="real frames may come from the archive"
        )


def read_seconds(text: str) -> float:
    """Read a time limit.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no number above 0.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"is {text!r}; allowed are seconds above 0")
    return seconds


def cores_of(config: pytest.Config) -> tuple[DrizzleCore, ...]:
    """Return the cores that are to be judged, in order, loaded once.

    Raises
    ------
    pytest.UsageError
        If one cannot be loaded, or two have one name.
    """
    if CORES in config.stash:
        return config.stash[CORES]
    from harness.cores.registry import load_core
    from harness.errors import HarnessError

    try:
        config.stash[CORES] = tuple(
            # Nothing but names and capabilities is asked before a case is run.
            load_core(name, prepare=False)
            for name in dict.fromkeys(config.getoption("--core"))
        )
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error
    names = [core.name for core in config.stash[CORES]]
    for name in names:
        if names.count(name) > 1:
            raise pytest.UsageError(
                f"two of the cores call themselves {name!r}: verdicts could not be told apart; "
                "give one of them another name, or judge them one after the other"
            )
    return config.stash[CORES]


def agenda_of(config: pytest.Config) -> Agenda:
    """Return what is to be checked, drawn up once.

    Raises
    ------
    pytest.UsageError
        If there is no core to judge, or the cases cannot be had.
    """
    if AGENDA in config.stash:
        return config.stash[AGENDA]
    from harness.cores.registry import list_cores
    from harness.errors import HarnessError
    from harness.trials.agenda import draw_up_agenda

    cores = cores_of(config)
    if not cores:
        known = ", ".join(list_cores())
        raise pytest.UsageError(
            f"{NO_CORE}: give --core NAME (known: {known}; or package.module:attribute), "
            "or leave tests/gate out"
        )
    try:
        config.stash[AGENDA] = draw_up_agenda(
            cores,
            config.getoption("--profile"),
            frames_dir=config.getoption("--frames-dir"),
            remote=bool(config.getoption("--remote-data")),
        )
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error
    return config.stash[AGENDA]


def notes_of(config: pytest.Config) -> Notes | None:
    """Return where this process notes what it does; None where its death is the run's."""
    from harness.trials.attempt import Notes

    folder = getattr(config, "workerinput", {}).get(NOTES)
    if folder is None:
        return None
    return Notes(folder=Path(folder), time_limit=config.getoption("--core-timeout"))


def excluded_from(config: pytest.Config, cases: set[str]) -> list[dict[str, Any]]:
    """Return the verdicts on what the cores' capabilities exclude in the cases that were run.

    A case that is excluded whole, for want of its kernel, counts where nothing was selected.
    """
    from harness.gates.evaluate import evaluate
    from harness.records import verdict_to_plain
    from harness.trials.run import subject_of

    option = config.option
    if not (option.keyword or option.markexpr or any("::" in str(arg) for arg in config.args)):
        cases = {check.case.id for check in agenda_of(config).excluded}
    return [
        verdict_to_plain(evaluate(None, check.specification, subject_of(check.core, check.case)))
        | {"core_version": check.core.version}
        for check in agenda_of(config).excluded
        if check.case.id in cases
    ]


def expected_in(config: pytest.Config) -> tuple[Any, ...]:
    """Return the expected failures that count in a run: those shipped, and those named."""
    return _read_expected(tuple(config.getoption("--expected-failures")))


@functools.lru_cache(maxsize=1)
def _read_expected(added: tuple[Path, ...]) -> tuple[Any, ...]:
    from harness.gates.expected import load_expected_failures

    return load_expected_failures(*added)
