"""Tests of harness.trials.attempt: every end of a trial is a result."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.cores.oracle import OracleCore
from harness.errors import UnsupportedCaseError
from harness.model import Outcome
from harness.trials import run
from harness.trials.attempt import DRIZZLING, MEASURING, Absence, Notes, attempt_trial
from harness.trials.case import Case
from harness.trials.run import Trial

CASE = Case(source="scene/many-exposures", kernel="square", pixfrac=0.6, scale=1.0, subset=2)


class Core:
    """The oracle, with something done before it returns."""

    version = "1"

    def __init__(self, act=lambda product: product, name="acting"):
        self.name = name
        self.act = act
        self.right = OracleCore()
        self.capabilities = self.right.capabilities
        self.calls = 0

    def drizzle(self, exposures, params):
        """Drizzle rightly, then act."""
        self.calls += 1
        return self.act(self.right.drizzle(exposures, params))


def fail(error):
    """Return an act that raises."""

    def act(product):
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "outcome", "reason"),
    [
        (fail(ValueError("no luck")), Outcome.FAIL, "failed with ValueError: no luck (test_"),
        (fail(SystemExit(3)), Outcome.FAIL, "failed with SystemExit: 3"),
        (fail(UnsupportedCaseError("not today")), Outcome.FAIL, "declined what its capab"),
        (lambda product: None, Outcome.FAIL, "sci is a NoneType"),
        (
            lambda product: dataclasses.replace(product, sci=product.sci[1:]),
            Outcome.FAIL,
            "sci is float32 of shape",
        ),
        (
            lambda product: dataclasses.replace(product, wht=product.wht.astype(np.float64)),
            Outcome.FAIL,
            "wht is float64 of shape",
        ),
        (
            lambda product: dataclasses.replace(product, ctx=None),
            Outcome.FAIL,
            "returned no ctx, but its capability 'context' is set",
        ),
    ],
    ids=["raises", "exits", "declines", "nothing", "shape", "type", "image"],
)
def test_a_core_that_fails_is_told(act, outcome, reason):
    """Whatever a core does instead of a product is its failure, with the reason."""
    absence = attempt_trial(Core(act), CASE)
    assert isinstance(absence, Absence)
    assert absence.outcome is outcome
    assert reason in absence.reason
    assert "acting 1" in absence.reason
    assert not absence.died


def test_a_sound_core_has_its_trial():
    """Nothing is in the way of a trial."""
    trial = attempt_trial(Core(), CASE)
    assert isinstance(trial, Trial)
    assert {"agreement.weight", "integrity.context"} <= {one.metric for one in trial.measurements}


def test_frames_that_are_missing_are_not_the_cores_fault(tmp_path):
    """What the harness cannot have was not measured."""
    case = dataclasses.replace(CASE, source="frames/ngc3370-f160w", subset=0)
    absence = attempt_trial(Core(), case, frames_dir=tmp_path)
    assert absence.outcome is Outcome.NOT_MEASURED
    assert "ib1f19l6q_flt.fits was not found" in absence.reason


def test_an_oracle_that_fails_is_not_the_cores_fault(monkeypatch):
    """Without truth nothing was measured, and the message says so."""
    from harness.errors import CoreError
    from harness.trials.latest import keep_latest

    @keep_latest
    def no_truth(case, access):
        raise CoreError("out of range", where="oracle")

    monkeypatch.setattr(run, "find_truth", no_truth)
    absence = attempt_trial(Core(), CASE)
    assert absence.outcome is Outcome.NOT_MEASURED
    assert "there is no truth to compare with: oracle: out of range" in absence.reason


def test_a_fault_of_the_harness_is_told_in_full(monkeypatch):
    """An error that nobody foresaw comes with its traceback."""
    monkeypatch.setattr(run, "measure_product", lambda *args: 1 / 0)
    absence = attempt_trial(Core(), CASE)
    assert absence.outcome is Outcome.NOT_MEASURED
    assert "ZeroDivisionError" in absence.reason
    assert "Traceback" in absence.reason


def test_notes_say_who_has_the_process(tmp_path):
    """While the core runs, the note says so; afterwards nothing is left."""
    notes = Notes(folder=tmp_path, time_limit=60.0)
    seen = []

    def look(product):
        seen.append(notes.note_of(core, CASE).read_text())
        return product

    core = Core(look)
    assert isinstance(attempt_trial(core, CASE, notes=notes), Trial)
    assert seen == [DRIZZLING]
    assert list(tmp_path.iterdir()) == []
    attempt_trial(Core(fail(ValueError("x"))), CASE, notes=notes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("note", "outcome", "reason"),
    [
        (DRIZZLING, Outcome.FAIL, "the process in which the core ran has died"),
        (MEASURING, Outcome.NOT_MEASURED, "the process that measured its product has died"),
    ],
)
def test_a_trial_of_which_a_process_died_is_not_run_again(tmp_path, note, outcome, reason):
    """The note that a dead process left is the result."""
    core = Core()
    notes = Notes(folder=tmp_path, time_limit=60.0)
    notes.note_of(core, CASE).write_text(note)
    absence = attempt_trial(core, CASE, notes=notes)
    assert (absence.outcome, absence.died) == (outcome, True)
    assert reason in absence.reason
    assert core.calls == 0
    other = dataclasses.replace(CASE, pixfrac=0.8)
    assert isinstance(attempt_trial(core, other, notes=notes), Trial)


ENDING = """
import ctypes, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from test_attempt import CASE, Core
from harness.trials.attempt import Notes, attempt_trial
ends = {{"dies": lambda product: ctypes.string_at(0), "hangs": lambda product: time.sleep(60)}}
attempt_trial(Core(ends[{end!r}]), CASE, notes=Notes(folder=Path({folder!r}), time_limit=1.0))
print("lived")
"""


@pytest.mark.parametrize(
    ("end", "reason"),
    [("dies", "the process in which the core ran has died"), ("hangs", "no product within 1 s")],
)
def test_a_process_that_ends_leaves_its_note(tmp_path, end, reason):
    """A core that ends its process, or never comes back, is known to the next process."""
    here = str(Path(__file__).parent)
    script = ENDING.format(here=here, end=end, folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode != 0
    assert "lived" not in done.stdout
    core = Core()
    absence = attempt_trial(core, CASE, notes=Notes(folder=tmp_path, time_limit=1.0))
    assert absence.outcome is Outcome.FAIL
    assert reason in absence.reason
    assert core.calls == 0
