"""Faults that no product shows are found by the clock."""

import pytest

from harness.cores.registry import load_core
from harness.faults.clocked import note_clock, run_clocked
from harness.faults.expectation import load_expectations
from harness.faults.matrix import Row, State, conclude
from harness.timing.comparison import ClockPlan, Comparison, SideTimes, Speed

IMAGE = 1_000_000


def conclude_from(fault, speed, *, growth=0.0, grows=False):
    """Return the row of a fault on which the clock said this."""
    side = SideTimes(seconds=1.0, wall=1.0, processor=1.0, waited=0.0, growth=growth, grows=grows)
    row = Row(fault=fault)
    found = Comparison(workload="square", speed=speed, candidate=side, message="said the clock")
    note_clock(row, found, product_bytes=IMAGE)
    if row.state is not State.NOT_SHOWN:
        conclude(row, load_expectations())
    return row


@pytest.mark.parametrize(
    ("fault", "seen", "state"),
    [
        ("slower", {"speed": Speed.SLOWER}, State.CAUGHT),
        ("slower", {"speed": Speed.SAME}, State.MISSED),
        ("slower", {"speed": Speed.FASTER}, State.MISSED),
        ("slower", {"speed": Speed.INCONCLUSIVE}, State.NOT_SHOWN),
        ("slower", {"speed": Speed.NOT_TIMED}, State.NOT_SHOWN),
        ("slower", {"speed": Speed.SLOWER, "growth": IMAGE, "grows": True}, State.UNRELATED),
        ("memory-leaked", {"speed": Speed.SAME, "growth": IMAGE, "grows": True}, State.CAUGHT),
        ("memory-leaked", {"speed": Speed.SLOWER, "growth": IMAGE, "grows": True}, State.CAUGHT),
        ("memory-leaked", {"speed": Speed.SAME, "growth": IMAGE, "grows": False}, State.MISSED),
        ("memory-leaked", {"speed": Speed.SAME, "growth": 4096.0, "grows": True}, State.MISSED),
    ],
)
def test_what_the_clock_says_decides(fault, seen, state):
    """Slower is slower, growth is an image a call, and an open verdict shows nothing."""
    row = conclude_from(fault, **seen)
    assert row.state is state
    if seen["speed"] in (Speed.INCONCLUSIVE, Speed.NOT_TIMED):
        assert row.reason == "said the clock"


def test_a_leak_is_found_in_real_processes():
    """A core that keeps an image each call grows by it, in three blocks of a few calls."""
    plan = ClockPlan(looks=(3,), block_seconds=0.02, fewest_pairs=12, most_pairs=12, pin=False)
    (row,) = run_clocked(
        "oracle", load_core("oracle"), load_expectations(), faults=["memory-leaked"], plan=plan
    )
    assert "clock.growth" in row.red, row
    assert row.state is State.CAUGHT


def test_a_core_that_cannot_be_opened_shows_nothing():
    """A core that its own process does not find leaves the fault open, and says why."""
    (row,) = run_clocked(
        "nowhere_to_be_found:Core", load_core("oracle"), load_expectations(), faults=["slower"]
    )
    assert row.state is State.NOT_SHOWN
    assert "nowhere_to_be_found" in row.reason


def test_cores_of_files_are_not_timed():
    """The clock hands over arrays, so that a core that reads files is left out, and told so."""
    core = load_core("oracle")

    class Files:
        """A core that reads files."""

        name, version = "files", "1"
        capabilities = {"kernels": core.capabilities.kernels, "flux_conserving": (), "files": True}  # noqa: RUF012

    (row,) = run_clocked("files", Files(), load_expectations(), faults=["slower"])
    assert row.state is State.IMPOSSIBLE
    assert "arrays" in row.reason
