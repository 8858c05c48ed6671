"""Cost against size: frames, their number, pixmaps, scenes, the oracle, the gate, start-up.

`pytest benchmarks/ -k scale --benchmark-json FILE`, then `drizzle-harness scale FILE --out DIR`.
Per input pixel the cost should stay flat.
"""

import dataclasses
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.oracle import combine
from harness.exposure_stream import keep_exposures
from harness.geometry import compute_pixmap
from harness.scenes import load_scene
from harness.scenes.detector import band_of, load_detector
from harness.scenes.dither import compute_offsets, load_dither
from harness.scenes.optics import PixelFrame
from harness.scenes.psf import make_psf
from harness.scenes.render import render_stars
from harness.timing.pace import find_pace
from harness.timing.run import forget_cases, time_trial
from harness.timing.selection import pair_up, select_cores
from harness.timing.workload import Workload, prepare
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess

MANY_SIZE = 256
"""Side of the frames whose number grows."""
SIDE = "pixels along a side of a frame"
NUMBER = "exposures"
GATE = Path(__file__).resolve().parents[1] / "tests" / "gate"
STAR_SPACING = 18
"""Pixels between the stars of a field: about the lattice of isolated stars on WFC3/IR."""
SMALL = {"scene/ir-box": 0.5}
WHOLE = {
    "scene/full-ir": 0.5,
    "scene/full-ir-16": 0.5,
    "scene/full-uvis": 0.75,
    "scene/full-niriss": 0.75,
    "scene/full-acs-wfc": 0.6,
    "scene/full-roman": 0.75,
    "scene/full-acs-wfc-12": 0.6,
}
"""Scenes of whole detectors, and the output scale of their case."""


def pytest_generate_tests(metafunc):
    """Make one benchmark for each core, or way, and step."""
    pace = find_pace(metafunc.config.getoption("--profile"))
    sizes = [Workload(size=size) for size in pace.scale_sizes]
    numbers = [Workload(size=MANY_SIZE, frames=frames) for frames in pace.scale_frames]
    of_cores = {
        "test_scale_of_size": sizes,
        "test_scale_of_frames": numbers,
        "test_scale_of_stream": numbers,
        "test_scale_of_check": sizes,
    }
    name = metafunc.function.__name__
    if "core" in metafunc.fixturenames:
        cores = select_cores(tuple(metafunc.config.getoption("--core")))
    if name in of_cores:
        rows = [
            pytest.param(core, workload, id=f"{core.name}-{workload.id}")
            for core, workload in pair_up(cores, of_cores[name])
        ]
        metafunc.parametrize(("core", "workload"), rows)
    elif name == "test_scale_of_detector":
        scenes = WHOLE if metafunc.config.getoption("--profile") == "full" else SMALL
        rows = [
            pytest.param(core, source, id=f"{core.name}-{source.partition('/')[2]}")
            for source in scenes
            for core in cores[:1]
        ]
        metafunc.parametrize(("core", "source"), rows)
    elif "way" in metafunc.fixturenames:
        ways = {"pixmap": ("exact", "interpolated"), "scene": ("harness", "photutils")}
        rows = [(way, size) for size in pace.scale_sizes for way in ways[name.rpartition("_")[2]]]
        metafunc.parametrize(("way", "size"), rows, ids=[f"{way}-{size}" for way, size in rows])
    elif "size" in metafunc.fixturenames:
        metafunc.parametrize("size", [size for size in pace.scale_sizes if size <= pace.large])


def test_scale_of_size(timed, core, workload):
    """Time one frame of growing size."""
    exposures, params = prepare(workload)
    time_step(
        timed,
        core,
        workload,
        lambda: core.drizzle(exposures, params),
        group="scale with frame size",
        scale=(SIDE, workload.size, core.name),
    )


def test_scale_of_frames(timed, core, workload):
    """Time a growing number of frames of one size."""
    exposures, params = prepare(workload)
    time_step(
        timed,
        core,
        workload,
        lambda: core.drizzle(exposures, params),
        group="scale with number of frames",
        scale=(NUMBER, workload.frames, core.name),
    )


def test_scale_of_stream(timed, core, workload):
    """Time the checked call on spooled exposures, whose memory should not grow."""
    exposures, params = prepare(workload)
    stream = keep_exposures(exposures, limit=0)
    time_step(
        timed,
        core,
        workload,
        lambda: run_core(core, stream, params),
        group="scale with number of spooled frames",
        scale=(NUMBER, workload.frames, core.name),
    )


def test_scale_of_check(benchmark, timed, core, workload):
    """Time the checked call on one spooled frame, and what of it is not the core's."""
    exposures, params = prepare(workload)
    stream = keep_exposures(exposures, limit=0)
    product = time_step(
        timed,
        core,
        workload,
        lambda: run_core(core, stream, params),
        group="scale of the checked call",
        scale=(SIDE, workload.size, core.name),
    )
    if not benchmark.disabled:
        seconds = float(product.provenance["seconds"])
        benchmark.extra_info["last_core_seconds"] = seconds


def test_scale_of_oracle(timed, size):
    """Time the oracle on one frame of growing size."""
    workload = Workload(pixfrac=0.8, size=size)
    exposures, params = prepare(workload)
    timed(
        lambda: combine(exposures, params),
        group="scale of the oracle",
        input_pixels=workload.pixels,
        info=dataclasses.asdict(workload),
        scale=(SIDE, size, "oracle"),
    )


def test_scale_of_pixmap(timed, way, size):
    """Time the pixmap of a frame, every pixel through the WCS and interpolated."""
    (exposure,), params = prepare(Workload(size=size))
    timed(
        lambda: compute_pixmap(exposure.wcs, (size, size), params.grid, exact=way == "exact"),
        group="scale of the pixmap",
        input_pixels=size**2,
        info={"way": way},
        scale=(SIDE, size, way),
    )


def test_scale_of_scene(timed, way, size):
    """Time stars on pixels, by the harness and by photutils, in the same field.

    The harness integrates over the distorted outline of each pixel; photutils over upright pixels
    of one size, in stamps that reach as far.
    """
    call = {"harness": render_by_harness, "photutils": render_by_photutils}[way](size)
    timed(
        call,
        group="scale of a star field",
        input_pixels=size**2,
        info={"way": way, "stars": (size // STAR_SPACING) ** 2},
        scale=(SIDE, size, way),
    )


def test_scale_of_detector(benchmark, timed, core, source):
    """Time the whole run of the gate on whole detectors, stage by stage."""
    case = Case(source=source, kernel="square", pixfrac=0.8, scale=(SMALL | WHOLE)[source])
    scene = load_scene(case.source.partition("/")[2])
    detector = load_detector(scene.detector)
    frames = len(compute_offsets(load_dither(scene.dither), detector, seed=scene.seed))
    chips = [scene.shape or chip.shape for chip in detector.chips]
    pixels = frames * sum(ny * nx for ny, nx in chips)
    made = timed(
        lambda: time_trial(core, case, FrameAccess()),
        group=f"scale of a gate run {detector.name}",
        input_pixels=pixels,
        info={"core": core.name, "version": core.version, "case": case.id},
        setup=forget_cases,
        fewest=2 if source in SMALL else 1,
        scale=(NUMBER, frames, core.name),
    )
    benchmark.extra_info["stage_seconds"] = made.seconds
    forget_cases()


@pytest.mark.parametrize("what", ["help", "collect"])
def test_scale_of_startup(timed, what):
    """Time what is waited for before anything is done: help, and the collection of the gate."""
    core = select_cores()[0].name
    arguments = {
        "help": ["-c", "from harness.cli import main; main(['--help'])"],
        "collect": ["-m", "pytest", "--collect-only", "-q", str(GATE), "--core", core],
    }
    timed(
        lambda: subprocess.run([sys.executable, *arguments[what]], check=True, capture_output=True),
        group="scale of start-up",
        input_pixels=1,
        info={"what": what},
    )


def time_step(timed, core, workload, call, *, group, scale):
    """Time a call on a workload; the cost a pixel is the figure to look at."""
    return timed(
        call,
        group=group,
        input_pixels=workload.pixels,
        info={"core": core.name, "version": core.version, **dataclasses.asdict(workload)},
        scale=scale,
    )


def make_field(size):
    """Return a frame with the pixels and distortion of WFC3/IR, and stars on a lattice."""
    chip = load_detector("wfc3-ir").chips[0]
    chip = dataclasses.replace(chip, shape=(size, size), crpix=((size + 1) / 2, (size + 1) / 2))
    frame = PixelFrame(chip=chip, corner=(0, 0), shape=(size, size))
    per_row = size // STAR_SPACING
    row, column = np.divmod(np.arange(per_row**2), per_row)
    phase = np.random.default_rng(size).random((2, per_row**2))
    x, y = ((place + 0.5) * STAR_SPACING for place in (column, row))
    psf = make_psf("gaussian", band_of(load_detector("wfc3-ir"), "F160W").fwhm)
    return frame, x + phase[0], y + phase[1], np.full(per_row**2, 100.0), psf


def render_by_harness(size):
    """Return the call that renders a field with the harness."""
    field = make_field(size)
    return lambda: render_stars(*field)


def render_by_photutils(size):
    """Return the call that renders the same field with `make_model_image`."""
    from astropy.table import QTable
    from photutils.datasets import make_model_image
    from photutils.psf import GaussianPRF

    frame, x, y, flux, psf = make_field(size)
    sides = np.abs(np.linalg.svd(np.array(frame.chip.matrix), compute_uv=False))
    side = 2 * int(np.ceil(1.05 * psf.radius / sides.min() + 1)) + 1
    stars = QTable({"x_0": x, "y_0": y, "flux": flux})
    stars["x_fwhm"], stars["y_fwhm"] = (np.full(x.size, psf.fwhm / one) for one in sides)

    def call():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make_model_image((size, size), GaussianPRF(), stars, model_shape=(side, side))

    return call
