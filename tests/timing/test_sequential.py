"""Tests of harness.timing.sequential: known noise, counted errors."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.timing.clock import run_sequence
from harness.timing.comparison import ClockPlan, Comparison, Speed
from harness.timing.sequential import (
    Look,
    adjust_holm,
    find_detectable,
    judge,
    locate,
    look_at,
)

sys.path.insert(0, str(Path(__file__).parent))
from simulated_times import MACHINES, SimulatedSampler, bursts, still

LUCK = 0.005
"""What each process has of its own; measured between processes of one release."""
PLAN = ClockPlan()


def compare(seed: int, machine: str, ratio: float, plan: ClockPlan = PLAN) -> Comparison:
    """Return the comparison of one workload with a true ratio on a simulated machine."""
    sampler = SimulatedSampler(seed, MACHINES[machine], {"one": ratio}, LUCK)
    return run_sequence(sampler, ["one"], plan)[0]


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_the_same_is_hardly_ever_called_slower_or_faster(machine: str) -> None:
    """Of 300 runs of one release against itself, at most 1 % are wrong, on any machine."""
    found = [compare(seed, machine, 1.0) for seed in range(300)]
    wrong = [one for one in found if one.speed in (Speed.SLOWER, Speed.FASTER)]
    assert len(wrong) <= 3
    assert sum(one.low <= 1.0 <= one.high for one in found) >= 297


@pytest.mark.parametrize("machine", sorted(set(MACHINES) - {"heavy tails"}))
def test_five_per_cent_is_caught(machine: str) -> None:
    """A true slowdown of the wanted sensitivity is called SLOWER in at least 95 of 100 runs."""
    found = [compare(seed, machine, 1.05).speed for seed in range(100)]
    assert found.count(Speed.SLOWER) >= 95
    assert Speed.SAME not in found
    assert Speed.FASTER not in found


def test_noise_is_told_and_not_called_same() -> None:
    """On a machine without a variance a slowdown is found or not decided, hardly ever missed."""
    found = [compare(seed, "heavy tails", 1.06) for seed in range(100)]
    assert sum(one.speed is Speed.SAME for one in found) <= 1
    assert {one.speed for one in found} <= {Speed.SLOWER, Speed.INCONCLUSIVE, Speed.SAME}


def test_a_speed_up_is_found_as_well() -> None:
    """The clock is even-handed."""
    assert [compare(seed, "still", 1 / 1.06).speed for seed in range(20)] == [Speed.FASTER] * 20


def test_what_is_called_detectable_is_detected() -> None:
    """Of slowdowns of the very size that a run states, nine in ten are called SLOWER."""
    stated = float(np.median([compare(seed, "still", 1.0).detectable for seed in range(40)]))
    assert PLAN.least_change < stated < PLAN.sensitivity
    found = [compare(seed, "still", 1 + stated).speed for seed in range(100)]
    assert found.count(Speed.SLOWER) >= 85


def test_many_workloads_do_not_add_up_to_false_alarms() -> None:
    """With twelve workloads the chance of any significant difference stays what it was."""
    plan = ClockPlan(error=0.05, sensitivity=0.02, matters=0.0001, looks=(4, 6))
    names = [f"workload {number}" for number in range(12)]
    wrong = 0
    for seed in range(150):
        sampler = SimulatedSampler(seed, still, dict.fromkeys(names, 1.0), LUCK)
        found = run_sequence(sampler, names, plan)
        wrong += any(one.p_value <= plan.error for one in found)
    # 5 % of 150 and two standard deviations.
    assert wrong <= 13


def test_one_slow_workload_is_named_among_many() -> None:
    """Only the one that is slower is called so; those that are decided are not timed again."""
    names = [f"workload {number}" for number in range(8)]
    ratios = dict.fromkeys(names, 1.0) | {"workload 5": 1.1}
    sampler = SimulatedSampler(3, bursts, ratios, 3 * LUCK)
    found = run_sequence(sampler, names, PLAN)
    assert [one.workload for one in found] == names
    assert [one.workload for one in found if one.speed is Speed.SLOWER] == ["workload 5"]
    assert len(sampler.asked[0]) == 8 > len(sampler.asked[-1])


def test_looking_again_and_again_without_correction_cries_wolf() -> None:
    """The share of the error for each look is needed: without it the same noise alarms often."""
    generator = np.random.default_rng(7)
    honest = naive = 0
    plan = ClockPlan(error=0.05)
    for _ in range(300):
        blocks = generator.normal(0.0, 0.01, plan.looks[-1])
        p_values = [look_at(blocks[:count], plan).p_value for count in plan.looks]
        honest += min(p_values) <= plan.error
        naive += min(p_values) / len(plan.looks) <= plan.error
    assert honest <= 0.05 * 300 < 0.1 * 300 < naive


def test_student_s_interval_holds_where_the_bootstrap_does_not() -> None:
    """Of six blocks, a 95 % bootstrap interval of the mean holds the truth in less than 92 %."""
    generator = np.random.default_rng(11)
    plan = ClockPlan(error=0.05, looks=(6,))
    inside = bootstrap = 0
    for _ in range(1000):
        blocks = generator.normal(0.0, 1.0, 6)
        look = look_at(blocks, plan)
        inside += abs(look.estimate) <= look.half_width
        means = blocks[generator.integers(0, 6, (400, 6))].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        bootstrap += low <= 0.0 <= high
    assert inside >= 935
    assert bootstrap < 920


def test_calls_of_one_process_are_no_independent_observations() -> None:
    """Intervals from all pairs as if independent miss the truth often; those of blocks do not."""
    by_blocks = by_pairs = 0
    plan = ClockPlan(error=0.05, looks=(6,))
    generator = np.random.default_rng(13)
    for _ in range(300):
        luck = generator.normal(0.0, 0.01, 6)
        pairs = luck[:, None] + generator.normal(0.0, 0.01, (6, 20))
        look = look_at(np.array([locate(block) for block in pairs]), plan)
        by_blocks += abs(look.estimate) <= look.half_width
        look = look_at(pairs.ravel(), plan)
        by_pairs += abs(look.estimate) <= look.half_width
    assert by_blocks >= 0.92 * 300
    assert by_pairs < 0.75 * 300


def test_the_centre_stands_up_to_spoilt_pairs() -> None:
    """A quarter of wild values moves the estimate by less than a standard deviation."""
    generator = np.random.default_rng(2)
    logs = generator.normal(0.03, 0.01, 40)
    logs[:10] += 1.0
    assert locate(logs) == pytest.approx(0.03, abs=0.01)
    assert locate(np.array([1.0, 2.0, 4.0])) == pytest.approx(2.25)


def test_holm_is_that_of_the_paper() -> None:
    """The smallest counts m times, the next m - 1 times, and none below the one before it."""
    assert adjust_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("percent", "width", "adjusted", "expected"),
    [
        (3.0, 1.0, 0.001, Speed.SLOWER),
        (-3.0, 1.0, 0.001, Speed.FASTER),
        (3.0, 1.0, 0.02, Speed.INCONCLUSIVE),
        (2.0, 1.0, 0.001, Speed.SAME),
        (2.0, 4.0, 0.5, Speed.INCONCLUSIVE),
        (0.0, 4.5, 1.0, Speed.SAME),
        (0.0, 5.5, 1.0, Speed.INCONCLUSIVE),
    ],
)
def test_a_verdict_needs_significance_and_size(
    percent: float, width: float, adjusted: float, expected: Speed
) -> None:
    """Significant but small is SAME; large but uncertain, or too wide, is not decided."""
    look = Look(
        estimate=math.log1p(percent / 100),
        half_width=math.log1p(width / 100),
        standard_error=0.001,
        p_value=adjusted,
        blocks=6,
    )
    assert judge(look, adjusted, PLAN) is expected


def test_what_can_be_seen_depends_on_noise_and_company() -> None:
    """More noise or more workloads raise the slowdown that would have been seen."""
    quiet = look_at(np.array([0.0, 0.001, -0.001, 0.0, 0.002, -0.002]), PLAN)
    noisy = look_at(np.array([0.0, 0.01, -0.01, 0.0, 0.02, -0.02]), PLAN)
    assert find_detectable(quiet, PLAN, 1) < find_detectable(noisy, PLAN, 1)
    assert find_detectable(noisy, PLAN, 1) < find_detectable(noisy, PLAN, 12)


def test_times_without_any_noise_are_decided() -> None:
    """A standard error of exactly 0 is no division by it."""
    assert look_at(np.zeros(6), PLAN).p_value == 1.0
    assert look_at(np.full(6, 0.125), PLAN).p_value == 0.0
