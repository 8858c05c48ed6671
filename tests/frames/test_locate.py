"""Where frames are found: a folder, then installed packages, then the archive."""

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.checksum import file_checksum
from harness.errors import FixtureError, FrameError, UsageError
from harness.frames.load import load_frame_set
from harness.frames.locate import (
    FOLDER_VARIABLE,
    available_sets,
    find_in_folder,
    find_in_package,
    locate_frames,
)
from harness.frames.manifest import PackagedFile, load_manifest

SEED = ("ib1f19l6q", "ib1f19l7q", "ib1f19l8q", "ib1f19l9q")


def test_package_is_not_imported(packaged: Path) -> None:
    """The packaged frame is found though its package stays unimported."""
    sys.modules.pop("spherical_geometry", None)
    found = locate_frames("hrc-47tuc").frames[0]
    assert (found.path, found.source, found.check) == (packaged, "package", "verified")
    assert "spherical_geometry" not in sys.modules


def test_folder_comes_before_package(packaged: Path, tmp_path: Path) -> None:
    """A file in the folder is taken instead of the packaged one, at either depth."""
    for folder in (tmp_path / "flat", tmp_path / "deep" / "anything"):
        folder.mkdir(parents=True)
        shutil.copy(packaged, folder)
    for folder in (tmp_path / "flat", tmp_path / "deep"):
        found = locate_frames("hrc-47tuc", folder=folder).frames[0]
        assert found.source == "folder"
        assert found.path.is_relative_to(folder)


def test_environment_names_the_folder(
    packaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an argument the environment variable counts, with one it does not."""
    shutil.copy(packaged, tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert locate_frames("hrc-47tuc").frames[0].source == "folder"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert locate_frames("hrc-47tuc", folder=empty).frames[0].source == "package"


def test_own_subfolder_comes_first(tmp_path: Path) -> None:
    """Of two files of one name, that in the subfolder of the set is taken."""
    for name in ("a-other", "hrc-47tuc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.fits").write_text("")
    assert find_in_folder("x.fits", "hrc-47tuc", tmp_path) == tmp_path / "hrc-47tuc" / "x.fits"
    assert find_in_folder("y.fits", "hrc-47tuc", tmp_path) is None


def test_unlisted_version_is_labelled(cut: Path) -> None:
    """A file that the manifest does not list is used, and every exposure of it says so."""
    found = locate_frames("hrc-47tuc", folder=cut.parent).frames[0]
    assert found.check == "unlisted"
    exposure = load_frame_set("hrc-47tuc", folder=cut.parent)[0]
    assert exposure.origin["checksum"] == "unlisted"
    assert exposure.origin["sha256"] == file_checksum(cut)


def test_missing_frame_names_every_place(tmp_path: Path) -> None:
    """The error tells the file, the folder, that the archive was not asked, and two remedies."""
    with pytest.raises(FrameError) as caught:
        locate_frames("ngc3370-f160w", folder=tmp_path)
    message = str(caught.value)
    for part in ("ngc3370-f160w", "ib1f19l6q_flt.fits", str(tmp_path), "--frames-dir",
                 "--remote-data"):  # fmt: skip
        assert part in message


def test_frame_outside_the_archive_says_so(tmp_path: Path) -> None:
    """Where the archive cannot help, the error does not send anybody there."""
    with pytest.raises(FrameError, match="the archive does not have this file") as caught:
        locate_frames("wfc3ir-cutout", folder=tmp_path, remote=True)
    assert "--remote-data" not in caught.value.remedy


def test_missing_package_is_told() -> None:
    """A packaged file of a package that is not installed is not found, and is no crash."""
    entry = load_manifest("hrc-47tuc").frame[0]
    assert entry.package is not None
    absent = PackagedFile(
        distribution="no", module="no_such_package", path="x", size=1, sha256="0" * 64
    )
    other = type(entry)(file="x.fits", size=1, sha256="unknown", package=absent)
    assert find_in_package(other) is None


def test_folder_that_is_none_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong folder is an error that says which option or variable named it."""
    with pytest.raises(UsageError, match=r"--frames-dir: .*nowhere is not a folder"):
        locate_frames("hrc-47tuc", folder=tmp_path / "nowhere")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(UsageError, match=FOLDER_VARIABLE):
        available_sets()


def test_unknown_set_is_refused() -> None:
    """A set without a manifest is an error that lists the others."""
    with pytest.raises(FixtureError, match="wfc3ir-f140w"):
        locate_frames("m31")


def test_available_sets_follow_the_files(packaged: Path, tmp_path: Path) -> None:
    """A set is available when all of its files are, and not one file earlier."""
    assert available_sets() == ("hrc-47tuc",)
    for root in SEED[:3]:
        (tmp_path / f"{root}_flt.fits").write_text("")
    assert "ngc3370-f160w" not in available_sets(tmp_path)
    (tmp_path / f"{SEED[3]}_flt.fits").write_text("")
    assert "ngc3370-f160w" in available_sets(tmp_path)


def test_archive_is_asked_only_when_allowed(archive: Any, product: bytes) -> None:
    """A set comes from the archive with `remote`, and afterwards from the cache without it."""
    for root in SEED:
        archive.products[f"mast:HST/product/{root}_flt.fits"] = product
    with pytest.raises(FrameError):
        locate_frames("ngc3370-f160w", base_url=archive.url)
    assert archive.log == []
    found = locate_frames("ngc3370-f160w", remote=True, base_url=archive.url)
    assert {(frame.source, frame.check) for frame in found.frames} == {("archive", "first use")}
    assert {frame.sha256 for frame in found.frames} == {hashlib.sha256(product).hexdigest()}
    assert len(archive.log) == 4
    again = locate_frames("ngc3370-f160w")
    assert {(frame.source, frame.check) for frame in again.frames} == {("archive", "verified")}
    assert "ngc3370-f160w" in available_sets()
    assert len(archive.log) == 4


def test_subset_takes_the_first_files(real_folder: Path) -> None:
    """A subset is the first files in the order of the manifest, 0 is all."""
    some = load_frame_set("niriss-hd36805", folder=real_folder, subset=3)
    assert [e.name[-9:-4] for e in some] == ["00001", "00002", "00003"]
    assert len(load_frame_set("niriss-hd36805", folder=real_folder, subset=0)) == 25
    with pytest.raises(UsageError, match="1 to 25"):
        load_frame_set("niriss-hd36805", folder=real_folder, subset=26)
