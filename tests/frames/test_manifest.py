"""Manifests: every one that ships is whole, and every kind of fault in one is named."""

import re
from pathlib import Path

import pytest

from harness.checksum import file_checksum
from harness.errors import FixtureError
from harness.frames.locate import find_in_folder, find_in_package
from harness.frames.manifest import UNKNOWN, list_frame_sets, load_manifest, read_manifest

GOOD = """
name = "one"
description = "d"
telescope = "HST"
instrument = "ACS/HRC"
filter = "F606W"
program = "1"
pixels = "real"
label = "real"
source = "MAST"
[[frame]]
file = "a_flt.fits"
size = 2880
sha256 = "unknown"
archive = "mast:HST/product/a_flt.fits"
"""

EXPOSURES = {
    "hrc-47tuc": 1,
    "ngc3370-f160w": 4,
    "niriss-hd36805": 25,
    "stis-o4k19": 1,
    "wfc3ir-cutout": 1,
    "wfc3ir-f140w": 4,
}


def test_shipped_sets_are_the_named_ones() -> None:
    """The sets that ship are those of the design, each with all of its exposures."""
    counts = {
        name: sum(entry.role == "exposure" for entry in load_manifest(name).frame)
        for name in list_frame_sets()
    }
    assert counts == EXPOSURES


def test_seed_exposures_are_there_by_archive_name() -> None:
    """The four exposures of NGC 3370 have archive names, and say that no checksum is known."""
    manifest = load_manifest("ngc3370-f160w")
    assert [entry.archive for entry in manifest.frame] == [
        f"mast:HST/product/ib1f19{visit}_flt.fits" for visit in ("l6q", "l7q", "l8q", "l9q")
    ]
    assert {entry.archive_sha256 for entry in manifest.frame} == {UNKNOWN}


def test_derived_pixels_are_labelled() -> None:
    """The blotted set calls itself derived, and its exposure time is that of one exposure."""
    manifest = load_manifest("wfc3ir-f140w")
    assert manifest.pixels == "derived"
    assert manifest.label.startswith("derived")
    assert {e.exptime for e in manifest.frame if e.role == "exposure"} == {202.932922}


@pytest.mark.parametrize("name", list_frame_sets())
def test_manifest_agrees_with_the_files(name: str, real_folder: Path) -> None:
    """Size and checksum of every listed file are those of the real one."""
    known = [entry for entry in load_manifest(name).frame if entry.sha256 != UNKNOWN]
    for entry in known:
        path = find_in_folder(entry.file, name, real_folder)
        assert path is not None, entry.file
        assert path.stat().st_size == entry.size
        assert file_checksum(path) == entry.sha256


def test_packaged_file_agrees_with_the_manifest(packaged: Path) -> None:
    """The version inside the installed package is the listed one, and not the archive's."""
    entry = load_manifest("hrc-47tuc").frame[0]
    assert entry.package is not None
    assert find_in_package(entry) == packaged
    assert file_checksum(packaged) == entry.package.sha256
    assert packaged.stat().st_size == entry.package.size
    assert entry.package.sha256 != entry.sha256


def test_good_manifest_is_read(tmp_path: Path) -> None:
    """The text that the faults below are made from is a good manifest."""
    path = tmp_path / "one.toml"
    path.write_text(GOOD)
    assert read_manifest(path).frame[0].archive_sha256 == UNKNOWN


REPEATED = '[[frame]]\nfile = "a_flt.fits"\nsize = 1\nsha256 = "unknown"\n'
REFERENCE = '[[frame]]\nfile = "r.fits"\nsize = 1\nsha256 = "unknown"\nrole = "reference"\n'


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "one"', 'name = "two"', "name"),
        ('"a_flt.fits"\nsize', '"../a_flt.fits"\nsize', "frame.0.file"),
        ("size = 2880", "size = 0", "frame.0.size"),
        ("size = 2880", 'size = "some"', "frame.0.size"),
        ('sha256 = "unknown"', 'sha256 = "12ab"', "frame.0.sha256"),
        ('sha256 = "unknown"\n', "", "frame.0.sha256"),
        ("mast:HST/product/", "https://elsewhere/", "frame.0.archive"),
        ('pixels = "real"', 'pixels = "true"', "pixels"),
        ('sha256 = "unknown"', 'sha256 = "unknown"\ncolour = 1', "frame.0.colour"),
        ('sha256 = "unknown"', 'sha256 = "unknown"\nexptime = -1.0', "frame.0.exptime"),
        ('sha256 = "unknown"', 'sha256 = "unknown"\nquality = "b.fits"', "frame.0.quality"),
        ('sha256 = "unknown"', 'sha256 = "unknown"\nrole = "pixmap"', "frame"),
        ("[[frame]]", f"{REPEATED}[[frame]]", "frame.0.file"),
        ("[[frame]]", f"{REFERENCE}[[frame]]", "frame.0.kernel"),
    ],
)
def test_fault_in_a_manifest_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    """Every fault is an error that names the file and the key."""
    assert old in GOOD
    path = tmp_path / "one.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(FixtureError, match=re.escape(f"key {key!r}")) as caught:
        read_manifest(path)
    assert "one.toml" in caught.value.where
    assert caught.value.allowed


def test_unknown_set_lists_the_known_ones() -> None:
    """Asking for a set that does not exist tells those that do."""
    with pytest.raises(FixtureError, match="niriss-hd36805"):
        load_manifest("nirspec")
