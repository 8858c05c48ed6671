"""Tests of harness.upgrade.files: the real AstroDrizzle on a real frame, right and wrong."""

import dataclasses
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.cores.remote_files import RemoteFileCore
from harness.cores.worker import Worker
from harness.frames.locate import locate_frames
from harness.frames.manifest import load_manifest
from harness.model import Outcome
from harness.trials.case import Case
from harness.upgrade.check import State
from harness.upgrade.files import compare_files, list_file_trials, merge_warnings
from harness.upgrade.own_frames import compare_own_frame, list_own_frames
from harness.upgrade.pair import Opened, Part

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("drizzlepac") is None, reason="drizzlepac is not installed"
)
CASE = Case(source="frames/hrc-47tuc", kernel="square", pixfrac=0.8, scale=1.0)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """Give AstroDrizzle in a process of its own, as in another environment."""
    with Worker("astrodrizzle") as started:
        yield started


class Changed:
    """A worker whose replies are changed."""

    def __init__(self, worker: Worker, change=lambda reply: reply):
        self.worker, self.change = worker, change

    def perform(self, request, *, time_limit):
        """Perform a request, and change what is replied."""
        return self.change(self.worker.perform(request, time_limit=time_limit))


def side(performer) -> Opened:
    """Return one side; nothing but files is asked of it."""
    part = Part(label="1", core="drizzlepac", name="drizzlepac", version="1", python="")
    core = RemoteFileCore(performer, "astrodrizzle", "1")
    return Opened(part=part, subject=None, core=None, elsewhere=(), pipeline=core)


def shifted(reply):
    """Let the science image be a pixel off."""
    return dataclasses.replace(reply, sci=np.roll(reply.sci, 1, axis=1))


def unmarked(reply):
    """Lose the context of some pixels."""
    ctx = reply.ctx.copy()
    ctx[0, 500:520, 500:520] = 0
    return dataclasses.replace(reply, ctx=ctx)


def warning(reply):
    """Warn of what is not in the other's list, with a number that changes, and log it as well."""
    told = f"UserWarning: {np.random.default_rng().integers(9999)} pixels are lost"
    attributes = {
        **reply.attributes,
        "complaints": [*reply.attributes["complaints"], "[WARNING] a"],
    }
    return dataclasses.replace(reply, warnings=(*reply.warnings, told), attributes=attributes)


def raising(reply):
    """Fail as a release does that cannot read the file."""
    return dataclasses.replace(reply, outcome="raised", error="KeyError", message="'IDCTAB'")


@pytest.mark.parametrize(("wrong", "image"), [(shifted, "sci"), (unmarked, "ctx")])
def test_wrong_products_of_real_files(worker, wrong, image) -> None:
    """A pixel's shift and a lost context are regressions, with a map, and fixes on the way back."""
    right, bad = side(worker), side(Changed(worker, wrong))
    for pair, state in (((right, bad), State.REGRESSED), ((bad, right), State.FIXED)):
        checks = {check.name: check for check in compare_files(pair, CASE)}
        product = checks[f"file/{CASE.id}"]
        assert (product.state, product.metric) == (state, image)
        assert product.map is not None
        assert {check.family for check in checks.values()} == {"file"}
        assert len(checks) > 5


def test_the_same_files_give_the_same(worker) -> None:
    """Two runs of one release are the same to the bit, in their warnings and measurements too."""
    checks = compare_files((side(worker), side(worker)), CASE)
    assert {check.state for check in checks} == {State.SAME}
    assert all(str(Outcome.NOT_MEASURED) not in check.message for check in checks)


def test_new_warnings_and_failures(worker) -> None:
    """What one side alone says is one finding for all cases; what it refuses is a regression."""
    right = side(worker)
    one = compare_files((right, side(Changed(worker, warning))), CASE)
    other = [dataclasses.replace(check, smallest="another") for check in one]
    found = merge_warnings([*other, *one])
    told = [check for check in found if check.state is not State.SAME]
    assert {check.state for check in told} == {State.WARNS}
    assert sorted(check.name for check in told) == [
        "file/warning/UserWarning/pixels-are-lost",
        "file/warning/log/WARNING-a",
    ]
    assert all("(2 cases, the first another" in check.message for check in told)
    broken = compare_files((right, side(Changed(worker, raising))), CASE)
    assert [check.state for check in broken] == [State.REGRESSED]
    assert "KeyError: 'IDCTAB'" in broken[0].message


def test_quick_has_real_files() -> None:
    """The quick profile has a real frame that is always there, and scenes as FITS."""
    sources = {case.source for case in list_file_trials("quick", None)}
    assert "frames/hrc-47tuc" in sources
    assert any(source.startswith("scene/") for source in sources)
    assert len(list_file_trials("standard", None)) > len(list_file_trials("quick", None))


def test_frames_of_the_user(worker, tmp_path: Path) -> None:
    """A file that no manifest knows is drizzled on both sides; what differs is changed."""
    packaged = locate_frames("hrc-47tuc").frames[0].path
    mine = tmp_path / "night" / "mine_flt.fits"
    mine.parent.mkdir()
    shutil.copyfile(packaged, mine)
    shutil.copyfile(packaged, tmp_path / packaged.name)
    assert list_own_frames("quick", tmp_path) == (mine,)
    assert list_own_frames("quick", None) == ()
    right, bad = side(worker), side(Changed(worker, shifted))
    states = [
        [check.state for check in compare_own_frame(pair, mine)]
        for pair in ((right, right), (right, bad))
    ]
    assert states == [[State.SAME], [State.CHANGED]]
    refused = compare_own_frame((right, side(Changed(worker, raising))), mine)
    assert [check.state for check in refused] == [State.REGRESSED]
    mine.write_bytes(b"SIMPLE")
    (unread,) = compare_own_frame((right, right), mine)
    assert unread.state is State.NOT_RUN
    assert "mine_flt.fits" in unread.message


def test_sets_in_the_folder(tmp_path: Path) -> None:
    """Real HST frames that are in the user's folder are cases of the standard profile."""
    frames = [entry.file for entry in load_manifest("stis-o4k19").frame]
    for name in frames:
        (tmp_path / Path(name).name).touch()
    sources = {case.source for case in list_file_trials("standard", tmp_path)}
    assert "frames/stis-o4k19" in sources
    assert "frames/niriss-hd36805" not in sources
