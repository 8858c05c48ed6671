import dataclasses
from functools import cache

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.registry import load_core
from harness.model import FULL_COVERAGE, DrizzleParams, Region
from harness.scenes import load_scene, make_scene
from harness.sweep.checks import can_clip
from harness.sweep.execution import Execution
from harness.sweep.pieces import MARGIN
from harness.sweep.plan import SweepPlan
from harness.sweep.run import run_sweep
from harness.sweep.stage import set_stage
from harness.sweep.storage import make_table

SKY = Region(name="corner", kind="sky_box", sky=(161.7715, 17.2735, 5.0, 5.0))
"""A box of 5 arcsec that the frames hold, and not in their middle."""
EDGE = Region(name="edge", kind="sky_box", sky=(161.7735, 17.2735, 9.0, 9.0))
"""A box that the frames hold in part."""
ROUNDOFF = 2e-6
"""Of the largest weight: float32 sums of some ten terms, whose positions differ by roundoff."""
STEEP = 1e-4
"""Of the largest value, for science where lanczos weights are near zero."""


@cache
def exposures():
    """Return four dithered exposures with distortion and bad pixels."""
    scene = load_scene("ir-box-notebook")
    return make_scene(dataclasses.replace(scene, name="clip", shape=(300, 300))).exposures


@pytest.mark.parametrize("region", [SKY, EDGE], ids=lambda region: region.name)
@pytest.mark.parametrize("core", ["drizzlepac", "drizzle"])
@pytest.mark.parametrize("kernel", ["square", "gaussian", "turbo"])
def test_the_region_is_the_same_as_of_whole_frames(core, kernel, region):
    """Weights, science and context in the region are those of whole frames, to roundoff."""
    images = []
    for clip in (False, True):
        stage = set_stage(exposures(), 0.065, region, clip=clip)
        params = DrizzleParams(kernel=kernel, pixfrac=0.7, grid=stage.grid)
        product = run_core(load_core(core, lean=True), stage.exposures, params, check_inputs=False)
        y0, y1, x0, x1 = stage.box
        images.append((product, np.s_[y0:y1, x0:x1], stage))
    (whole, there, before), (cut, here, after) = images
    np.testing.assert_array_equal(after.mask, before.mask)
    assert cut.wht.size < whole.wht.size
    assert cut.wht.shape[0] <= after.mask.shape[0] + 2 * MARGIN
    largest = whole.wht.max()
    assert largest > 0
    np.testing.assert_allclose(cut.wht[here], whole.wht[there], rtol=0, atol=ROUNDOFF * largest)
    held = whole.wht[there] > 1e-3 * largest
    bright = np.abs(whole.sci[there][held]).max()
    np.testing.assert_allclose(
        cut.sci[here][held], whole.sci[there][held], rtol=0, atol=STEEP * bright
    )
    firm = np.abs(whole.wht[there]) > ROUNDOFF * largest
    np.testing.assert_array_equal(cut.ctx[:, *here][:, firm], whole.ctx[:, *there][:, firm])


def test_a_clipped_sweep_gives_the_same_table(tmp_path):
    """All figures of the region but the seconds are the same, whichever was drizzled."""
    plan = SweepPlan(
        scene="ir-box", scales=(0.065,), pixfracs=(0.4, 0.8), cores=("drizzle",), region=SKY
    )
    tables = []
    for clipped in (False, True):
        out = tmp_path / str(clipped)
        record = run_sweep(
            dataclasses.replace(plan, clipped=clipped), out, Execution(jobs=2, quiet=True)
        )
        assert record.request.clipped is clipped
        tables.append(make_table(record))
    whole, cut = tables
    assert whole.colnames == cut.colnames
    for name in whole.colnames:
        if name == "seconds":
            continue
        if whole[name].dtype.kind == "f":
            np.testing.assert_allclose(
                cut[name].filled(-1), whole[name].filled(-1), rtol=1e-4, atol=1e-7, err_msg=name
            )
        else:
            assert list(cut[name]) == list(whole[name])


def test_only_cores_that_take_pixmaps_are_clipped():
    """A core that reads files drizzles all that they hold, and an unknown one is not imported."""
    plan = SweepPlan(scene="ir-box", scales=(0.065,), pixfracs=(1.0,), region=SKY)
    assert can_clip(plan)
    assert not can_clip(dataclasses.replace(plan, region=FULL_COVERAGE))
    assert not can_clip(dataclasses.replace(plan, cores=("drizzlepac", "astrodrizzle")))
    assert not can_clip(dataclasses.replace(plan, cores=("not.there:Core",)))
