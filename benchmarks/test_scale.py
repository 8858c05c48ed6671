"""Cost against frame size and number of frames: per input pixel it should stay flat."""

import dataclasses

import pytest

from harness.timing.pace import find_pace
from harness.timing.selection import pair_up, select_cores
from harness.timing.workload import Workload, prepare

MANY_SIZE = 256
"""Side of the frames whose number grows."""


def pytest_generate_tests(metafunc):
    """Make one benchmark for each core and step."""
    pace = find_pace(metafunc.config.getoption("--profile"))
    cores = select_cores(tuple(metafunc.config.getoption("--core")))
    steps = {
        "test_scale_of_size": [Workload(size=size) for size in pace.scale_sizes],
        "test_scale_of_frames": [
            Workload(size=MANY_SIZE, frames=frames) for frames in pace.scale_frames
        ],
    }
    metafunc.parametrize(
        ("core", "workload"),
        [
            pytest.param(core, workload, id=f"{core.name}-{workload.id}")
            for core, workload in pair_up(cores, steps[metafunc.function.__name__])
        ],
    )


def test_scale_of_size(timed, core, workload):
    """Time one frame of growing size."""
    time_step(timed, core, workload, "scale with frame size")


def test_scale_of_frames(timed, core, workload):
    """Time a growing number of frames of one size."""
    time_step(timed, core, workload, "scale with number of frames")


def time_step(timed, core, workload, group):
    """Time the bare core; `ns_per_pixel` is the figure to look at."""
    exposures, params = prepare(workload)
    timed(
        lambda: core.drizzle(exposures, params),
        group=group,
        input_pixels=workload.pixels,
        info={"core": core.name, "version": core.version, **dataclasses.asdict(workload)},
    )
