"""Tests of harness.timing.process."""

import sys
from pathlib import Path

import pytest

from harness.timing.process import STEADY_MEMORY, start_process
from harness.timing.side import TimedSide

CORES = Path(__file__).with_name("timed_cores.py")


@pytest.mark.parametrize("asked", [{}, {"MALLOC_MMAP_THRESHOLD_": "65536"}])
def test_pages_of_arrays_do_not_hang_on_the_heap(asked: dict[str, str]) -> None:
    """A timed process holds the size from which arrays have pages of their own."""
    side = TimedSide(label="pages", target=f"{CORES}:PagesCore", python=sys.executable)
    with start_process(side, cpu=None, variables=asked) as (_, opened):
        assert [opened["version"]] == list((STEADY_MEMORY | asked).values())
