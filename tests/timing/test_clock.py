"""Tests of harness.timing.clock and the processes that it keeps."""

import itertools
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import CoreError, GeometryError, UsageError
from harness.timing.block import BlockTimes, choose_repeats, find_running
from harness.timing.clock import compare_sides, run_sequence
from harness.timing.comparison import ClockPlan, ClockResult, Speed
from harness.timing.process import read_run_delay, start_process
from harness.timing.side import TimedCase, TimedSide, make_case, write_case
from harness.timing.workload import Workload, prepare

sys.path.insert(0, str(Path(__file__).parent))
from simulated_times import SimulatedSampler, still

CORES = Path(__file__).with_name("timed_cores.py")
SHORT = ClockPlan(looks=(3,), fewest_pairs=4, most_pairs=4, inner_seconds=1e-6, seed=1)
SQUARE = Workload(size=32)
GAUSSIAN = Workload(size=32, kernel="gaussian")


def side(attribute: str, **changes: object) -> TimedSide:
    """Return a side with one of the cores beside this file."""
    given = {"label": attribute, "target": f"{CORES}:{attribute}"} | changes
    return TimedSide(**given)


def compare(
    baseline: str, candidate: str, *workloads: Workload, plan: ClockPlan = SHORT
) -> ClockResult:
    """Compare two of the cores beside this file."""
    cases = [make_case(workload) for workload in workloads or (SQUARE,)]
    return compare_sides(side(baseline), side(candidate), cases, plan)


def test_a_slower_core_is_slower_and_the_other_way_faster() -> None:
    """A tenth more is found in both directions, through real processes with clocks of their own."""
    plan = ClockPlan(looks=(6,), fewest_pairs=4, most_pairs=4)
    slower = compare("ClockedCore", "slow_core", plan=plan)
    assert slower.comparisons[0].speed is Speed.SLOWER
    assert slower.comparisons[0].ratio == pytest.approx(1.1, abs=0.03)
    assert slower.comparisons[0].processor_ratio == pytest.approx(1.1, abs=0.03)
    assert compare("slow_core", "ClockedCore", plan=plan).comparisons[0].speed is Speed.FASTER


def test_the_result_tells_what_was_done() -> None:
    """Blocks, pairs, both sides' times and memory, versions and machine are there."""
    found = compare("ClockedCore", "ClockedCore")
    one = found.comparisons[0]
    assert (one.workload, one.blocks, one.pairs) == (SQUARE.id, 3, 12)
    assert len(one.ratios) == 3
    assert one.low < one.ratio < one.high
    assert one.baseline is not None
    assert one.baseline.seconds == pytest.approx(1000, rel=0.1)
    assert found.baseline == {
        "label": "ClockedCore",
        "name": "quiet",
        "version": "2.0",
        "python": sys.version.split()[0],
        "numpy": np.__version__,
    }
    assert {"node", "processor", "processors", "load", "cpu"} <= set(found.machine)
    assert "would have been seen" in one.message


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_and_its_growth_stand_beside_the_time() -> None:
    """40 MB more at the peak are seen, and so are 256 KiB kept from every call."""
    hungry = compare("QuietCore", "HungryCore").comparisons[0]
    assert hungry.candidate.peak_megabytes - hungry.baseline.peak_megabytes == pytest.approx(
        40, abs=2
    )
    assert not hungry.candidate.grows
    plan = ClockPlan(looks=(3,), fewest_pairs=12, most_pairs=12, inner_seconds=1e-6)
    leaky = compare("QuietCore", "LeakyCore", plan=plan).comparisons[0]
    assert leaky.candidate.grows
    assert leaky.candidate.growth == pytest.approx(2**18, rel=0.1)
    assert not leaky.baseline.grows


@pytest.mark.parametrize(
    ("core", "reason"),
    [
        ("RaisingCore", "ValueError: no such kernel"),
        ("DyingCore", r"died of SIGABRT; it wrote: corrupted size vs\. prev_size"),
    ],
)
def test_a_failure_costs_its_own_workload_only(core: str, reason: str) -> None:
    """Where a side raises or dies, that workload is NOT_TIMED, and the others are timed."""
    failed, timed = compare("QuietCore", core, GAUSSIAN, SQUARE).comparisons
    assert failed.speed is Speed.NOT_TIMED
    assert failed.workload == GAUSSIAN.id
    assert math.isnan(failed.ratio)
    assert re.search(reason, failed.message)
    assert core in failed.message
    assert timed.speed is not Speed.NOT_TIMED
    assert timed.blocks == 3


def test_a_core_that_hangs_is_ended() -> None:
    """No answer within the limit is an error that says so, and the process is gone."""
    found = compare("QuietCore", "HangingCore", plan=ClockPlan(looks=(3,), time_limit=1.0))
    assert found.comparisons[0].speed is Speed.NOT_TIMED
    assert "no answer after 1 s" in found.comparisons[0].message


def test_what_a_core_prints_does_not_disturb() -> None:
    """Answers come through though the core writes on standard output, from C or Python."""
    assert compare("QuietCore", "ChattyCore").comparisons[0].blocks == 3


def test_a_side_that_cannot_be_started_is_an_error() -> None:
    """A missing interpreter or core is named before anything is timed."""
    cases = [make_case(SQUARE)]
    gone = side("QuietCore", python="/nowhere/python")
    with pytest.raises(CoreError, match=r"QuietCore: /nowhere/python: cannot be started"):
        compare_sides(gone, side("QuietCore"), cases, SHORT)
    with pytest.raises(CoreError, match=r"NoCore, open: failed with AttributeError"):
        compare_sides(side("QuietCore"), side("NoCore"), cases, SHORT)


def test_the_exposures_arrive_as_they_were(tmp_path: Path) -> None:
    """Arrays, scalars and parameters are the same on the other side."""
    from harness.timing.child.serve import read_case

    workload = Workload(size=32, frames=2, planes=True)
    sent, params = prepare(workload)
    written = write_case(make_case(workload), tmp_path)
    exposures, received = read_case(written["arrays"], written["facts"])
    assert (received.kernel, received.pixfrac) == (params.kernel, params.pixfrac)
    assert received.grid.shape == params.grid.shape
    assert len(exposures) == 2
    for one, other in zip(sent, exposures, strict=True):
        for name in ("data", "weight_map", "dq", "pixmap"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(one.variance[0], other.variance[0])
        assert (one.exptime, one.in_units, one.pixel_scale) == (
            other.exptime,
            other.in_units,
            other.pixel_scale,
        )


def test_exposures_without_pixmap_are_refused(tmp_path: Path) -> None:
    """A core in another process gets its geometry as a pixmap."""
    import dataclasses

    exposures, params = prepare(SQUARE)
    bare = dataclasses.replace(exposures[0], pixmap=None)
    case = TimedCase(name="bare", exposures=(bare,), params=params)
    with pytest.raises(GeometryError, match="no pixmap"):
        write_case(case, tmp_path)


def test_a_real_core_is_timed_in_its_process() -> None:
    """The installed `drizzle` package is loaded by the adapter's file, and called."""
    pytest.importorskip("drizzle", reason="drizzle is not installed")
    import harness.cores.stsci_drizzle as adapter

    real = TimedSide(label="drizzle", target=f"{adapter.__file__}:load")
    found = compare_sides(real, real, [make_case(SQUARE)], SHORT)
    assert found.comparisons[0].blocks == 3
    assert found.baseline["version"] == adapter.load().version


def test_waiting_for_others_is_no_time_of_the_core() -> None:
    """What was spent ready but not running is taken off, but not what own threads used."""
    times = BlockTimes(
        wall=np.array([[2.0, 2.0], [2.0, 2.0]]),
        waited=np.array([[0.5, 0.0], [1.0, 0.0]]),
        # In the second pair the baseline waited for its own threads; the candidate slept.
        processor=np.array([[1.5, 2.0], [2.0, 0.3]]),
        resident=np.zeros((2, 2)),
    )
    np.testing.assert_array_equal(find_running(times), [[1.5, 2.0], [2.0, 2.0]])


def test_repeats_fit_the_length_of_the_call() -> None:
    """Short calls are repeated within a timing, long ones get the fewest pairs, always even."""
    plan = ClockPlan(block_seconds=0.3, fewest_pairs=5, most_pairs=20, inner_seconds=0.003)
    assert choose_repeats(0.0005, plan).inner == 6
    assert choose_repeats(0.0005, plan).pairs == 20
    assert choose_repeats(0.010, plan).inner == 1
    assert choose_repeats(0.010, plan).pairs == 16
    assert choose_repeats(5.0, plan).pairs == 6


def test_the_budget_ends_a_run_with_what_it_has() -> None:
    """Out of time between two looks, the estimate is told, and that nothing was decided."""
    sampler = SimulatedSampler(1, still, {"one": 1.05}, 0.05)
    ticks = itertools.count(0.0, 10.0)
    plan = ClockPlan(budget=85.0)
    found = run_sequence(sampler, ["one"], plan, clock=lambda: next(ticks))[0]
    assert found.speed is Speed.INCONCLUSIVE
    assert found.blocks == 8
    assert "the budget of 85 s was over" in found.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sensitivity": 0.0}, "sensitivity is 0.0"),
        ({"matters": 0.06}, "matters is 0.06"),
        ({"error": 0.5}, "error is 0.5"),
        ({"looks": (2, 4)}, "from 3 on"),
        ({"looks": (6, 6)}, "growing"),
        ({"fewest_pairs": 30}, "fewest_pairs"),
        ({"budget": 0.0}, "budget is 0.0"),
    ],
)
def test_an_impossible_plan_is_refused(changes: dict[str, object], message: str) -> None:
    """Each number has its range, and the message names it."""
    with pytest.raises(UsageError, match=message):
        ClockPlan(**changes)


def test_workloads_need_names_of_their_own() -> None:
    """None, or two of one name, are refused."""
    case = make_case(SQUARE)
    for cases in ([], [case, case]):
        with pytest.raises(UsageError, match="one or more, of different names"):
            compare_sides(side("QuietCore"), side("QuietCore"), cases, SHORT)


@pytest.mark.skipif(sys.platform != "linux", reason="the wait is read from /proc")
def test_a_starved_process_does_not_hang(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What others kept a process from running is added to its limit; then it is hanging."""
    import harness.timing.process as process_module

    with start_process(side("HangingCore"), cpu=None) as (process, _):
        delays = iter([0.0, 0.0, 1.5, 1.5, 1.5])
        monkeypatch.setattr(process_module, "read_run_delay", lambda pid: next(delays))
        with pytest.raises(CoreError, match="no answer after 1 s"):
            process.ask({"do": "load", **write_case(make_case(SQUARE), tmp_path)}, limit=1.0)
    # At the beginning, and before each second: 0 < 1, 1 < 2.5, 2 < 2.5, but not 3.
    assert next(delays, None) is None


def test_the_wait_is_read_from_the_system() -> None:
    """A process that sleeps waits for nothing; one that is not there has no wait."""
    import os

    assert 0.0 <= read_run_delay(os.getpid()) < 1e6
    assert read_run_delay(2**22 + 1) == 0.0


def test_processes_are_gone_afterwards() -> None:
    """Leaving the context ends the process, even one that is busy."""
    with start_process(side("QuietCore"), cpu=None) as (process, opened):
        assert opened["version"] == "1.0"
    assert process.end() == 0
