import numpy as np
import pytest

from harness.rows import BLOCK_PIXELS
from harness.sweep.pictures import shrink


@pytest.mark.parametrize("shape", [(3 * BLOCK_PIXELS // 1000 + 3, 1000), (7, 9), (2, 40), (12, 8)])
@pytest.mark.parametrize("block", [1, 4, 5])
def test_a_shrunk_image_holds_the_means_of_blocks(shape, block):
    """Whole blocks and those cut by an edge, however the rows are taken."""
    image = np.random.default_rng(3).random(shape, dtype=np.float32)
    shrunk = shrink(image.__getitem__, shape, block)
    assert shrunk.shape == tuple(-(-size // block) for size in shape)
    for row, column in ((0, 0), (-1, -1), (shrunk.shape[0] // 2, shrunk.shape[1] // 2)):
        y, x = (
            np.arange(size)[at] * block
            for size, at in zip(shrunk.shape, (row, column), strict=True)
        )
        mean = image[y : y + block, x : x + block].mean(dtype=np.float64)
        # Twenty-five values at most are summed in float32.
        assert shrunk[row, column] == pytest.approx(mean, rel=25 * 2.0**-23)
