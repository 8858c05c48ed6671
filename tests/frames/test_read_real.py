"""Real frames, read: what comes out is what the files hold."""

import importlib.metadata
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.frames.load import load_frame_set, load_references
from harness.frames.read import read_frame
from harness.geometry import compute_pixmap
from harness.model import Exposure

PIXEL_AGREEMENT = 1e-8
"""Output pixels: two float64 evaluations of one WCS near pixel 10 differ by roundoff of degrees,
1e-13 deg = 3e-9 px."""
STEP = 0.0196
"""Arcsec; the dither step of the NIRISS set."""
JITTER = 0.004
"""Arcsec; the pointing in the WCS follows the commanded grid to 0.7 mas rms, but for the first
exposure, which lies 3.8 mas off it on both axes."""


def raw(path: Path, extension: Any) -> Any:
    """Read one image with astropy alone."""
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fits.getdata(path, extension)


def shared_checks(exposure: Exposure) -> None:
    """Assert what holds for every exposure that a reader returns."""
    shape = exposure.data.shape
    assert exposure.data.dtype == exposure.weight_map.dtype == np.float32
    assert exposure.weight_map.shape == shape
    assert exposure.dq is not None
    assert exposure.dq.dtype == np.uint32
    assert exposure.dq.shape == shape
    assert np.isfinite(exposure.data).all()
    assert set(np.unique(exposure.weight_map)) <= {0, np.float32(exposure.exptime)}
    assert all(v.dtype == np.float32 and v.shape == shape for v in exposure.variance)
    assert exposure.wcs.has_celestial
    assert exposure.origin["bits"].isdigit()


def test_packaged_hrc_exposure(packaged: Path) -> None:
    """The ACS/HRC exposure: pixels, error, flags, unit, time, noise, without any warning."""
    (exposure,) = read_frame(packaged)
    shared_checks(exposure)
    assert (exposure.name, exposure.chip) == ("j8bt06nyq", 1)
    assert (exposure.exptime, exposure.in_units, exposure.gain) == (60.0, "counts", 1.0)
    assert np.array_equal(exposure.data, raw(packaged, "SCI"))
    assert np.allclose(exposure.variance[0], raw(packaged, "ERR").astype(float) ** 2, rtol=1e-6)
    dq = raw(packaged, "DQ")
    assert np.array_equal(exposure.dq, dq)
    assert np.array_equal(exposure.weight_map > 0, (dq & ~64) == 0)
    assert exposure.read_noise == pytest.approx(4.71)
    assert exposure.dark == pytest.approx(0.071976945 / 60)
    assert exposure.pixels == "real"
    assert exposure.path == packaged
    assert exposure.origin["filter"] == "F606W"
    assert exposure.origin["program"] == "9019"


def test_bits_of_the_caller_count(packaged: Path) -> None:
    """Other bits give another mask, and the exposure tells which were used."""
    dq = raw(packaged, "DQ")
    for bits in (0, 8, 64 + 256):
        (exposure,) = read_frame(packaged, bits=bits)
        assert np.array_equal(exposure.weight_map > 0, (dq & ~bits) == 0)
        assert exposure.origin["bits"] == str(bits)


def test_pixels_that_are_not_finite_do_not_count(cut: Path) -> None:
    """NaN in science or error becomes 0 with weight 0, and nothing else changes."""
    from astropy.io import fits

    before = read_frame(cut, bits=0xFFFF)[0]
    with fits.open(cut, mode="update") as hdus:
        hdus["SCI"].data[3, 4] = np.nan
        hdus["SCI"].data[5, 6] = np.inf
        hdus["ERR"].data[7, 8] = np.nan
    after = read_frame(cut, bits=0xFFFF)[0]
    shared_checks(after)
    lost = [(3, 4), (5, 6), (7, 8)]
    for y, x in lost:
        assert after.weight_map[y, x] == after.data[y, x] == after.variance[0][y, x] == 0
        assert before.weight_map[y, x] == 60
    assert np.count_nonzero(before.weight_map != after.weight_map) == len(lost)
    assert np.count_nonzero(before.data != after.data) == len(lost)


def test_constant_extensions_are_filled_in(cut: Path) -> None:
    """ERR and DQ written as one value (NPIX1, NPIX2, PIXVALUE) become images."""
    from astropy.io import fits

    with fits.open(cut, memmap=False) as hdus:
        for name, value in (("DQ", 16), ("ERR", 0.0)):
            hdus[name].data = None
            hdus[name].header.update({"NPIX1": 60, "NPIX2": 40, "PIXVALUE": value})
        hdus.writeto(cut, overwrite=True)
    (exposure,) = read_frame(cut)
    assert exposure.dq is not None
    assert exposure.dq.shape == (40, 60)
    assert (exposure.dq == 16).all()
    assert exposure.variance == (), "an error of 0 everywhere is no error estimate"


def test_whole_numbers_are_derived(cut: Path) -> None:
    """An exposure whose science was cut to whole numbers is not real any more."""
    from astropy.io import fits

    with fits.open(cut, memmap=False) as hdus:
        hdus["SCI"].data = hdus["SCI"].data.astype(np.int16)
        hdus.writeto(cut, overwrite=True)
    assert read_frame(cut)[0].pixels == "derived"


@pytest.fixture(scope="module")
def flc() -> Path:
    """Return a two-chip WFC3/UVIS exposure, cut to 10x10, from drizzlepac's own tests."""
    name = "sample_ipppssoot_flc.fits"
    try:
        files = importlib.metadata.files("drizzlepac") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    path = next((Path(str(f.locate())) for f in files if f.name == name), None)
    if path is None or not path.is_file():
        pytest.skip("this drizzlepac does not ship the data of its tests")
    return path


def test_two_chips_share_a_name_and_keep_lookup_tables(flc: Path) -> None:
    """A UVIS _flc gives two chips of one exposure, with SIP and both kinds of lookup table."""
    chips = read_frame(flc)
    assert [(e.name, e.chip) for e in chips] == [("ib4606c5q", 1), ("ib4606c5q", 2)]
    for exposure in chips:
        shared_checks(exposure)
        assert exposure.wcs.sip is not None
        assert exposure.wcs.cpdis1 is not None
        assert exposure.wcs.det2im1 is not None
    assert not np.array_equal(chips[0].wcs.cpdis1.data, chips[1].wcs.cpdis1.data)
    sky = chips[0].origin["sky"], chips[0].sky
    assert sky == ("MDRIZSKY", pytest.approx(-0.03699847310781479))
    assert chips[0].read_noise == pytest.approx((3.03 + 3.13 + 3.08 + 3.18) / 4)


def test_hrc_of_the_folder_has_sip_and_sky(real_folder: Path) -> None:
    """The folder's HRC exposure has SIP of order 4, and a sky in electrons per second."""
    (exposure,) = load_frame_set("hrc-47tuc", folder=real_folder)
    shared_checks(exposure)
    assert exposure.wcs.sip.a_order == 4
    assert exposure.sky == pytest.approx(206.8161010742188 / 60)
    assert exposure.origin["set"] == "hrc-47tuc"
    assert exposure.origin["source"] == "folder"
    assert exposure.origin["checksum"] == "verified"


def test_stis_image_sets_are_two_exposures(real_folder: Path) -> None:
    """Two image sets of one file are two exposures of 150 s, not two chips, though both in it."""
    exposures = load_frame_set("stis-o4k19", folder=real_folder)
    assert [(e.name, e.chip) for e in exposures] == [("o4k19ac3q", 1), ("o4k19ac4q", 2)]
    for exposure in exposures:
        shared_checks(exposure)
        assert (exposure.exptime, exposure.in_units) == (150.0, "counts")
    assert not np.array_equal(exposures[0].data, exposures[1].data)


def test_niriss_exposures(real_folder: Path) -> None:
    """The 25 NIRISS exposures: unit, time, four variances, and DO_NOT_USE as the only mask."""
    exposures = load_frame_set("niriss-hd36805", folder=real_folder)
    assert len(exposures) == len({e.name for e in exposures}) == 25
    for exposure in exposures:
        shared_checks(exposure)
        assert (exposure.exptime, exposure.in_units) == (44.109, "cps")
        assert exposure.origin["unit"] == "DN/s"
        assert exposure.origin["telescope"] == "JWST"
        assert len(exposure.variance) == 4
        assert exposure.dq is not None
        assert np.array_equal(exposure.weight_map == 0, (exposure.dq & 1) > 0)
        # Reference pixels: the four lowest rows of this subarray.
        assert np.array_equal(np.flatnonzero((exposure.dq >> 31).all(axis=1)), [0, 1, 2, 3])
        total = exposure.variance[0][exposure.weight_map > 0]
        parts = sum(exposure.variance[1:])[exposure.weight_map > 0]  # type: ignore[index]
        assert np.allclose(total, parts, rtol=1e-4), "ERR is the sum of the three variances"


def test_niriss_dithers_are_the_grid(real_folder: Path) -> None:
    """The WCS of the NIRISS set say 25 different points of a 5x5 grid of 0.0196 arcsec."""
    exposures = load_frame_set("niriss-hd36805", folder=real_folder)
    first = exposures[0]
    offsets = []
    for exposure in exposures:
        at = exposure.wcs.all_pix2world(39.5, 39.5, 0)
        offsets.append(np.array(first.wcs.all_world2pix(*at, 0)) - 39.5)
    steps = np.array(offsets) * first.pixel_scale / STEP
    nearest = np.round(steps)
    assert len({tuple(point) for point in nearest.tolist()}) == 25
    assert sorted(set(nearest.ravel())) == [-2, -1, 0, 1, 2]
    away = (steps - nearest) * STEP
    assert np.abs(away - np.median(away, axis=0)).max() < JITTER


def test_blotted_exposures_are_derived(real_folder: Path) -> None:
    """The F140W set: derived, no path for cores that read files, DQ of the real exposures."""
    exposures = load_frame_set("wfc3ir-f140w", folder=real_folder)
    assert [e.name for e in exposures] == ["ib6o23rtq", "ib6o23rwq", "ib6o23rzq", "ib6o23s2q"]
    for exposure in exposures:
        shared_checks(exposure)
        assert exposure.pixels == "derived"
        assert exposure.path is None
        assert exposure.origin["label"].startswith("derived")
        assert exposure.exptime == 202.932922
        assert exposure.variance == ()
        flt = next(real_folder.rglob(f"{exposure.name}_flt.fits.gz"))
        assert np.array_equal(exposure.dq, raw(flt, "DQ"))
        assert read_frame(flt)[0].pixels == "derived"


def test_blotted_image_must_fit_its_flags(real_folder: Path, packaged: Path) -> None:
    """A blotted image and the DQ of another detector are not put together."""
    from harness.errors import FrameError

    blotted = next(real_folder.rglob("ib6o23rtq_sci1_blt.fits"))
    with pytest.raises(FrameError, match=r"\[DQ,1\]: has 1024x1024 pixels\. Allowed: 1014x1014"):
        read_frame(blotted, quality=packaged)
    assert read_frame(blotted)[0].weight_map.min() > 0


def test_cutout_pixmap_is_that_of_its_wcs(real_folder: Path) -> None:
    """The pixmap that came with the cutout is what its WCS and that of the references say."""
    (exposure,) = load_frame_set("wfc3ir-cutout", folder=real_folder)
    shared_checks(exposure)
    references = load_references("wfc3ir-cutout", folder=real_folder)
    kernels = [reference.kernel for reference in references]
    assert kernels == ["square", "point", "turbo", "square", "lanczos3"]
    assert exposure.pixmap is not None
    for reference in references:
        assert reference.sci.shape == reference.grid.shape == (10, 11)
        assert reference.pixfrac == 1.0
        computed = compute_pixmap(exposure.wcs, exposure.data.shape, reference.grid, exact=True)
        assert np.abs(computed - exposure.pixmap).max() < PIXEL_AGREEMENT


def test_point_reference_follows_from_the_pixmap(real_folder: Path) -> None:
    """AstroDrizzle's point product is the weighted mean of the pixels whose centres fall in it."""
    (exposure,) = load_frame_set("wfc3ir-cutout", folder=real_folder)
    reference = load_references("wfc3ir-cutout", folder=real_folder)[1]
    assert reference.kernel == "point"
    assert exposure.pixmap is not None
    x, y = np.floor(exposure.pixmap + 0.5).astype(int).reshape(-1, 2).T
    inside = (x >= 0) & (x < 11) & (y >= 0) & (y < 10)
    weight, total = np.zeros((10, 11)), np.zeros((10, 11))
    np.add.at(weight, (y[inside], x[inside]), exposure.weight_map.ravel()[inside])
    product = exposure.weight_map.ravel() * exposure.data.ravel().astype(float)
    np.add.at(total, (y[inside], x[inside]), product[inside])
    hit = weight > 0
    assert hit.sum() > 60
    # One or two float32 terms a pixel: a few units in the last place.
    assert np.allclose(total[hit] / weight[hit], reference.sci[hit], rtol=5e-7)


def test_misnamed_reference_is_told(real_folder: Path, tmp_path: Path) -> None:
    """A product whose header names another kernel than the manifest is not compared with."""
    import shutil

    from harness.errors import FrameError

    for path in (real_folder / "wfc3ir-cutout").iterdir():
        shutil.copy(path, tmp_path / path.name)
    turbo = tmp_path / "reference_drizzlepac_turbo_drz_sci.fits"
    shutil.copy(tmp_path / "reference_drizzlepac_square_drz_sci.fits", turbo)
    with pytest.raises(FrameError, match=r"turbo_drz_sci\.fits: was drizzled with kernel square"):
        load_references("wfc3ir-cutout", folder=tmp_path)
