"""Tests of harness.cores.cdriz_alone: it is the same core, by a shorter way."""

import numpy as np
import pytest

from harness.timing.clock import compare_sides
from harness.timing.comparison import ClockPlan, Speed
from harness.timing.side import make_case
from harness.timing.workload import Workload
from harness.upgrade.clock import timed_side
from harness.upgrade.pair import Part

pytest.importorskip("drizzlepac")
CASE = make_case(Workload(size=32, frames=2))


def test_its_products_are_those_of_do_driz() -> None:
    """Called without drizzlepac around it, cdriz gives the same pixels to the bit."""
    from harness.cores.cdriz_alone import load
    from harness.cores.drizzlepac import CdrizCore

    alone, whole = (core.drizzle(CASE.exposures, CASE.params) for core in (load(), CdrizCore()))
    for name in ("wht", "ctx"):
        np.testing.assert_array_equal(alone[name], whole[name])
    np.testing.assert_allclose(alone["sci"], whole["sci"], rtol=2e-7)


def test_the_clock_can_open_it() -> None:
    """As in another environment: by the path of its file, in a process without the harness."""
    import sys

    part = Part(
        label="drizzlepac", core="drizzlepac", name="drizzlepac", version="", python=sys.executable
    )
    plan = ClockPlan(looks=(3,), fewest_pairs=2, most_pairs=2)
    result = compare_sides(timed_side(part), timed_side(part), [CASE], plan)
    assert result.comparisons[0].speed is not Speed.NOT_TIMED
