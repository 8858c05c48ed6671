"""Tests of harness.timing.run."""

from time import perf_counter

import pytest

from harness.cores.oracle import OracleCore
from harness.timing.run import forget_cases, time_trial
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.run import run_trial

CASE = Case(source="scene/no-dither", kernel="point", pixfrac=1.0, scale=1.0)


@pytest.fixture(autouse=True)
def _cold():
    forget_cases()
    yield
    forget_cases()


def test_stages_add_up_to_the_trial() -> None:
    """The stages fill the whole time, and the trial is the gate's own."""
    start = perf_counter()
    timed = time_trial(OracleCore(), CASE, FrameAccess())
    total = perf_counter() - start
    assert set(timed.seconds) == {"exposures", "truth", "core", "measure"}
    assert all(seconds > 0 for seconds in timed.seconds.values())
    assert 0.9 * total < sum(timed.seconds.values()) <= total
    expected = run_trial(OracleCore(), CASE).measurements
    assert [one.metric for one in timed.trial.measurements] == [one.metric for one in expected]


def test_forgetting_makes_the_next_run_cold() -> None:
    """What a process keeps for the next core is gone, so that a round is not timed warm."""
    first = exposures_of(CASE, FrameAccess())
    assert exposures_of(CASE, FrameAccess()) is first
    forget_cases()
    second = exposures_of(CASE, FrameAccess())
    assert second is not first
    assert second.exposures[0].data is not first.exposures[0].data
    assert second.exposures[0].pixmap is not first.exposures[0].pixmap
