import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.cores.request import DrizzleRequest, RawImage, make_pixmap
from harness.cores.worker import Worker
from harness.cores.worker.arena import Arena
from harness.cores.worker.child import memory as child_memory
from harness.discovery.layout import LAYOUTS, lay_out, layout_of


class DescribingCore:
    """Says how its first array lies in memory, by an exception."""

    name = "describing"
    version = "0.1"
    capabilities = {"kernels": {"square"}}  # noqa: RUF012 - as a third party would write it

    def drizzle(self, exposures, params):
        """Raise the description."""
        raise ValueError(describe(exposures[0].data))


def describe(array):
    """Return what a C core can see of an array."""
    address = array.__array_interface__["data"][0]
    flags = array.flags
    return repr((
        type(array).__name__, array.dtype.str, array.shape, array.strides, flags.writeable,
        flags.aligned, flags.c_contiguous, flags.f_contiguous, address % 64, array.tolist(),
    ))  # fmt: skip


@pytest.fixture(scope="module")
def describing():
    """Hold a worker of the describing core, which lives in this file."""
    folder = str(Path(__file__).parent)
    with Worker(
        "test_worker_layouts:DescribingCore", environment={"PYTHONPATH": folder}
    ) as started:
        yield started


@pytest.mark.parametrize("layout", [*LAYOUTS, "memmap", "read-only memmap", "empty", "0-d"])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "<i2", "?"])
def test_layouts_arrive_as_they_are(describing, layout, kind):
    """Type, byte order, strides, flags, alignment and class of an array are those of the caller."""
    values = np.arange(12).reshape(3, 4).astype(kind)
    if layout in LAYOUTS:
        array = lay_out(values, layout)
    elif layout == "empty":
        array = values[:, :0]
    elif layout == "0-d":
        array = np.array(values[1, 1])
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(values.tobytes())
            file.flush()
            mode = "r" if layout.startswith("read") else "r+"
            array = np.memmap(file.name, values.dtype, mode, shape=values.shape)
    image = RawImage(data=array, pixmap=make_pixmap((3, 4)), weight=np.ones((3, 4), np.float32))
    reply = describing.perform(DrizzleRequest(images=(image,), shape=(3, 4), fillval=0.0))
    assert reply.error == "ValueError"
    assert reply.message == describe(array)


def test_arrays_that_are_one_stay_one():
    """An array that is handed over twice lies in one place."""
    arena = Arena()
    ones = np.ones((3, 4), dtype=np.float32)
    image = RawImage(data=ones, pixmap=make_pixmap((3, 4)), weight=ones)
    plain = arena.lay(DrizzleRequest(images=(image, replace(image, exptime=2.0))), 0)
    child = child_memory.Memory(arena.file)
    child.take(arena.size)
    first, second = child.request(plain).images
    assert first.data is first.weight is second.data
    assert first.pixmap is second.pixmap
    assert first.data is not first.pixmap
    arena.close()


def test_changes_are_told_from_the_zones():
    """A changed element, a changed gap, and a changed zone of a strided array are told apart."""
    arena = Arena()
    wide = np.ones((3, 8), dtype=np.float32)
    data = lay_out(wide, "strided")
    assert layout_of(data) == "strided"
    image = RawImage(data=data, pixmap=make_pixmap((3, 8)))
    child = child_memory.Memory(arena.file)
    for change, modified, overrun in [
        (lambda raw, low: None, (), ()),
        (lambda raw, low: raw.__setitem__(low, 9), ("images[0].data",), ()),
        (lambda raw, low: raw.__setitem__(low + 4, 9), (), ("images[0].data",)),
        (lambda raw, low: raw.__setitem__(low - 4096, 9), (), ("images[0].data",)),
        (lambda raw, low: raw.__setitem__(slice(low, low + 5), 9), *[("images[0].data",)] * 2),
    ]:
        plain = arena.lay(DrizzleRequest(images=(image,)), 0)
        child.take(arena.size)
        raw = np.frombuffer(child._map, dtype=np.uint8)
        change(raw, plain["images"][0]["data"]["array"][0])
        assert arena.changes() == (modified, overrun)
    arena.close()
