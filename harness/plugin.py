"""The pytest plugin: options, parametrization, verdicts as test outcomes.

It is loaded in every pytest session of its user, so it imports nothing slow at its top and does
nothing unless gate tests are collected.
"""

from __future__ import annotations

import contextlib
import functools
import json
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.cores.protocol import DrizzleCore
    from harness.gates.specification import Specification
    from harness.model import Verdict
    from harness.trials.case import Case
    from harness.trials.run import Trial

PROFILES = ("quick", "standard", "full")
SEPARATOR = "@"
"""Between case, core and specification in the identifier of a gate test."""
PROPERTY = "drizzle_harness_verdict"
VERDICTS = pytest.StashKey[list[dict[str, Any]]]()
CORES = pytest.StashKey["tuple[DrizzleCore, ...]"]()
TRIALS = pytest.StashKey["dict[tuple[str, str], Trial | str]"]()
ABSENT = pytest.StashKey[tuple[str, ...]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the gate."""
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
        "--gate-record", type=Path, metavar="FILE", help="write all verdicts there as JSON"
    )
    # pytest-remotedata has the same option; its value, which may be a text, serves as well.
    with contextlib.suppress(ValueError):
        group.addoption(
            "--remote-data", action="store_true", help="real frames may come from the archive"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and collect verdicts in the process that reports."""
    config.addinivalue_line("markers", "gate: judges a drizzle core (drizzle-harness)")
    config.stash[VERDICTS] = []
    config.stash[ABSENT] = ()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(VerdictCollector(config.stash[VERDICTS]))


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


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Name the cores and the profile of a gate run."""
    if not config.getoption("--core"):
        return None
    cores = ", ".join(f"{core.name} {core.version}" for core in _cores(config))
    folder = config.getoption("--frames-dir") or "none"
    return [f"drizzle cores: {cores}; profile {config.getoption('--profile')}; frames: {folder}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item for each specification that may apply to a case on a core."""
    if not {"gate_core", "gate_case"} <= set(metafunc.fixturenames):
        return
    from harness.errors import HarnessError

    try:
        rows = _items(metafunc.config)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error
    params = [
        pytest.param(
            core,
            case,
            specification,
            id=SEPARATOR.join((case.id, core.name, specification.name)),
            marks=pytest.mark.gate,
        )
        for core, case, specification in rows
    ]
    metafunc.parametrize(("gate_core", "gate_case", "gate_specification"), params)


@pytest.fixture
def gate_trial(request: pytest.FixtureRequest, gate_core: DrizzleCore, gate_case: Case) -> Trial:
    """Run the case on the core, once for all its specifications."""
    done = request.config.stash.setdefault(TRIALS, {})
    key = (gate_core.name, gate_case.id)
    if key not in done:
        # Items come case by case, so what another case has left behind is not asked for again.
        done.clear()
        done[key] = _run(request.config, gate_core, gate_case)
    result = done[key]
    if isinstance(result, str):
        pytest.fail(f"{gate_case.id} on {gate_core.name}: {result}", pytrace=False)
    return result


@pytest.fixture
def settle(request: pytest.FixtureRequest) -> Callable[[Verdict, str], None]:
    """Return the function that turns a verdict into the outcome of the test."""

    def settle_verdict(verdict: Verdict, core_version: str) -> None:
        from harness.gates.expected import apply_expected
        from harness.model import Outcome
        from harness.records import verdict_to_plain

        entries = _expected(tuple(request.config.getoption("--expected-failures")))
        verdict = apply_expected(verdict, core_version, entries)
        plain = verdict_to_plain(verdict) | {"core_version": core_version}
        request.node.user_properties.append((PROPERTY, json.dumps(plain)))
        if verdict.outcome is Outcome.FAIL:
            pytest.fail(verdict.message, pytrace=False)
        if verdict.outcome is Outcome.EXPECTED_FAIL:
            pytest.xfail(verdict.message.splitlines()[0])
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
    config.stash[ABSENT] = _unmatched(config, verdicts)
    if config.stash[ABSENT] and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    target = config.getoption("--gate-record")
    if target:
        from harness.records import make_record, write_record

        write_record(make_record(verdicts, profile=config.getoption("--profile")), target)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Count the verdicts, and name what is wrong with the expected failures."""
    verdicts = config.stash.get(VERDICTS, [])
    if not verdicts:
        return
    outcomes = [verdict["outcome"] for verdict in verdicts]
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    terminalreporter.section("drizzle gate")
    terminalreporter.line(f"verdicts: {told}")
    for entry in config.stash[ABSENT]:
        terminalreporter.line(f"ERROR {entry} matches nothing: correct it or take it out")


def _cores(config: pytest.Config) -> tuple[DrizzleCore, ...]:
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
    return config.stash[CORES]


def _items(config: pytest.Config) -> list[tuple[DrizzleCore, Case, Specification]]:
    """List what to check; cores of one case stand together, so that they share its truth."""
    from harness.cores.capability import capabilities_of
    from harness.cores.registry import list_cores
    from harness.gates.specification import load_specifications
    from harness.gates.subject import why_not_applicable
    from harness.trials.facts import missing_frames
    from harness.trials.profile import list_cases, load_profile
    from harness.trials.run import subject_of

    cores = _cores(config)
    if not cores:
        known = ", ".join(list_cores())
        raise pytest.UsageError(
            f"no core to judge: give --core NAME (known: {known}; or package.module:attribute), "
            "or leave tests/gate out"
        )
    profile = load_profile(config.getoption("--profile"))
    specifications = load_specifications()
    everything = list_cases(profile)
    files = set(list_cases(profile, reads_files=True))
    absent: frozenset[str] = frozenset()
    if not config.getoption("--remote-data"):
        absent = missing_frames(everything, config.getoption("--frames-dir"))
    items = []
    for case in everything:
        for core in cores:
            reads_files = capabilities_of(core).files
            if case.source in absent or (reads_files and case not in files):
                continue
            subject = subject_of(core, case)
            items += [
                (core, case, specification)
                for specification in specifications
                if not why_not_applicable(specification, subject)
            ]
    return items


def _run(config: pytest.Config, core: DrizzleCore, case: Case) -> Trial | str:
    """Return the trial, or why there is none."""
    from harness.errors import HarnessError
    from harness.trials.run import run_trial

    try:
        return run_trial(
            core,
            case,
            frames_dir=config.getoption("--frames-dir"),
            remote=bool(config.getoption("--remote-data")),
        )
    except HarnessError as error:
        return str(error)
    except Exception:
        # A fault of the harness is told in full, and the case is not run again for each check.
        return traceback.format_exc()


@functools.lru_cache(maxsize=1)
def _expected(added: tuple[Path, ...]) -> tuple[Any, ...]:
    from harness.gates.expected import load_expected_failures

    return load_expected_failures(*added)


def _unmatched(config: pytest.Config, verdicts: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the entries that no case of any profile, and no verdict, answers to."""
    from fnmatch import fnmatchcase

    from harness.gates.expected import covers_version, describe_entry
    from harness.gates.specification import load_specifications
    from harness.trials.profile import list_cases, load_profile

    versions = {verdict["core"]: verdict["core_version"] for verdict in verdicts}
    cases = [case.id for case in list_cases(load_profile(PROFILES[-1]))]
    cases += {verdict["case"] for verdict in verdicts}
    names = {verdict["specification"] for verdict in verdicts}
    names |= {specification.name for specification in load_specifications()}
    return tuple(
        describe_entry(entry)
        for entry in _expected(tuple(config.getoption("--expected-failures")))
        for core, version in versions.items()
        if fnmatchcase(core, entry.core)
        and covers_version(entry, version)
        and not (
            any(fnmatchcase(case, entry.case) for case in cases)
            and any(fnmatchcase(name, entry.specification) for name in names)
        )
    )
