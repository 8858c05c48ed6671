import types

import numpy as np
import pytest

from harness.cores.worker.child import guard, zones


@pytest.fixture
def guards():
    """Hold the guards of one call."""
    guard.zones = zones
    made = guard.Guards()
    made.begin(0)
    return made


@pytest.fixture
def module(guards):
    """Hold a module whose numpy is guarded."""
    made = types.ModuleType("core")
    made.np = np
    guard.guard_module(made, guards)
    return made


def raw_bytes(array):
    """Return the bytes of the memory that an array is a part of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


@pytest.mark.parametrize("kind", [np.float32, np.int32, ">f8", bool])
@pytest.mark.parametrize("side", ["before", "behind"])
def test_one_byte_beside_a_guarded_array_is_seen(guards, kind, side):
    """Each of both zones is watched, up to its last byte."""
    array = guards.guard(np.ones((3, 4), dtype=kind))
    assert guards.overrun({"sci": array}) == []
    raw = raw_bytes(array)
    start = array.__array_interface__["data"][0] - raw.__array_interface__["data"][0]
    place = start - 1 if side == "before" else start + array.nbytes
    raw[place] ^= 1
    assert guards.overrun({"sci": array}) == ["sci"]
    raw[place] ^= 1
    raw[0 if side == "before" else -1] ^= 1
    assert guards.overrun({}) == ["a copy of an argument"]


def test_what_numpy_allocates_for_a_core_is_guarded(module, guards):
    """New arrays get zones; views and arguments that pass through do not."""
    for made in (
        module.np.zeros((2, 3), dtype=np.float32),
        module.np.full((2, 3), np.nan),
        module.np.append(np.ones((1, 2)), np.ones((1, 2)), axis=0),
        module.np.asarray(np.ones((2, 2)), dtype=np.float32),
        module.np.asarray(np.ones((2, 3), order="F"), dtype=np.float32),
    ):
        assert raw_bytes(made).size >= made.nbytes + 2 * zones.ZONE
    assert made.flags.f_contiguous
    given = np.ones((2, 2), dtype=np.float32)
    assert module.np.asarray(given) is given
    assert module.np.asarray(given, dtype=np.float32) is given
    assert module.np.ndarray is np.ndarray
    assert module.np.float32(2) == np.float32(2)


def test_memory_that_is_not_set_has_the_filling(module, guards):
    """Reading what was never written gives two results under the two fillings."""
    first = module.np.empty((2, 2), dtype=np.float32).copy()
    guards.begin(1)
    second = module.np.empty((2, 2), dtype=np.float32).copy()
    assert (first == zones.FLOATS[0]).all()
    assert (second == zones.FLOATS[1]).all()
