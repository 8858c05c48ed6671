"""The pieces of a comparison, and the processes that do them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.discovery.corpus import cases_dir, load_findings
from harness.discovery.registry import properties
from harness.trials.case import Case
from harness.upgrade.check import Check
from harness.upgrade.claims import compare_finding, compare_property
from harness.upgrade.differences import compare_probes
from harness.upgrade.files import compare_files, list_file_trials, merge_warnings
from harness.upgrade.own_frames import compare_own_frame, list_own_frames
from harness.upgrade.pair import PIPELINES, Opened, Part, open_pair
from harness.upgrade.plan import UpgradePlan
from harness.upgrade.probes import list_probes
from harness.upgrade.trials import compare_trials, list_trials

EXAMPLES = {"quick": (15, 1.0), "standard": (80, 5.0), "full": (400, 30.0)}
"""Requests that are drawn for a property, and seconds after which no further one is."""
Tell = Callable[[str], None]


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


def run_tasks(
    old: Part, new: Part, tasks: list[Task], plan: UpgradePlan, tell: Tell
) -> list[Check]:
    """Do all pieces of work, and return what they found."""
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
