import dataclasses
import os
from pathlib import Path

import pytest

from harness.sweep.execution import Execution
from harness.sweep.plan import SweepPlan


@pytest.fixture(autouse=True)
def cores_on_path(monkeypatch):
    """Let sweeps, and the processes that they start, find the cores of these tests."""
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def plan():
    """Return a small sweep that takes no time to drizzle."""
    return SweepPlan(
        scene="no-dither",
        scales=(0.128,),
        pixfracs=(0.1, 0.3, 0.5, 0.8, 1.0),
        cores=("breaking_cores:NearestCore",),
    )


@pytest.fixture
def quietly():
    """Return an execution with two processes and no output."""
    return Execution(jobs=2, quiet=True)


@pytest.fixture
def with_core(plan):
    """Return the function that gives the plan another core of `breaking_cores`."""
    return lambda name: dataclasses.replace(plan, cores=(f"breaking_cores:{name}",))
