"""Files that are no frames: each made from a real exposure, each told by its name and key."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import FrameError
from harness.frames.read import read_frame, read_pixmap

WCS_KEYS = ("CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2",
            "CD1_1", "CD1_2", "CD2_1", "CD2_2")  # fmt: skip


def change(path: Path, edit: Callable[[Any], object]) -> None:
    """Rewrite a FITS file after an edit."""
    from astropy.io import fits

    with fits.open(path, memmap=False) as hdus:
        edit(hdus)
        hdus.writeto(path, overwrite=True)


def drop_keys(*keys: str) -> Callable[[Any], object]:
    """Return an edit that removes keys from the science header."""
    return lambda hdus: [hdus["SCI"].header.remove(key) for key in keys]


def set_key(extension: str, key: str, value: object) -> Callable[[Any], object]:
    """Return an edit that sets one key."""
    return lambda hdus: hdus[extension].header.__setitem__(key, value)


def set_data(extension: str, make: Callable[[Any], Any]) -> Callable[[Any], object]:
    """Return an edit that replaces the image of an extension."""
    return lambda hdus: setattr(hdus[extension], "data", make(hdus[extension].data))


def drop_extension(name: str) -> Callable[[Any], object]:
    """Return an edit that removes an extension."""
    return lambda hdus: hdus.pop(hdus.index_of(name))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (drop_keys(*WCS_KEYS), r"\[SCI,1\]: has no celestial WCS"),
        (set_key("SCI", "CD1_1", 0.0), None),
        (drop_keys("CRVAL1"), r"\[SCI,1\]: has no key CRVAL1 in its WCS"),
        (drop_keys("CRPIX2"), r"\[SCI,1\]: has no key CRPIX2 in its WCS"),
        (set_key("SCI", "CRVAL2", "north"), r"\[SCI,1\]: key CRVAL2 of the WCS is north"),
        (set_key("SCI", "CD1_1", "tiny"), r"\[SCI,1\]: key CD1_1 of the WCS is tiny"),
        (set_key("SCI", "CTYPE1", "GLON-TAN"), r"\[SCI,1\]: has a WCS that cannot be used"),
        (set_key("SCI", "CTYPE1", "LINEAR"), r"\[SCI,1\]: has .*WCS"),
        (drop_extension("SCI"), "has no science image"),
        (drop_extension("ERR"), r"has no extension \[ERR,1\].*this file has .*SCI,1.*DQ,1"),
        (drop_extension("DQ"), r"has no extension \[DQ,1\]"),
        (set_data("DQ", lambda a: a[:-1]), r"\[DQ,1\]: has 39x60 pixels\. Allowed: 40x60"),
        (set_data("ERR", lambda a: a[:, 1:]), r"\[ERR,1\]: has 40x59 pixels\. Allowed: 40x60"),
        (set_data("SCI", lambda a: np.stack([a, a])), r"\[SCI,1\]: has 3 dimensions"),
        (set_data("SCI", lambda a: a[0]), r"\[SCI,1\]: has 1 dimensions"),
        (set_data("SCI", lambda a: None), r"\[SCI,1\]: holds no image"),
        (set_data("DQ", lambda a: a.astype(">f4")), r"\[DQ,1\]: has values of type float32"),
        (set_key("PRIMARY", "EXPTIME", 0.0), r"key EXPTIME has 0 s\. Allowed: .*above 0"),
        (set_key("PRIMARY", "EXPTIME", -3.0), "key EXPTIME has -3 s"),
        (set_key("PRIMARY", "EXPTIME", "long"), "key EXPTIME has 'long'"),
        (lambda hdus: hdus[0].header.remove("EXPTIME"), "has none of EXPTIME"),
        (set_key("SCI", "BUNIT", "JY"), r"key BUNIT has 'JY'\. Allowed: COUNTS"),
        (drop_keys("BUNIT"), "key BUNIT has ''"),
        (set_key("SCI", "MDRIZSKY", "high"), "key MDRIZSKY has 'high'"),
    ],
)  # fmt: skip
def test_wrong_content_is_named(
    cut: Path, edit: Callable[[Any], object], message: str | None
) -> None:
    """Each fault in a real exposure is an error that names the file and what is wrong in it."""
    assert len(read_frame(cut)) == 1
    change(cut, edit)
    if message is None:
        assert read_frame(cut)[0].wcs.has_celestial  # a turn of 90 degrees is no fault
        return
    with pytest.raises(FrameError, match=message) as caught:
        read_frame(cut)
    assert str(caught.value).startswith(str(cut))
    assert caught.value.allowed or caught.value.remedy


def test_nan_in_the_wcs_is_named(cut: Path) -> None:
    """NaN is no FITS number: astropy would mend the card with a warning, and go on with 0."""
    from astropy.io import fits

    card = fits.getheader(cut, "SCI").cards["CRVAL1"].image.encode()
    nan = b"CRVAL1  = " + b"NaN".rjust(20).ljust(70)
    # SCI is the first extension that has one.
    cut.write_bytes(cut.read_bytes().replace(card, nan, 1))
    with pytest.raises(FrameError, match=r"\[SCI,1\]: key CRVAL1 of the WCS is unreadable"):
        read_frame(cut)


def test_singular_wcs_is_refused(cut: Path) -> None:
    """A CD matrix without an inverse is no WCS."""

    def flatten(hdus: Any) -> None:
        header = hdus["SCI"].header
        header["CD2_1"], header["CD2_2"] = header["CD1_1"], header["CD1_2"]

    change(cut, flatten)
    with pytest.raises(FrameError, match=r"\[SCI,1\]: has a WCS that cannot be used"):
        read_frame(cut)


@pytest.mark.filterwarnings("ignore")  # as outside pytest, where they stop nothing
@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_truncated_real_frame_is_named(packaged: Path, tmp_path: Path, share: float) -> None:
    """The real exposure, cut anywhere, is an error that names the file; never half an image."""
    body = packaged.read_bytes()
    path = tmp_path / "short_flt.fits"
    # The end of a FITS file is padding; a cut in the middle of the pixels must be seen.
    path.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(FrameError, match=re.escape(str(path))) as caught:
        read_frame(path)
    assert "intact copy" in caught.value.remedy


@pytest.mark.filterwarnings("ignore")  # as outside pytest, where they stop nothing
@pytest.mark.parametrize("extension", [1, 2, 3])
@pytest.mark.parametrize("beyond", [-2880, -1, 0, 1, 80, 2879, 2880])
def test_cut_near_a_header_is_named(cut: Path, tmp_path: Path, extension: int, beyond: int) -> None:
    """A frame cut just before, at or in the header of an extension is an error as well."""
    from astropy.io import fits

    with fits.open(cut) as hdus:
        at = hdus[extension].fileinfo()["hdrLoc"]
    path = tmp_path / "short_flt.fits"
    path.write_bytes(cut.read_bytes()[: at + beyond])
    with pytest.raises(FrameError, match=r"short_flt\.fits"):
        read_frame(path)


@pytest.mark.filterwarnings("ignore")  # as outside pytest, where they stop nothing
@pytest.mark.parametrize("beyond", [1, 80, 2879, -1])
def test_lost_last_extension_is_named(cut: Path, beyond: int) -> None:
    """A cut in the header of an extension that is not needed, or in the padding, is seen too."""
    from astropy.io import fits

    with fits.open(cut, memmap=False) as hdus:
        hdus.append(fits.ImageHDU(np.zeros((40, 60), np.float32), name="VAR_FLAT"))
        hdus.writeto(cut, overwrite=True)
    with fits.open(cut) as hdus:
        at = hdus["VAR_FLAT"].fileinfo()["hdrLoc"] if beyond > 0 else cut.stat().st_size
    assert len(read_frame(cut)) == 1
    cut.write_bytes(cut.read_bytes()[: at + beyond])
    with pytest.raises(FrameError, match="is truncated or damaged"):
        read_frame(cut)


def test_truncated_gzip_is_named(cut: Path, tmp_path: Path) -> None:
    """A gzipped frame is read like any other, and a cut one is an error that names it."""
    body = gzip.compress(cut.read_bytes())
    whole = tmp_path / "whole_flt.fits.gz"
    whole.write_bytes(body)
    assert np.array_equal(read_frame(whole)[0].data, read_frame(cut)[0].data)
    short = tmp_path / "short_flt.fits.gz"
    for length in (len(body) // 3, len(body) - 5):
        short.write_bytes(body[:length])
        with pytest.raises(FrameError, match=r"short_flt\.fits\.gz: is"):
            read_frame(short)


@pytest.mark.parametrize(
    "body", [b"", b"<html>404</html>", b"\x89PNG" + bytes(5000), b"SIMPLE  =" + b" " * 3000]
)
def test_what_is_not_fits_is_named(tmp_path: Path, body: bytes) -> None:
    """Whatever is no FITS file is an error that says so."""
    path = tmp_path / "page.fits"
    path.write_bytes(body)
    with pytest.raises(FrameError, match=r"page\.fits: is (not a FITS|truncated)"):
        read_frame(path)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    """A path that leads nowhere, or to a folder, is an error."""
    for path in (tmp_path / "gone.fits", tmp_path):
        with pytest.raises(FrameError, match="is not there"):
            read_frame(path)


def test_cube_of_integrations_is_refused(real_folder: Path, tmp_path: Path) -> None:
    """A JWST file whose science image is a cube (_calints) is an error, not its first plane."""
    from astropy.io import fits

    path = tmp_path / "jw01093020001_03102_00001_nis_calints.fits"
    with fits.open(next(real_folder.rglob("*_00001_nis_cal.fits"))) as hdus:
        hdus["SCI"].data = np.stack([hdus["SCI"].data] * 3)
        hdus.writeto(path)
    with pytest.raises(FrameError, match=r"\[SCI,1\]: has 3 dimensions, \(3, 80, 80\)"):
        read_frame(path)


def test_exptime_given_must_be_positive(cut: Path) -> None:
    """An exposure time from the caller is checked like one from the header."""
    with pytest.raises(FrameError, match=r"exptime is 0\.0"):
        read_frame(cut, exptime=0.0)
    assert read_frame(cut, exptime=7.0)[0].weight_map.max() == np.float32(7.0)


def test_pixmap_of_another_shape_is_refused(cut: Path, tmp_path: Path) -> None:
    """A pixmap file must be (ny, nx, 2) of its exposure."""
    from astropy.io import fits

    path = tmp_path / "pixmap.fits"
    fits.PrimaryHDU(np.zeros((2, 40, 60))).writeto(path)
    with pytest.raises(FrameError, match=r"holds \(2, 40, 60\)\. Allowed: .*\(40, 60, 2\)"):
        read_pixmap(path, read_frame(cut)[0])
