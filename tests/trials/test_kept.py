"""What is kept of a truth is what was made, and is found only by who asks for the very same."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.content import content_key
from harness.errors import UsageError
from harness.keeping import SMALL, keep, recall
from harness.scenes import expose
from harness.timing.run import forget_cases
from harness.trials import exposures, kept, once
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.truth import find_ambiguous, find_truth

HERE = FrameAccess()
SCENES = {
    "stars": Case(source="scene/ir-box", kernel="square", pixfrac=0.8, scale=1.0, subset=2),
    "noise": Case(source="scene/ir-box-noisy", kernel="turbo", pixfrac=0.6, scale=1.0, subset=2),
    "no star": Case(source="scene/blank-sky", kernel="square", pixfrac=1.0, scale=1.0, subset=2),
}


def flatten(value, name=""):
    """Return all arrays and figures in nested dataclasses, by their place."""
    if dataclasses.is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        return {
            at: leaf
            for key, inner in value.items()
            for at, leaf in flatten(inner, f"{name}.{key}").items()
        }
    return {name: value}


@pytest.mark.parametrize("case", SCENES.values(), ids=SCENES)
def test_a_truth_is_the_same_when_it_was_kept(case, folder, monkeypatch) -> None:
    """Every array and figure comes back, the same bits, and nothing is computed again."""
    monkeypatch.delenv(once.VARIABLE)
    made, contested = flatten(find_truth(case, HERE)), find_ambiguous(case, HERE)
    monkeypatch.setenv(once.VARIABLE, str(folder))
    for step in ("keeping", "kept"):
        forget_cases()
        if step == "kept":
            monkeypatch.setattr(kept, "combine", None)
            monkeypatch.setattr(kept, "find_contested", None)
            monkeypatch.setattr(expose, "expose_pixels", None)
            monkeypatch.setattr(exposures, "project", None)
        found = flatten(find_truth(case, HERE))
        assert found.keys() == made.keys()
        for name, leaf in found.items():
            if not name.startswith(".product.grid.wcs"):
                np.testing.assert_array_equal(leaf, made[name], err_msg=f"{step}{name}")
        np.testing.assert_array_equal(find_ambiguous(case, HERE), contested)


def test_another_case_or_other_code_is_not_found(folder, monkeypatch) -> None:
    """Kernel, pixfrac, scale, weighting, number of exposures and the code are all in the key."""
    case = SCENES["noise"]
    find_truth(case, HERE)
    count = len([*folder.iterdir()])
    changes = ({"kernel": "square"}, {"pixfrac": 0.61}, {"scale": 0.9}, {"weighting": "ERR"})
    for change in (*changes, {"subset": 3}):
        find_truth(dataclasses.replace(case, **change), HERE)
        assert len([*folder.iterdir()]) > count, change
        count = len([*folder.iterdir()])
    forget_cases()
    find_truth(case, HERE)
    assert len([*folder.iterdir()]) == count
    forget_cases()
    monkeypatch.setattr(once, "_code", lambda: "other")
    find_truth(case, HERE)
    assert len([*folder.iterdir()]) > count


def test_all_modules_that_make_a_truth_are_in_its_key() -> None:
    """Whatever a trial imports counts, but for what judges, words errors and keeps files."""
    code = "import sys, harness.trials.run; print(*[m for m in sys.modules if 'harness.' in m])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {module.split(".")[1] for module in ran.stdout.split()}
    known = {*once.CODE, *(Path(name).stem for name in once.FILES)}
    assert imported - known == {"checksum", "errors", "gates", "keeping"}


@pytest.mark.parametrize("name", ["data", "weight_map", "dq", "pixmap", "exptime"])
def test_other_pixels_of_frames_are_not_found(name, folder, monkeypatch) -> None:
    """A frame of which one pixel has changed, in any of its images, has another key."""
    ready = exposures_of(SCENES["noise"], HERE)
    case = Case(source="frames/some", kernel="square", pixfrac=1.0, scale=1.0)

    def key_of(exposures):
        kept._pixels_of.cache_clear()
        given = dataclasses.replace(ready, exposures=exposures)
        monkeypatch.setattr(kept, "prepare_exposures", lambda *args: given)
        return content_key(kept.recipe_of(case, HERE))

    first, *others = ready.exposures
    changed = getattr(first, name)
    if isinstance(changed, np.ndarray):
        changed = changed.copy()
        changed.flat[77] += 1
    else:
        changed += 1
    before = key_of(ready.exposures)
    assert key_of([dataclasses.replace(first), *others]) == before
    assert key_of([dataclasses.replace(first, **{name: changed}), *others]) != before


def test_a_set_that_is_not_whole_is_not_there(tmp_path) -> None:
    """A file that was cut, or a folder that is gone, is as if nothing had been kept."""
    keep(tmp_path, "key", {"a": np.arange(1000.0), "b": np.array(3)})
    found = recall(tmp_path, "key")
    np.testing.assert_array_equal(found["a"], np.arange(1000.0))
    assert not found["a"].flags.writeable
    path = tmp_path / "key" / "a.npy"
    path.write_bytes(path.read_bytes()[:500])
    assert recall(tmp_path, "key") is None
    shutil.rmtree(tmp_path / "key")
    assert recall(tmp_path, "key") is None


def test_what_was_not_asked_for_goes_first(tmp_path) -> None:
    """Beyond the limit the oldest set goes, and asking makes a set young; the last one stays."""
    large = {"a": np.zeros(SMALL // 8)}
    for age, name in enumerate(("first", "second", "third")):
        keep(tmp_path, name, large)
        os.utime(tmp_path / name, (age, age))
    recall(tmp_path, "first")
    keep(tmp_path, "fourth", large, limit=3 * (SMALL + 200))
    assert {path.name for path in tmp_path.iterdir()} == {"first", "third", "fourth"}
    keep(tmp_path, "small", {"a": np.zeros(2)}, limit=SMALL)
    assert len([*tmp_path.iterdir()]) == 4
    keep(tmp_path, "fifth", large, limit=1)
    assert [path.name for path in tmp_path.iterdir()] == ["fifth"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path) -> None:
    """The error names the folder and the option."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UsageError, match=r"file.*--truths"):
        keep(tmp_path / "file", "key", {"a": np.zeros(1)})
