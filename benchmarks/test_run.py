"""The whole run, cold: from the scene or the frames to all measurements, stage by stage."""

import pytest

from harness.cores.capability import capabilities_of
from harness.timing.quality import describe_quality
from harness.timing.run import forget_cases, time_trial
from harness.timing.selection import select_cores
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.facts import missing_frames

SCENE = Case(source="scene/ir-box", kernel="square", pixfrac=0.8, scale=0.5)
FRAME = Case(source="frames/hrc-47tuc", kernel="square", pixfrac=0.8, scale=1.0)
"""A real full-size frame, which an installation of drizzlepac brings along."""
FOUR_FRAMES = Case(source="frames/wfc3ir-f140w", kernel="square", pixfrac=0.8, scale=0.5)
CASES = {
    "quick": (SCENE,),
    "standard": (SCENE, FRAME),
    "full": (SCENE, FRAME, FOUR_FRAMES),
}
KEPT = ("coverage.hole_fraction", "weight.", "agreement.", "psf.", "photometry.", "astrometry.")
"""What of the measurements goes into the record of times."""


def pytest_generate_tests(metafunc):
    """Make one benchmark for each core and case."""
    config = metafunc.config
    cores = select_cores(tuple(config.getoption("--core")))
    metafunc.parametrize(
        ("core", "case"),
        [
            pytest.param(core, case, id=f"{core.name}-{case.id}")
            for case in CASES[config.getoption("--profile")]
            for core in cores
        ],
    )


def test_run(benchmark, timed, request, core, case):
    """Time what the gate does with one case, and tell which part of it is the core's."""
    folder = request.config.getoption("--frames-dir")
    remote = bool(request.config.getoption("--remote-data"))
    if not remote and missing_frames((case,), folder):
        pytest.skip(f"the frames of {case.source} are not here: name their folder (--frames-dir)")
    if capabilities_of(core).files and case.source.startswith("scene/"):
        pytest.skip(f"{core.name} reads files, and this scene is only in memory")
    access = FrameAccess(folder=folder, remote=remote)
    forget_cases()
    pixels = sum(exposure.data.size for exposure in exposures_of(case, access).exposures)
    made = timed(
        lambda: time_trial(core, case, access),
        group=f"run {case.id}",
        input_pixels=pixels,
        info={"core": core.name, "version": core.version, "case": case.id},
        setup=forget_cases,
        fewest=2,
    )
    total = sum(made.seconds.values())
    benchmark.extra_info["stage_seconds"] = made.seconds
    benchmark.extra_info["share_of_core"] = made.seconds["core"] / total
    benchmark.extra_info["quality"] = describe_quality(
        one for one in made.trial.measurements if one.metric.startswith(KEPT)
    )
    forget_cases()
