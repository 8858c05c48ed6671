"""Tests of harness.cores.fence."""

import numpy as np
import pytest

from harness.cores.fence import fence_in, is_overrun


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint32, np.int32])
@pytest.mark.parametrize("shape", [(4, 5), (3, 700), (1, 1), (6, 7, 2)])
def test_the_copy_is_the_array(kind, shape):
    """Shape, type and values are those of the array, wherever that lies; it is contiguous."""
    array = np.arange(2 * np.prod(shape)).astype(kind).reshape(*shape[:-1], -1)[..., ::2]
    fenced = fence_in(array)
    assert np.array_equal(fenced.array, array)
    assert fenced.array.dtype == kind
    assert fenced.array.flags.c_contiguous
    assert fenced.array.flags.aligned
    fenced.array[...] = 1
    assert not is_overrun(fenced)
    assert array.max() > 1 or array.size == 1


@pytest.mark.parametrize("at", [0, -1, "before", "behind"])
def test_every_value_beside_the_array_is_watched(at):
    """The first and the last of a fence, and those that touch the array."""
    fenced = fence_in(np.zeros((4, 500), dtype=np.float32))
    place = {"before": fenced.width - 1, "behind": fenced.width + 2000}.get(at, at)
    fenced.room[place] = 0
    assert is_overrun(fenced)


def test_what_is_read_beside_the_array_shows():
    """A fence is NaN, so that a sum over it is."""
    fenced = fence_in(np.ones((4, 500), dtype=np.float32))
    assert np.isnan(fenced.room[fenced.width - 1])
    assert np.isnan(fenced.room[fenced.width + 2000])
