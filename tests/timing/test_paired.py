"""Tests of harness.timing.paired, with a clock that the calls themselves advance."""

import gc
from collections.abc import Callable

import numpy as np
import pytest

from harness.errors import UsageError
from harness.timing.paired import compare_times


class Machine:
    """A clock, and calls that take as long as they are told; `pace` slows all of them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []
        self.noise = np.random.default_rng(5)

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def call(self, name: str, seconds: Callable[[], float]) -> Callable[[], None]:
        """Return a call of that name."""

        def run() -> None:
            self.calls.append(name)
            self.now += seconds()

        return run


@pytest.fixture
def machine() -> Machine:
    """Give a machine whose time stands still between calls."""
    return Machine()


def test_a_steady_ratio_is_exact(machine: Machine) -> None:
    """Calls that always take the same time have that ratio, with no width."""
    slow = machine.call("slow", lambda: 1.1)
    fast = machine.call("fast", lambda: 1.0)
    found = compare_times(fast, slow, pairs=5, clock=machine.clock)
    assert (found.ratio, found.low, found.high) == pytest.approx((1.1, 1.1, 1.1))
    assert found.pairs == 5


def test_each_is_warmed_up_once_and_called_once_a_pair(machine: Machine) -> None:
    """The first call of each is not timed; then every pair holds both."""
    one = machine.call("one", iter([50.0] + [1.0] * 9).__next__)
    two = machine.call("two", iter([90.0] + [2.0] * 9).__next__)
    found = compare_times(one, two, pairs=6, clock=machine.clock)
    assert found.high == pytest.approx(2.0)
    assert machine.calls.count("one") == machine.calls.count("two") == 7
    pairs = [set(machine.calls[start : start + 2]) for start in range(2, 14, 2)]
    assert pairs == [{"one", "two"}] * 6


def test_a_machine_that_slows_down_does_not_bend_the_ratio(machine: Machine) -> None:
    """A load that nearly doubles over the session leaves the ratio of the pairs alone."""

    def slowed(seconds: float) -> Callable[[], float]:
        return lambda: seconds * 10 ** (machine.now / 1000)

    found = compare_times(
        machine.call("base", slowed(1.0)),
        machine.call("same", slowed(1.0)),
        pairs=100,
        clock=machine.clock,
    )
    assert machine.now > 250
    assert found.low <= 1.0 <= found.high
    assert found.high / found.low < 1.02


def test_whoever_comes_second_has_no_advantage(machine: Machine) -> None:
    """Where the second of two calls is always faster, the random order hides no difference."""

    def warmed() -> float:
        return 0.5 if len(machine.calls) % 2 == 0 else 1.0

    found = compare_times(
        machine.call("base", warmed), machine.call("same", warmed), pairs=40, clock=machine.clock
    )
    assert found.low <= 1.0 <= found.high
    assert {machine.calls[start] for start in range(2, 82, 2)} == {"base", "same"}


def test_the_interval_holds_the_truth_and_narrows(machine: Machine) -> None:
    """With 5 % of noise a ratio of 1.05 is inside, and more pairs narrow the interval."""

    def noisy(seconds: float) -> Callable[[], float]:
        return lambda: seconds * machine.noise.lognormal(0.0, 0.05)

    base, other = machine.call("base", noisy(1.0)), machine.call("other", noisy(1.05))
    few = compare_times(base, other, pairs=10, clock=machine.clock)
    many = compare_times(base, other, pairs=400, clock=machine.clock)
    assert few.low < 1.05 < few.high
    assert 1.0 < many.low < 1.05 < many.high
    assert many.ratio == pytest.approx(1.05, abs=0.01)
    assert many.high - many.low < (few.high - few.low) / 2


def test_garbage_collection_is_put_back(machine: Machine) -> None:
    """No collection runs in a timed call, and afterwards it is as it was, even after an error."""
    seen: list[bool] = []

    def look() -> float:
        seen.append(gc.isenabled())
        if len(seen) == 8:
            raise RuntimeError
        return 1.0

    calls = machine.call("one", look), machine.call("two", look)
    with pytest.raises(RuntimeError):
        compare_times(*calls, pairs=10, clock=machine.clock)
    assert not any(seen[2:])
    assert gc.isenabled()


def test_one_pair_is_refused(machine: Machine) -> None:
    """An interval cannot come of one pair."""
    call = machine.call("one", lambda: 1.0)
    with pytest.raises(UsageError, match="2 or more"):
        compare_times(call, call, pairs=1, clock=machine.clock)
