"""The pytest plugin: options, parametrization, verdicts as test outcomes.

It is loaded in every pytest session of its user, so it imports nothing slow at its top and does
nothing unless gate tests are collected.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.gate_request import (
    NO_CORE,
    NOTES,
    add_options,
    agenda_of,
    cores_of,
    excluded_from,
    expected_in,
    notes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from harness.cores.protocol import DrizzleCore
    from harness.model import Verdict
    from harness.trials.attempt import Absence
    from harness.trials.case import Case
    from harness.trials.run import Trial

SEPARATOR = "@"
"""Between case, core and specification in the identifier of a gate test."""
PROPERTY = "drizzle_harness_verdict"
TRUTHS_VARIABLE = "DRIZZLE_HARNESS_TRUTHS"
"""As `harness.trials.kept`, which is too slow to be imported here, calls it."""
_EXCLUDED, _EXPECTED = "NOT_APPLICABLE", "EXPECTED_FAIL"
RESTARTS = 200
"""Processes that may die of the cores under test before a run gives up."""
VERDICTS = pytest.StashKey[list[dict[str, Any]]]()
TRIALS = pytest.StashKey["dict[tuple[str, str], Trial | Absence]"]()
ABSENT = pytest.StashKey[tuple[str, ...]]()
FOLDER = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the gate."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and collect verdicts in the process that reports."""
    config.addinivalue_line("markers", "gate: judges a drizzle core (drizzle-harness)")
    if config.getoption("--truths"):
        # Where all processes of the run find it.
        os.environ[TRUTHS_VARIABLE] = str(config.getoption("--truths").expanduser().resolve())
    config.stash[VERDICTS] = []
    config.stash[ABSENT] = ()
    if config.getoption("--core") and str(Path.cwd()) not in sys.path:
        # "module:attribute" may name a file of the present folder; last, to shadow nothing.
        sys.path.append(str(Path.cwd()))
    if hasattr(config, "workerinput"):
        return
    config.pluginmanager.register(VerdictCollector(config.stash[VERDICTS]))
    if config.getoption("--core") and getattr(config.option, "maxworkerrestart", "") is None:
        config.option.maxworkerrestart = str(RESTARTS)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of a parallel run where to note what it does, in case it dies of it."""
    stash = node.config.stash
    if FOLDER not in stash:
        stash[FOLDER] = tempfile.TemporaryDirectory(prefix="drizzle-harness-notes-")
        node.config.add_cleanup(stash[FOLDER].cleanup)
    node.workerinput[NOTES] = stash[FOLDER].name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep all checks of one case in one process, so that it is drizzled once.

    The group marker of xdist would say the same, but its effect depends on how pytest stores node
    identifiers: with pytest 9.2 and xdist 3.8 it has none.
    """
    if not config.getoption("--core") or config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class CaseScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.split(SEPARATOR, 1)[0]

    return CaseScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """See that a gate run can be done as it was asked for, before anything is collected."""
    config = session.config
    if not config.getoption("--core") or hasattr(config, "workerinput"):
        return
    from harness.errors import HarnessError
    from harness.records import check_folder, check_writable

    try:
        agenda_of(config)
        expected_in(config)
        if config.getoption("--gate-record"):
            check_writable(config.getoption("--gate-record"))
        if TRUTHS_VARIABLE in os.environ:
            check_folder(Path(os.environ[TRUTHS_VARIABLE]).expanduser())
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Name the cores, the profile and the frames of a gate run."""
    if not config.getoption("--core"):
        return None
    from harness.frames.locate import available_sets, frames_folder

    cores = ", ".join(f"{core.name} {core.version}" for core in cores_of(config))
    folder = frames_folder(config.getoption("--frames-dir"))
    sets = available_sets(folder)
    return [
        f"drizzle cores: {cores}; profile {config.getoption('--profile')}",
        f"frames: {', '.join(sets) or 'none'} (folder: {folder or 'none'})",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item for each specification that may apply to a case on a core."""
    if not {"gate_core", "gate_case"} <= set(metafunc.fixturenames):
        return
    params = [
        pytest.param(
            check.core,
            check.case,
            check.specification,
            id=SEPARATOR.join((check.case.id, check.core.name, check.specification.name)),
            marks=pytest.mark.gate,
        )
        for check in agenda_of(metafunc.config).checks
    ]
    metafunc.parametrize(("gate_core", "gate_case", "gate_specification"), params)


@pytest.fixture
def gate_trial(
    request: pytest.FixtureRequest, gate_core: DrizzleCore, gate_case: Case
) -> Trial | Absence:
    """Run the case on the core, once for all its specifications."""
    from harness.trials.attempt import attempt_trial

    config = request.config
    done = config.stash.setdefault(TRIALS, {})
    key = (gate_core.name, gate_case.id)
    if key not in done:
        # Items come case by case, so what another case has left behind is not asked for again.
        done.clear()
        done[key] = attempt_trial(
            gate_core,
            gate_case,
            frames_dir=config.getoption("--frames-dir"),
            remote=bool(config.getoption("--remote-data")),
            notes=notes_of(config),
        )
    return done[key]


@pytest.fixture
def settle(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return the function that turns a verdict into the outcome of the test."""

    def settle_verdict(verdict: Verdict, core_version: str, *, excusable: bool = True) -> None:
        from harness.gates.expected import apply_expected
        from harness.model import Outcome
        from harness.records import verdict_to_plain

        entries = expected_in(request.config)
        if excusable:
            verdict = apply_expected(verdict, core_version, entries)
        plain = verdict_to_plain(verdict) | {"core_version": core_version}
        request.node.user_properties.append((PROPERTY, json.dumps(plain)))
        if verdict.outcome is Outcome.FAIL:
            pytest.fail(verdict.message, pytrace=False)
        if verdict.outcome is Outcome.EXPECTED_FAIL:
            # pytest.xfail() would have the traceback worked out, which is not shown.
            raise pytest.xfail.Exception(verdict.message.splitlines()[0], pytrace=False)
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(verdict.message.splitlines()[0])
        if verdict.outcome is Outcome.NOT_MEASURED:
            if not request.config.getoption("--partial"):
                pytest.fail(verdict.message, pytrace=False)
            pytest.skip(verdict.message.splitlines()[0])

    return settle_verdict


class VerdictCollector:
    """Gathers the verdicts of all processes in the one that reports."""

    def __init__(self, verdicts: list[dict[str, Any]]) -> None:
        self.verdicts = verdicts
        self.misused = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """See whether the gate was collected without a core."""
        self.misused |= report.failed and NO_CORE in str(report.longrepr)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Call that a usage error, in parallel runs too."""
        if self.misused:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdict out of a report."""
        if report.when == "call":
            for name, value in report.user_properties:
                if name == PROPERTY:
                    self.verdicts.append(json.loads(str(value)))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hold the expected failures to what they say, and write the record."""
    config = session.config
    verdicts = config.stash.get(VERDICTS, [])
    if hasattr(config, "workerinput") or not verdicts:
        return
    from harness.trials.agenda import find_unmatched

    entries = expected_in(config)
    config.stash[ABSENT] = find_unmatched(
        entries,
        cores_of(config),
        ((one["core"], one["case"], one["specification"]) for one in verdicts),
    )
    if config.stash[ABSENT] and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    verdicts += excluded_from(config, {verdict["case"] for verdict in verdicts})
    target = config.getoption("--gate-record")
    if target:
        from harness.records import make_record, write_record

        record = make_record(
            verdicts, profile=config.getoption("--profile"), absent=agenda_of(config).absent
        )
        write_record(record, target)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: Any, config: pytest.Config
) -> Generator[None, None, None]:
    """Count the verdicts, and name what is wrong with the expected failures.

    It comes last, for what pytest tells of single tests may be hundreds of lines.
    """
    yield
    verdicts = config.stash.get(VERDICTS, [])
    if not verdicts:
        return
    outcomes = [verdict["outcome"] for verdict in verdicts]
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    terminalreporter.section("drizzle gate")
    known = Counter(
        (one["core"], one["message"].splitlines()[0].removeprefix("expected: "))
        for one in verdicts
        if one["outcome"] == _EXPECTED
    )
    for (core, reason), number in sorted(known.items(), key=lambda one: (one[0][0], -one[1])):
        terminalreporter.line(f"known of {core}, {number} checks: {reason}")
    lines = [one["message"].splitlines()[0] for one in verdicts if one["outcome"] == _EXCLUDED]
    reasons = [line.partition(": ")[2] if line.startswith("no value") else line for line in lines]
    for reason in sorted(set(reasons)):
        terminalreporter.line(f"not applicable to {reasons.count(reason)} checks: {reason}")
    for source in agenda_of(config).absent:
        terminalreporter.line(
            f"left out: {source}, whose frames are not here (--frames-dir DIR or --remote-data)"
        )
    for entry in config.stash[ABSENT]:
        terminalreporter.line(f"ERROR {entry} matches nothing: correct it or take it out")
    terminalreporter.line(f"verdicts: {told}")
