import dataclasses
import shutil

import pytest

from harness.sweep.execution import Execution
from harness.sweep.plan import SweepPlan
from harness.sweep.run import run_sweep

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """Return the record of a real sweep, and the folder in which it lies."""
    pytest.importorskip("drizzle", reason="drizzle is not installed")
    folder = tmp_path_factory.mktemp("swept")
    plan = SweepPlan(
        scene="ir-box-notebook",
        scales=(0.065,),
        pixfracs=(0.1, 0.4, 0.6, 0.8, 1.0),
        cores=("drizzle",),
    )
    return run_sweep(plan, folder, Execution(jobs=1, quiet=True)), folder


@pytest.fixture
def with_axes(swept):
    """Return the function that makes a record of more cores, kernels, scales and pixfracs.

    Points, curves and histograms are those of the real sweep, under the new names.
    """
    record, _ = swept

    def spread(*, cores=("drizzle",), kernels=("square",), scales=(0.065,), pixfracs=None):
        pixfracs = pixfracs or record.request.pixfracs
        points = tuple(
            dataclasses.replace(
                record.points[number % len(record.points)],
                core=core, kernel=kernel, scale=scale, pixfrac=pixfrac,
            )
            for core in cores for kernel in kernels for scale in scales
            for number, pixfrac in enumerate(pixfracs)
        )  # fmt: skip
        curves = tuple(
            dataclasses.replace(record.predictions[0], kernel=kernel, scale=scale)
            for kernel in kernels
            for scale in scales
        )
        request = dataclasses.replace(
            record.request, cores=cores, kernels=kernels, scales=scales, pixfracs=pixfracs
        )
        return dataclasses.replace(record, request=request, points=points, predictions=curves)

    return spread


@pytest.fixture(scope="session")
def browser():
    """Start a real headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()
