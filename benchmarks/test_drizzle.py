"""Every core on the same frames: kernel x pixfrac x frame size x number of frames."""

import dataclasses

import pytest

from harness.timing.pace import find_pace
from harness.timing.quality import describe_quality, measure_quality
from harness.timing.selection import pair_up, select_cores
from harness.timing.workload import list_workloads, prepare


def pytest_generate_tests(metafunc):
    """Make one benchmark for each core on each workload of the profile."""
    pace = find_pace(metafunc.config.getoption("--profile"))
    cores = select_cores(tuple(metafunc.config.getoption("--core")))
    metafunc.parametrize(
        ("core", "workload"),
        [
            pytest.param(core, workload, id=f"{core.name}-{workload.id}")
            for core, workload in pair_up(cores, list_workloads(pace.sizes, pace.pixfracs))
        ],
    )


def test_drizzle(benchmark, timed, core, workload):
    """Time the bare core, and measure what it made."""
    exposures, params = prepare(workload)
    returned = timed(
        lambda: core.drizzle(exposures, params),
        group=f"drizzle {workload.id}",
        input_pixels=workload.pixels,
        info={"core": core.name, "version": core.version, **dataclasses.asdict(workload)},
    )
    benchmark.extra_info["quality"] = describe_quality(measure_quality(core, returned, workload))
