"""One upgrade from end to end: environments, comparison, clock, policy, record."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.discovery.corpus import cases_dir, load_findings
from harness.discovery.registry import properties
from harness.trials.case import Case
from harness.upgrade.callers import compare_calls, load_calls, run_calls
from harness.upgrade.check import FAMILIES, USUAL, Check, Family
from harness.upgrade.claims import compare_finding, compare_property
from harness.upgrade.clock import compare_speed
from harness.upgrade.differences import compare_probes
from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.files import compare_files, list_file_trials, merge_warnings
from harness.upgrade.instructions import compare_work
from harness.upgrade.interface import compare_inventories, take_inventory
from harness.upgrade.own_frames import compare_own_frame, list_own_frames
from harness.upgrade.pair import PIPELINES, Opened, Part, open_pair, part_of
from harness.upgrade.policy import Policy, rule
from harness.upgrade.probes import list_probes
from harness.upgrade.record import describe_side, make_record
from harness.upgrade.side import Side
from harness.upgrade.trials import compare_trials, list_trials

INTERFACE_MODULES = {
    "drizzlepac": (
        "drizzlepac.ablot", "drizzlepac.adrizzle", "drizzlepac.align", "drizzlepac.astrodrizzle",
        "drizzlepac.cdriz", "drizzlepac.createMedian", "drizzlepac.drizCR", "drizzlepac.mapreg",
        "drizzlepac.minmed", "drizzlepac.processInput", "drizzlepac.resetbits",
        "drizzlepac.staticMask", "drizzlepac.tweakback", "drizzlepac.tweakreg",
    ),
}  # fmt: skip
"""Modules that are looked at, of packages whose other ones do not drizzle; all of the others."""
EXAMPLES = {"quick": (15, 1.0), "standard": (80, 5.0), "full": (400, 30.0)}
"""Requests that are drawn for a property, and seconds after which no further one is."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePlan:
    """What is compared, and how much of it.

    Attributes
    ----------
    old, new : Side
    profile : {"quick", "standard", "full"}
    policy : Policy
    core : str
        "module:attribute" of the core, for packages that the harness does not know.
    processes : int
        For everything but the clock, which has the machine to itself.
    families : tuple of str
        What is looked at.
    frames_dir : Path or None
        Real frames, used before others.
    cache : Path or None
        Folder of the environments.
    uv : str, bool or None
        As `prepare_environment` takes it.
    refresh : bool
        Make the environments anew.
    clock_budget : float or None
        Seconds for the clock; the profile's where not given.
    """

    old: Side
    new: Side
    profile: str = "quick"
    policy: Policy = Policy()  # noqa: RUF009 - frozen
    core: str = ""
    processes: int = 1
    families: tuple[Family, ...] = USUAL
    frames_dir: Path | None = None
    cache: Path | None = None
    uv: str | bool | None = True
    refresh: bool = False
    clock_budget: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work for one process.

    Attributes
    ----------
    kind : {"probes", "trials", "files", "own", "property", "cases"}
    cases : tuple of Case
        For trials and files: those that share exposures.
    name : str
        Of the property, of the core whose known cases are replayed, or of the user's own file.
    """

    kind: str
    cases: tuple[Case, ...] = ()
    name: str = ""


def run_upgrade(plan: UpgradePlan, tell: Tell = lambda line: None) -> dict[str, Any]:
    """Compare two sides and return the record.

    Parameters
    ----------
    plan : UpgradePlan
    tell : callable, optional
        Gets a line for each step.

    Raises
    ------
    UsageError
        If a side is not known, or cannot be called.
    EnvironmentBuildError
        If a side cannot be installed.
    CoreError
        If a side cannot drizzle at all.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "environments"):
        environments = [
            prepare_environment(side, cache=plan.cache, uv=plan.uv, refresh=plan.refresh, tell=tell)
            for side in (plan.old, plan.new)
        ]
    old, new = (part_of(one, plan.core) for one in environments)
    tell(f"{old.label} -> {new.label}, profile {plan.profile}")
    checks: list[Check] = []
    partial: list[str] = [f"{one} (left out)" for one in USUAL if one not in plan.families]
    with _timed(seconds, "callers"):
        found, left = _compare_callers(environments, plan)
        checks += found
        partial += left
    with _timed(seconds, "comparison"):
        checks += _run_tasks(old, new, list_tasks(plan, old, new), plan, tell)
    clock = None
    if "clock" in plan.families:
        with _timed(seconds, "clock"):
            tell("timing both sides in turn")
            found, clock = compare_speed(
                old, new, plan.profile, sensitivity=plan.policy.sensitivity,
                budget=plan.clock_budget,
            )  # fmt: skip
            checks += [one for one in found if one.family in plan.families]
    if "instructions" in plan.families:
        with _timed(seconds, "instructions"):
            tell("counting the instructions of both sides")
            checks += compare_work(
                old, new, plan.profile, sensitivity=plan.policy.sensitivity,
                processes=plan.processes,
            )  # fmt: skip
    order = {family: number for number, family in enumerate(FAMILIES)}
    checks.sort(key=lambda check: (order[check.family], check.name))
    left_out = tuple(one for one in FAMILIES if one not in plan.families)
    ruled = rule(checks, plan.policy, left_out=left_out)
    return make_record(
        old=describe_side(environments[0]),
        new=describe_side(environments[1]),
        checks=checks,
        ruled=ruled,
        policy=plan.policy,
        profile=plan.profile,
        seconds=seconds,
        clock=clock,
        partial=partial,
    )


def list_tasks(plan: UpgradePlan, old: Part, new: Part) -> list[Task]:
    """Return the pieces of work, the longest first."""
    tasks: list[Task] = []
    if "difference" in plan.families:
        tasks.append(Task(kind="probes"))
    if "specification" in plan.families:
        tasks += _grouped("trials", list_trials(plan.profile, plan.frames_dir))
    if "file" in plan.families and old.core in PIPELINES and new.core in PIPELINES:
        tasks += _grouped("files", list_file_trials(plan.profile, plan.frames_dir))
        own = list_own_frames(plan.profile, plan.frames_dir)
        tasks += [Task(kind="own", name=str(path)) for path in own]
    if "case" in plan.families:
        tasks += [Task(kind="cases", name=name) for name in sorted({old.name, new.name})]
    if "property" in plan.families:
        tasks += [Task(kind="property", name=name) for name in properties()]
    return tasks


def _grouped(kind: str, cases: tuple[Case, ...]) -> list[Task]:
    """Return a task for the cases that share exposures."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    return [Task(kind=kind, cases=tuple(some)) for some in groups.values()]


def _compare_callers(
    environments: list[Environment], plan: UpgradePlan
) -> tuple[list[Check], list[str]]:
    """Compare interfaces and callers' code; only sides of one package have the same callers."""
    old, new = environments
    package = new.side.package
    if old.side.package != package:
        return [], [f"interface and calls ({old.side.package} and {package} have other callers)"]
    checks: list[Check] = []
    if "interface" in plan.families:
        modules = INTERFACE_MODULES.get(package, ())
        checks += compare_inventories(take_inventory(old, modules), take_inventory(new, modules))
    calls = load_calls(package)
    if "call" in plan.families and calls:
        checks += compare_calls(calls, run_calls(old, calls), run_calls(new, calls))
    return checks, [] if calls else [f"calls (nothing is known of callers of {package})"]


def _run_tasks(
    old: Part, new: Part, tasks: list[Task], plan: UpgradePlan, tell: Tell
) -> list[Check]:
    checks: list[Check] = []
    if plan.processes <= 1:
        with open_pair(old, new) as pair:
            for number, task in enumerate(tasks, 1):
                checks += _perform(pair, task, plan.profile, plan.frames_dir)
                _tell_step(tell, number, len(tasks), task)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            plan.processes, mp_context=context, initializer=_open_in_process, initargs=(old, new)
        ) as pool:
            running = {
                pool.submit(_perform_here, task, plan.profile, plan.frames_dir): task
                for task in tasks
            }
            for number, done in enumerate(as_completed(running), 1):
                checks += done.result()
                _tell_step(tell, number, len(tasks), running[done])
    return merge_warnings(check for check in checks if check.family in plan.families)


def _tell_step(tell: Tell, number: int, total: int, task: Task) -> None:
    what = task.name or (task.cases[0].group if task.cases else "")
    tell(f"[{number}/{total}] {task.kind} {what}".rstrip())


def _perform(
    pair: tuple[Opened, Opened], task: Task, profile: str, frames_dir: Path | None
) -> list[Check]:
    if task.kind == "probes":
        return compare_probes(pair, list_probes())
    if task.kind in ("trials", "files"):
        compare = compare_trials if task.kind == "trials" else compare_files
        return [
            check for case in task.cases for check in compare(pair, case, frames_dir=frames_dir)
        ]
    if task.kind == "own":
        return compare_own_frame(pair, Path(task.name))
    if task.kind == "property":
        examples, seconds = EXAMPLES[profile]
        one = properties()[task.name]
        return [compare_property(pair, one, examples=examples, seconds=seconds)]
    return [compare_finding(pair, finding) for finding in load_findings(cases_dir(), task.name)]


_STACK = ExitStack()
"""Of a process of the pool: the workers that it has opened end with it."""


def _open_in_process(old: Part, new: Part) -> None:
    import atexit

    atexit.register(_STACK.close)
    _OPENED.append(_STACK.enter_context(open_pair(old, new)))


_OPENED: list[tuple[Opened, Opened]] = []
"""Of a process of the pool: the pair that its initializer has opened."""


def _perform_here(task: Task, profile: str, frames_dir: Path | None) -> list[Check]:
    return _perform(_OPENED[0], task, profile, frames_dir)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - start, 2)
