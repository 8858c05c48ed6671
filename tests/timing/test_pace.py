"""Tests of harness.timing.pace."""

import pytest

from harness.errors import UsageError
from harness.gate_request import PROFILES
from harness.timing.pace import MOST, PACES, choose_rounds, find_pace


def test_every_profile_has_a_pace() -> None:
    """The profiles of the plugin are those of the benchmarks, and each holds the one before."""
    assert tuple(PACES) == PROFILES
    quick, standard, full = PACES.values()
    assert set(quick.sizes) < set(standard.sizes) < set(full.sizes)
    assert full.sizes == (256, 1014, 2048)
    assert quick.seconds < standard.seconds < full.seconds


def test_an_unknown_profile_is_named() -> None:
    """A wrong name is told with the right ones."""
    with pytest.raises(UsageError, match=r"'fast'.*quick, standard, full"):
        find_pace("fast")


@pytest.mark.parametrize(
    ("seconds", "rounds"), [(0.0, MOST), (0.001, MOST), (0.02, 5), (0.05, 3), (60.0, 3)]
)
def test_rounds_fill_the_time(seconds: float, rounds: int) -> None:
    """Quick spends a tenth of a second, between the fewest rounds and the most."""
    assert choose_rounds(seconds, find_pace("quick")) == rounds


def test_a_benchmark_may_ask_for_its_own_fewest() -> None:
    """What must repeat more often, or may less, says so; the most never cuts below it."""
    pace = find_pace("quick")
    assert choose_rounds(9.0, pace, fewest=2) == 2
    assert choose_rounds(9.0, pace, fewest=MOST + 10) == MOST + 10
