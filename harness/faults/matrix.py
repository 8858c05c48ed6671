"""Every fault through every check: what turns red, what should, what should not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from harness.cores.capability import capabilities_of
from harness.cores.protocol import DrizzleCore
from harness.cores.registry import load_core
from harness.errors import HarnessError, UnsupportedCaseError
from harness.faults.core import FaultyCore, find_fault, why_not_possible
from harness.faults.expectation import Expectations
from harness.gates.evaluate import evaluate_all
from harness.gates.expected import apply_expected, load_expected_failures
from harness.gates.load import load_specifications
from harness.model import Capabilities, Outcome
from harness.trials.case import Case
from harness.trials.facts import missing_frames
from harness.trials.run import run_trial

RED = (Outcome.FAIL, Outcome.NOT_MEASURED)
Progress = Callable[[str, str], None]


class State(StrEnum):
    """What became of a fault.

    CAUGHT: its own checks turned red, and no unrelated one. MISSED: one of its own stayed green.
    UNRELATED: a check turned red that has nothing to do with it. HIDDEN: one of its own is red on
    the core without the fault, so that nothing can be seen. IMPOSSIBLE: the core cannot have it.
    NOT_SHOWN: no case was run that could show it.
    """

    CAUGHT = "CAUGHT"
    MISSED = "MISSED"
    UNRELATED = "UNRELATED"
    HIDDEN = "HIDDEN"
    IMPOSSIBLE = "IMPOSSIBLE"
    NOT_SHOWN = "NOT_SHOWN"


@dataclass(slots=True, kw_only=True)
class Row:
    """One fault on one core.

    Attributes
    ----------
    fault : str
        Its name; "" for the core without fault.
    red : dict of str to str
        Checks that turned red to the first message.
    green : set of str
        Checks that were made and stayed green in all cases.
    known : set of str
        Checks that are red without the fault on some of its cases; on others they count.
    state : State
    reason : str
        Why it is not CAUGHT.
    """

    fault: str
    red: dict[str, str] = field(default_factory=dict)
    green: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    state: State = State.CAUGHT
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All faults on one core.

    Attributes
    ----------
    core, version : str
        The core that is right.
    right : Row
        It without fault.
    rows : tuple of Row
        One a fault.
    """

    core: str
    version: str
    right: Row
    rows: tuple[Row, ...]

    @property
    def sound(self) -> bool:
        """Whether the true core is green and nothing is missed or blamed on another check."""
        bad = (State.MISSED, State.UNRELATED)
        return not self.right.red and not any(row.state in bad for row in self.rows)


def run_matrix(
    spec: str,
    expectations: Expectations,
    *,
    faults: Sequence[str],
    cases: Sequence[Case] = (),
    frames_dir: Path | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """Put faults around a core and judge each with all specifications.

    Parameters
    ----------
    spec : str
        The core, as for `harness.cores.registry.load_core`.
    expectations : Expectations
    faults : sequence of str
        Names of those that the gate judges.
    cases : sequence of Case, optional
        All faults are run on all of these; by default each on the cases that show it.
    frames_dir : Path, optional
        Folder of real frames.
    progress : callable, optional
        Called with the fault and the case before each trial.

    Returns
    -------
    Matrix

    Raises
    ------
    HarnessError
        If the core cannot be loaded, or fails without a fault.
    """
    core = load_core(spec)
    able = capabilities_of(core)
    rows = {name: Row(fault=name) for name in faults}
    right = Row(fault="")
    for name, row in rows.items():
        row.reason = why_not_possible(find_fault(name), able)
        row.state = State.IMPOSSIBLE if row.reason else State.CAUGHT
        differing = expectations.of(name).kernels
        if differing and not set(differing) & set(able.kernels):
            row.reason = f"it makes a difference with {', '.join(differing)} alone"
    plan = _plan(expectations, faults, cases, able)
    # Those without which a check cannot be shown; whoever names cases is told of them.
    absent = () if cases else missing_frames(tuple(case for case, _ in plan), frames_dir)
    for case, shown in plan:
        if case.source in absent:
            continue
        if case.kernel not in able.kernels or case.weighting not in able.weightings:
            continue
        if progress is not None:
            progress("", case.id)
        try:
            known = _judge(core, core, case, frames_dir, right)
        except UnsupportedCaseError:
            # The units of exposures, for one, are known only when they are there.
            continue
        for name in shown:
            if rows[name].state is State.IMPOSSIBLE:
                continue
            if progress is not None:
                progress(name, case.id)
            rows[name].known |= known
            faulty = FaultyCore(core, find_fault(name))
            _judge(core, faulty, case, frames_dir, rows[name], known)
    for row in rows.values():
        if row.state is not State.IMPOSSIBLE:
            conclude(row, expectations)
    return Matrix(core=core.name, version=core.version, right=right, rows=tuple(rows.values()))


def _plan(
    expectations: Expectations,
    faults: Sequence[str],
    cases: Sequence[Case],
    able: Capabilities,
) -> list[tuple[Case, list[str]]]:
    """List the cases, each with the faults that are run on it: the truth of a case is made once."""

    def differs(name: str, case: Case) -> bool:
        kernels = expectations.of(name).kernels
        return not kernels or case.kernel in kernels

    if cases:
        return [(case, [name for name in faults if differs(name, case)]) for case in cases]
    plan = []
    for shown in expectations.case:
        case = shown.as_case(able)
        chosen = [name for name in faults if shown.name in expectations.of(name).cases]
        chosen = [name for name in chosen if differs(name, case)]
        if chosen and shown.files >= able.files:
            plan.append((case, chosen))
    return plan


def _judge(
    right: DrizzleCore,
    core: DrizzleCore,
    case: Case,
    frames_dir: Path | None,
    row: Row,
    known: Collection[str] = (),
) -> set[str]:
    """Run a case, note what turns red, and return the checks that are.

    What is `known` to be red on the case without the fault tells nothing there.
    """
    expected = load_expected_failures()
    try:
        trial = run_trial(core, case, frames_dir=frames_dir)
    except HarnessError as error:
        if core is right:
            raise
        row.red.setdefault("no product", str(error))
        return set()
    failures = set()
    # Advice fails nobody.
    judged = [one for one in load_specifications() if not one.limit.advisory]
    for verdict in evaluate_all(trial.measurements, judged, trial.subject):
        name = verdict.specification
        if core is right:
            verdict = apply_expected(verdict, core.version, expected)
        if verdict.outcome is Outcome.EXPECTED_FAIL:
            failures.add(name)
        elif verdict.outcome in RED and name not in known:
            row.red.setdefault(name, f"{case.id}: {verdict.message}")
            row.green.discard(name)
            failures.add(name)
        elif verdict.outcome is Outcome.PASS and name not in row.red:
            row.green.add(name)
    return failures


def conclude(row: Row, expectations: Expectations) -> None:
    """Say in the row of a fault what became of it.

    Parameters
    ----------
    row : Row
        With what was found; `state` and `reason` are set in place.
    expectations : Expectations
        Which checks must and may turn red.
    """
    made = set(row.red) | row.green | row.known
    own = {
        pattern: {name for name in made if fnmatchcase(name, pattern)}
        for pattern in expectations.of(row.fault).own
    }
    asked = {pattern: names for pattern, names in own.items() if names}
    missed = [pattern for pattern, names in asked.items() if not names & set(row.red)]
    hidden = [pattern for pattern in missed if asked[pattern] & row.known]
    strange = [name for name in row.red if not expectations.allows(row.fault, name)]
    if not asked:
        row.state = State.NOT_SHOWN
        row.reason = row.reason or "no case was run on which its own checks are made"
    elif strange:
        row.state = State.UNRELATED
        row.reason = f"{', '.join(strange)} turned red: {row.red[strange[0]]}"
    elif hidden:
        row.state = State.HIDDEN
        row.reason = f"{', '.join(hidden)} is a known failure of the core itself"
    elif missed:
        row.state = State.MISSED
        row.reason = f"{', '.join(missed)} stayed green"
