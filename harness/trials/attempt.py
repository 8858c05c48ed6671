"""A trial that may fail, hang or take its process with it: whatever happens is a result."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError, HarnessError, UnsupportedCaseError
from harness.model import Outcome
from harness.trials.case import Case
from harness.trials.run import Trial, run_trial

DRIZZLING = "drizzling"
MEASURING = "measuring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why there is no trial.

    Attributes
    ----------
    outcome : Outcome
        FAIL where the core is to blame, NOT_MEASURED where the harness is, NOT_APPLICABLE where
        the core declined.
    reason : str
    died : bool
        Whether a process died of it.
    """

    outcome: Outcome
    reason: str
    died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """A folder in which processes note what they are about to do, so that a death is understood.

    Attributes
    ----------
    folder : Path
        Shared by all processes of a run.
    time_limit : float
        Seconds in which a core must come back; a process that waits longer is ended.
    """

    folder: Path
    time_limit: float

    def note_of(self, core: DrizzleCore, case: Case) -> Path:
        """Return the note of a trial."""
        text = f"{core.name} {core.version} {case.id}"
        return self.folder / hashlib.sha256(text.encode()).hexdigest()[:24]


def attempt_trial(
    core: DrizzleCore,
    case: Case,
    *,
    frames_dir: Path | None = None,
    remote: bool = False,
    notes: Notes | None = None,
) -> Trial | Absence:
    """Run a trial, or say why there is none.

    Parameters
    ----------
    core, case, frames_dir, remote
        As for `harness.trials.run.run_trial`.
    notes : Notes, optional
        Given in a process that may die without taking the run along. A trial of which a process
        has died already is not run again.
    """
    if notes is not None and notes.note_of(core, case).exists():
        return _tell_death(notes, core, case)
    around: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    if notes is not None:
        note = notes.note_of(core, case)
        note.write_text(MEASURING, encoding="utf-8")
        around = _watch(notes, note)
    try:
        return run_trial(core, case, frames_dir=frames_dir, remote=remote, around=around)
    except UnsupportedCaseError as error:
        return Absence(outcome=Outcome.NOT_APPLICABLE, reason=str(error))
    except CoreError as error:
        return Absence(outcome=Outcome.FAIL, reason=str(error))
    except HarnessError as error:
        return Absence(outcome=Outcome.NOT_MEASURED, reason=str(error))
    except Exception:
        # A fault of the harness is told in full, and the case is not run again for each check.
        return Absence(outcome=Outcome.NOT_MEASURED, reason=traceback.format_exc())
    finally:
        if notes is not None:
            notes.note_of(core, case).unlink(missing_ok=True)


def _watch(notes: Notes, note: Path) -> Callable[[], AbstractContextManager[None]]:
    @contextlib.contextmanager
    def watch() -> Iterator[None]:
        """Note that the core has the process, and end it if it keeps it too long."""
        note.write_text(DRIZZLING, encoding="utf-8")
        with note.with_suffix(".trace").open("w", encoding="utf-8") as trace:
            # A thread of the interpreter's own, that needs no lock which a core may hold.
            faulthandler.dump_traceback_later(notes.time_limit, exit=True, file=trace)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
                note.write_text(MEASURING, encoding="utf-8")
                note.with_suffix(".trace").unlink()

    return watch


def _tell_death(notes: Notes, core: DrizzleCore, case: Case) -> Absence:
    note = notes.note_of(core, case)
    trace = note.with_suffix(".trace")
    where = f"core {core.name} {core.version}, case {case.id}"
    if note.read_text(encoding="utf-8") != DRIZZLING:
        reason = f"{where}: the process that measured its product has died"
        return Absence(outcome=Outcome.NOT_MEASURED, reason=reason, died=True)
    if trace.exists() and trace.stat().st_size:
        reason = f"{where}: gave no product within {notes.time_limit:g} s"
    else:
        reason = f"{where}: the process in which the core ran has died"
    return Absence(outcome=Outcome.FAIL, reason=reason, died=True)
