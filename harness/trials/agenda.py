"""What a gate run has to check: specifications on cases on cores, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.cores.capability import capabilities_of
from harness.cores.protocol import DrizzleCore
from harness.gates.expected import ExpectedFailure, covers_version, describe_entry
from harness.gates.load import load_specifications
from harness.gates.specification import Specification
from harness.gates.subject import why_core_cannot, why_not_applicable
from harness.trials.case import Case
from harness.trials.facts import missing_frames
from harness.trials.profile import list_cases, load_profile
from harness.trials.run import subject_of

LARGEST = "full"
"""The profile that holds the cases of all others."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """One specification on one case on one core.

    Attributes
    ----------
    core : DrizzleCore
    case : Case
    specification : Specification
    reason : str
        Why the core cannot be judged by it: what its capabilities exclude; "" for a real check.
    """

    core: DrizzleCore
    case: Case
    specification: Specification
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Agenda:
    """What is checked, and what is not.

    Attributes
    ----------
    checks : tuple of Check
        Case by case, the cores of one case together, so that they share its truth.
    excluded : tuple of Check
        What the capabilities of a core exclude: NOT_APPLICABLE, and told.
    absent : tuple of str
        Sources whose frames are not here.
    """

    checks: tuple[Check, ...]
    excluded: tuple[Check, ...]
    absent: tuple[str, ...]


def draw_up_agenda(
    cores: Sequence[DrizzleCore], profile: str, *, frames_dir: Path | None, remote: bool
) -> Agenda:
    """List what a profile checks on some cores.

    Parameters
    ----------
    cores : sequence of DrizzleCore
    profile : str
        Name of a profile.
    frames_dir : Path or None
        Where real frames are looked for first.
    remote : bool
        Whether frames that are not here may be fetched; without it their cases are left out.

    Raises
    ------
    HarnessError
        If a profile, a specification or a fixture that they name is wrong.
    """
    read = load_profile(profile)
    cases = list_cases(read)
    filed = set(list_cases(read, reads_files=True))
    absent = frozenset() if remote else missing_frames(cases, frames_dir)
    specifications = load_specifications()
    checks: list[Check] = []
    excluded: list[Check] = []
    for case in cases:
        if case.source in absent:
            continue
        for core in cores:
            if capabilities_of(core).files and case not in filed:
                continue
            subject = subject_of(core, case)
            for specification in specifications:
                if why_not_applicable(specification, subject):
                    continue
                reason = why_core_cannot(specification, subject)
                check = Check(core=core, case=case, specification=specification, reason=reason)
                (excluded if reason else checks).append(check)
    return Agenda(checks=tuple(checks), excluded=tuple(excluded), absent=tuple(sorted(absent)))


def find_unmatched(
    entries: Iterable[ExpectedFailure],
    cores: Sequence[DrizzleCore],
    seen: Iterable[tuple[str, str, str]],
) -> tuple[str, ...]:
    """Describe the expected failures of some cores to which no check of any profile answers.

    Parameters
    ----------
    entries : iterable of ExpectedFailure
        Those of other cores, or other versions, are not looked at.
    cores : sequence of DrizzleCore
    seen : iterable of (core, case, specification)
        What was checked, in a profile or not.
    """
    concerned = [
        (entry, core)
        for entry in entries
        for core in cores
        if fnmatchcase(core.name, entry.core) and covers_version(entry, core.version)
    ]
    if not concerned:
        return ()
    names: dict[str, set[tuple[str, str]]] = {core.name: set() for core in cores}
    for core_name, case, name in seen:
        names[core_name].add((case, name))
    for check in draw_up_agenda(cores, LARGEST, frames_dir=None, remote=True).checks:
        names[check.core.name].add((check.case.id, check.specification.name))
    return tuple(
        describe_entry(entry)
        for entry, core in concerned
        if not any(
            fnmatchcase(case, entry.case) and fnmatchcase(name, entry.specification)
            for case, name in names[core.name]
        )
    )
