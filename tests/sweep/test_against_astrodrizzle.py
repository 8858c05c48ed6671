import dataclasses

import numpy as np
import pytest
from astropy.io import fits

from harness.cores.call import run_core
from harness.cores.registry import load_core
from harness.model import DrizzleParams
from harness.scenes import load_scene, make_scene
from harness.scenes.flt import write_exposures
from harness.sweep.execution import Execution
from harness.sweep.gather import gather
from harness.sweep.plan import SweepPlan
from harness.sweep.run import run_sweep
from harness.sweep.stage import set_stage

WARM = 64
"""DQ bit of the scene that still counts as good."""
ROUNDOFF = 6e-7
"""Of the largest weight: ten roundings of float32."""


def test_weights_of_a_sweep_are_astrodrizzles(tmp_path):
    """What a sweep measures and writes has the weights of AstroDrizzle on the same files.

    With the mapping that AstroDrizzle uses; exact positions differ by what its steps of ten pixels
    leave.
    """
    pytest.importorskip("drizzlepac", reason="the comparison is with AstroDrizzle")
    scene = dataclasses.replace(load_scene("ir-box-notebook"), shape=(96, 96), stars=5)
    written = write_exposures(make_scene(scene), tmp_path / "frames")
    frames = tuple(dict.fromkeys(exposure.path for exposure in written))
    core = "harness.cores.drizzlepac:load_by_wcs"
    plan = SweepPlan(files=frames, scales=(0.065,), pixfracs=(0.8,), cores=(core,))
    products = tmp_path / "products"
    run_sweep(plan, tmp_path / "sweep", Execution(quiet=True, products=products, jobs=1))
    stage = set_stage(gather(plan).exposures, 0.065, plan.region)
    params = DrizzleParams(
        kernel="square", pixfrac=0.8, grid=stage.grid, weighting="EXP", bits=WARM
    )
    files = tuple(
        dataclasses.replace(exposure, path=path)
        for exposure, path in zip(stage.exposures, frames, strict=True)
    )
    theirs = run_core(load_core("astrodrizzle"), files, params, check_inputs=False).wht
    (path,) = products.iterdir()
    ours = fits.getdata(path, "WHT")
    assert float(theirs.max()) > 0
    assert float(np.abs(ours - theirs).max()) <= ROUNDOFF * float(theirs.max())
