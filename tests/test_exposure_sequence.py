"""Exposures that are made when they are asked for: numbers, slices, and nothing kept."""

import gc
import weakref

import numpy as np
import pytest

from harness.exposure_sequence import ExposureSequence
from harness.model import Exposure


class Made(ExposureSequence):
    """Five exposures, named by their numbers."""

    def __len__(self):
        return 5

    def open(self, number):
        """Make one."""
        image = np.zeros((2, 3), dtype=np.float32)
        return Exposure(name=str(number), data=image, weight_map=image, exptime=1.0,
                        in_units="cps", pixel_scale=0.1)  # fmt: skip


def test_numbers_and_slices():
    """A negative number counts from the end, a slice gives a tuple, and beyond is an error."""
    made = Made()
    assert (made[0].name, made[-1].name) == ("0", "4")
    assert [one.name for one in made[3:0:-2]] == ["3", "1"]
    assert [one.name for one in made] == list("01234")
    for beyond in (5, -6):
        with pytest.raises(IndexError):
            made[beyond]


def test_nothing_is_kept():
    """Who lets go of an exposure before the next one holds one at a time."""
    given = []
    for exposure in Made():
        given.append(weakref.ref(exposure.data))
        del exposure
        gc.collect()
        assert not [one for one in given if one() is not None]
    assert len(given) == 5
