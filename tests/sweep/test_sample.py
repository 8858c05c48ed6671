import dataclasses

import numpy as np
import pytest

from harness.cores.oracle import combine
from harness.model import FULL_COVERAGE, DrizzleParams
from harness.scenes import load_scene, make_scene
from harness.sweep import sample as sampling
from harness.sweep.sample import take_sample
from harness.sweep.stage import set_stage


@pytest.fixture(scope="module")
def stage():
    """Return exposures with bad pixels on true WFC3/IR pixels, too large to be sampled whole."""
    scene = dataclasses.replace(
        load_scene("ir-box"), shape=(128, 128), bad_pixel_fraction=0.02, field="blank"
    )
    return set_stage(make_scene(scene).exposures, 0.065, FULL_COVERAGE)


@pytest.mark.parametrize("kernel", ["square", "gaussian"])
@pytest.mark.parametrize("pixfrac", [0.1, 0.6, 1.0])
def test_parts_on_one_pile_weigh_what_each_weighs_alone(stage, monkeypatch, kernel, pixfrac):
    """Drizzling all parts in one call gives each the weights, and the exposures, of its own."""
    tiles = []
    pile_up = sampling._pile_up
    monkeypatch.setattr(sampling, "_pile_up", lambda some: tiles.extend(some) or pile_up(some))
    sample = take_sample(stage)
    assert not sample.whole
    assert len(tiles) == sampling.TILES
    assert len(sample.parts.exposures) == len(stage.exposures)

    def drizzle(tile):
        params = DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=tile.grid)
        product = combine(tile.exposures, params)
        return product.wht[tile.mask], product.ctx[0][tile.mask]

    alone = [drizzle(tile) for tile in tiles]
    together = drizzle(sample.parts)
    weights = np.concatenate([weight for weight, _ in alone])
    assert together[0] == pytest.approx(weights, abs=1e-9 * weights.max())
    count = np.concatenate([np.bitwise_count(ctx.view(np.uint32)) for _, ctx in alone])
    np.testing.assert_array_equal(np.bitwise_count(together[1].view(np.uint32)), count)


def test_small_regions_are_predicted_whole():
    """A region of a few thousand pixels is no sample but all of it."""
    scene = dataclasses.replace(load_scene("no-dither"), shape=(48, 48))
    sample = take_sample(set_stage(make_scene(scene).exposures, 0.128, FULL_COVERAGE))
    assert sample.whole
    assert sample.parts is sample.noise
