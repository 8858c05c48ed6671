"""The oracle: how large the frames are that it can judge."""

import dataclasses

import pytest

from harness.cores.oracle import VERSION, combine
from harness.timing.pace import find_pace
from harness.timing.workload import Workload, prepare

SCALES = (0.5, 1.0)
KERNELS = ("square", "turbo", "gaussian", "lanczos3")


def pytest_generate_tests(metafunc):
    """Make one benchmark for each kernel and output scale, with all images and without."""
    size = find_pace(metafunc.config.getoption("--profile")).large
    workloads = [
        Workload(kernel=kernel, pixfrac=0.8, size=size, scale=scale)
        for kernel in KERNELS
        for scale in SCALES
    ]
    workloads.append(Workload(pixfrac=0.8, size=size, planes=True))
    metafunc.parametrize(
        "workload", [pytest.param(workload, id=f"oracle-{workload.id}") for workload in workloads]
    )


def test_oracle(timed, workload):
    """Time the exact operator in float64."""
    exposures, params = prepare(workload)
    timed(
        lambda: combine(exposures, params),
        group=f"oracle {workload.size}x{workload.frames}",
        input_pixels=workload.pixels,
        info={"core": "oracle", "version": VERSION, **dataclasses.asdict(workload)},
    )
