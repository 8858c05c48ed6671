import dataclasses
import errno
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from harness.content import content_key
from harness.errors import UsageError
from harness.exposure_stream import ExposureStream, borrow, change_each, keep_exposures
from harness.keeping import keep, recall
from harness.model import Exposure
from harness.spool import Spool

SHAPE = (30, 40)


def make_exposure(number: int, **changes) -> Exposure:
    """Make an exposure of which no two pixels and no two exposures are alike."""
    rng = np.random.default_rng(number)
    data = rng.normal(size=SHAPE).astype(np.float32)
    data[0, 0] = np.nan
    fields = {
        "name": f"spooled{number}",
        "data": data,
        "weight_map": rng.random(SHAPE, dtype=np.float32),
        "exptime": 10.0 + number,
        "in_units": "cps",
        "pixel_scale": 1.0,
        "dq": rng.integers(0, 9, SHAPE).astype(np.uint32),
        "variance": (rng.random(SHAPE, dtype=np.float32),),
        "origin": {"number": str(number)},
    }
    return Exposure(**(fields | changes))


def keys_of(exposures) -> list[str]:
    """Name exposures by all their fields, arrays included."""
    return [content_key(exposure) for exposure in exposures]


@pytest.fixture
def stream() -> ExposureStream:
    """Spool five exposures."""
    kept = keep_exposures((make_exposure(number) for number in range(5)), limit=0)
    assert isinstance(kept, ExposureStream)
    return kept


def test_spooled_exposures_are_the_same_bits(stream) -> None:
    """Every field comes back, NaN and absent arrays included, in any order and again."""
    expected = keys_of(make_exposure(number) for number in range(5))
    assert keys_of(stream) == expected
    assert keys_of(stream) == expected
    assert keys_of([stream[-1], stream[1]]) == [expected[4], expected[1]]
    assert keys_of(stream[1:4]) == expected[1:4]
    assert len(stream) == 5
    bare = make_exposure(7, dq=None, variance=(), flat=np.ones(SHAPE, np.float32))
    assert keys_of(keep_exposures([bare], limit=0)) == keys_of([bare])


def test_any_layout_comes_back() -> None:
    """Columns first, steps, another byte order, a pixmap: values and types are what was spooled."""
    given = make_exposure(
        1,
        data=np.asfortranarray(make_exposure(1).data),
        weight_map=np.ones((SHAPE[0], 2 * SHAPE[1]), np.float32)[:, ::2],
        dq=np.arange(SHAPE[0] * SHAPE[1], dtype=">u4").reshape(SHAPE),
        pixmap=np.random.default_rng(0).random((*SHAPE, 2)),
    )
    (kept,) = keep_exposures([given], limit=0)
    for name in ("data", "weight_map", "dq", "pixmap"):
        array, before = getattr(kept, name), getattr(given, name)
        assert array.dtype == before.dtype
        assert array.flags.c_contiguous
        assert array.tobytes() == before.tobytes()


def test_a_kept_array_is_not_written_again(tmp_path) -> None:
    """What is a whole file already gets a link; its file may go, and is never written to."""
    pixels = np.arange(1200, dtype=np.float32).reshape(SHAPE)
    keep(tmp_path, "one", {"data": pixels})
    found = recall(tmp_path, "one")
    assert found is not None
    given = make_exposure(1, data=found["data"], weight_map=found["data"][::-1])
    kept = keep_exposures([given], limit=0)
    (stored,) = kept
    file = tmp_path / "one" / "data.npy"
    assert file.stat().st_nlink == 2
    stored.data[:] = -1.0
    np.testing.assert_array_equal(np.load(file), pixels)
    np.testing.assert_array_equal(stored.weight_map, pixels[::-1])
    shutil.rmtree(tmp_path / "one")
    assert keys_of(kept) == keys_of([given])


def test_a_map_of_a_part_or_one_that_can_be_written_is_copied(tmp_path) -> None:
    """A link to a file shows all of it, and whatever comes into it."""
    np.save(tmp_path / "image.npy", np.arange(2400.0).reshape(60, 40))
    for mode, rows in (("r", slice(30, None)), ("r", slice(30)), ("r+", slice(None))):
        part = np.load(tmp_path / "image.npy", mmap_mode=mode)[rows]
        at = Spool().store(part)
        assert (tmp_path / "image.npy").stat().st_nlink == 1, (mode, rows)
        np.testing.assert_array_equal(at.open(), part)


def test_without_links_a_kept_array_is_copied(tmp_path, monkeypatch) -> None:
    """Another file system holds no link to a file: its bytes are written there."""

    def refuse(self, target) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    np.save(tmp_path / "image.npy", np.arange(1200.0).reshape(SHAPE))
    image = np.load(tmp_path / "image.npy", mmap_mode="r")
    np.testing.assert_array_equal(Spool().store(image).open(), image)


def test_few_exposures_stay_in_memory() -> None:
    """Below the limit nothing is written, and the exposures are the very same."""
    exposures = [make_exposure(number) for number in range(3)]
    kept = keep_exposures(exposures)
    assert isinstance(kept, tuple)
    assert all(one is other for one, other in zip(kept, exposures, strict=True))


def test_the_limit_counts_pixmaps_to_come() -> None:
    """32 bytes a pixel: data, weight, DQ, variance, and a pixmap that is not there yet."""
    size = 32 * SHAPE[0] * SHAPE[1]
    exposures = [make_exposure(number) for number in range(3)]
    assert isinstance(keep_exposures(exposures, limit=3 * size), tuple)
    assert isinstance(keep_exposures(exposures, limit=3 * size - 1), ExposureStream)


def test_what_is_written_to_an_array_stays_there(stream) -> None:
    """The arrays of an opened exposure can be written, and the next reader sees nothing of it."""
    first = stream[0]
    expected = make_exposure(0)
    first.data[:] = 7.0
    first.variance[0][3] = -1.0
    assert keys_of([stream[0]]) == keys_of([expected])
    assert (first.data == 7.0).all()


def test_a_change_writes_only_what_is_new(stream) -> None:
    """Arrays that a change leaves alone are shared; the old stream stays as it was."""
    before = keys_of(stream)
    files = set(stream._spool.folder.iterdir())

    def double(exposure):
        return dataclasses.replace(exposure, weight_map=2 * exposure.weight_map, exptime=1.0)

    changed = change_each(stream, double)
    assert keys_of(changed) == keys_of(double(make_exposure(number)) for number in range(5))
    assert keys_of(stream) == before
    assert len(set(stream._spool.folder.iterdir()) - files) == 5


def test_arrays_can_be_borrowed(stream) -> None:
    """Streams and tuples alike take a field from others, without writing it again."""
    givers = change_each(stream, lambda e: dataclasses.replace(e, weight_map=e.weight_map + 1))
    files = set(stream._spool.folder.iterdir())
    taken = borrow(stream, givers, "weight_map")
    assert keys_of(taken) == keys_of(givers)
    assert keys_of(borrow(tuple(stream), tuple(givers), "weight_map")) == keys_of(givers)
    assert set(stream._spool.folder.iterdir()) == files


def test_files_go_with_the_last_exposure() -> None:
    """Nothing is left on the disk when nobody can ask for it any more."""
    stream = keep_exposures([make_exposure(1), make_exposure(2)], limit=0)
    folder = stream._spool.folder
    opened, part = stream[0], stream[1:]
    del stream
    assert folder.is_dir()
    del part
    assert not folder.exists()
    assert keys_of([opened]) == keys_of([make_exposure(1)])


def test_a_full_disk_is_told(monkeypatch) -> None:
    """No room in the temporary folder: the message names it, and how to choose another."""

    def full(path, array):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(UsageError, match=r"spool-.*cannot be written \(No space.*TMPDIR"):
        keep_exposures([make_exposure(1)], limit=0)


LEAVE = """
import os, sys, signal
from harness.spool import Spool
import numpy as np
spool = Spool()
spool.store(np.zeros(9))
print(spool.folder, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def test_spool_of_a_killed_process_is_removed(tmp_path, monkeypatch) -> None:
    """Who spools next clears up after a kill; spools in use, and what only seems one, stay."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command = [sys.executable, "-c", LEAVE]
    with subprocess.Popen(
        [*command, "alive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        in_use = Path(other.stdout.readline().strip())
        killed = subprocess.run([*command, "killed"], stdout=subprocess.PIPE, text=True)
        left = Path(killed.stdout.strip())
        assert killed.returncode == -signal.SIGKILL
        assert [*left.glob("*.npy")]
        strange = tmp_path / "drizzle-harness-spool-strange"
        strange.mkdir()
        (strange / "thesis.txt").write_text("not ours")
        mine = Spool()
        assert not left.exists()
        assert [*in_use.glob("*.npy")]
        assert (strange / "thesis.txt").exists()
        assert mine.folder.parent == tmp_path
        other.communicate("", timeout=60)
    assert not in_use.exists()
