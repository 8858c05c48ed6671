"""Scenes as files: read back to the last bit, the same bytes every time."""

import dataclasses

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from harness.errors import SceneError
from harness.frames.read import read_frame
from harness.scenes import load_scene, make_scene, write_exposures, write_truth
from harness.scenes.detector import load_detector

POSITION_ERROR = 1e-9
"""Pixels; positions within a frame of a few hundred pixels are exact to 1e-13 of its size, and
float64 degrees of right ascension resolve 1e-9 of the smallest pixel here."""

SCENES = {
    "wfc3-ir": "ir-box-noisy",
    "wfc3-ir-isotropic": "ir-box-isotropic",
    "wfc3-uvis": "uvis-line",
    "acs-wfc": "acs-wfc-box",
    "acs-hrc": "hrc-moffat",
    "jwst-niriss": "niriss-grid",
    "roman-wfi": "roman-grid",
}


def small_scene(detector, **changes):
    """Return a scene of a detector with everything that files can carry, of few pixels."""
    values = {
        "shape": (60, 72),
        "noise": True,
        "sky": True,
        "bad_pixel_fraction": 0.02,
        "warm_pixel_fraction": 0.02,
        "cosmic_rays": True,
        "dither": "line-2pt",
        "orientat": (23.0,),
    } | changes
    return dataclasses.replace(load_scene(SCENES[detector]), **values)


@pytest.fixture(scope="module", params=sorted(SCENES))
def written(request, tmp_path_factory):
    """Make and write one scene of each detector."""
    made = make_scene(small_scene(request.param))
    folder = tmp_path_factory.mktemp(request.param)
    return made, write_exposures(made, folder)


def read_again(exposures):
    """Read the files of exposures, in order, with the bits that the scene counts as good."""
    bits = int(exposures[0].origin["bits"])
    paths = dict.fromkeys(exposure.path for exposure in exposures)
    return [one for path in paths for one in read_frame(path, bits=bits, pixels="synthetic")]


def test_pixels_are_read_back_to_the_last_bit(written):
    """Data, DQ, weights and total variance come back as they were."""
    made, filed = written
    again = read_again(filed)
    assert [(one.name, one.chip) for one in again] == [(one.name, one.chip) for one in filed]
    for one, other in zip(made.exposures, again, strict=True):
        for image, read in (
            (one.data, other.data),
            (one.dq, other.dq),
            (one.weight_map, other.weight_map),
            (one.variance[0], other.variance[0]),
        ):
            assert image.dtype == read.dtype.newbyteorder("=")
            np.testing.assert_array_equal(image, read)
    assert (made.exposures[0].dq > 0).any()
    assert len({one.data.tobytes() for one in made.exposures}) == len(made.exposures)


def test_facts_are_read_back(written):
    """Exposure time, unit, scale and, where the layout has them, noise terms come back."""
    made, filed = written
    keys = ["exptime", "in_units", "pixel_scale", "gain"]
    if load_detector(made.scene.detector).layout == "hst-flt":
        keys += ["read_noise", "dark", "sky"]
    for one, other in zip(made.exposures, read_again(filed), strict=True):
        for key in keys:
            assert getattr(one, key) == getattr(other, key), key
        assert one.pixel_scale == other.pixel_scale


def test_positions_are_read_back(written):
    """Pixels fall on the same sky, SIP terms included."""
    made, filed = written
    for one, other in zip(made.exposures, read_again(filed), strict=True):
        ny, nx = one.data.shape
        y, x = np.mgrid[0.0:ny:7, 0.0:nx:7]
        sky = one.wcs.all_pix2world(x.ravel(), y.ravel(), 0)
        read = other.wcs.all_pix2world(x.ravel(), y.ravel(), 0)
        distance = np.hypot((sky[0] - read[0]) * np.cos(np.radians(sky[1])), sky[1] - read[1]) * (
            3600.0 / one.pixel_scale
        )
        assert distance.max() <= POSITION_ERROR
        assert (one.wcs.sip is None) == (other.wcs.sip is None)
        np.testing.assert_array_equal(one.wcs.wcs.cd, other.wcs.wcs.cd)


def test_chips_of_an_exposure_share_a_file(written):
    """There is a file for each exposure, with all of its chips."""
    made, filed = written
    chips = len(load_detector(made.scene.detector).chips)
    assert len({one.path for one in filed}) * chips == len(filed)
    with fits.open(filed[0].path) as hdus:
        assert sum(hdu.name == "SCI" for hdu in hdus) == chips


@pytest.mark.parametrize("detector", ["wfc3-ir", "acs-wfc", "jwst-niriss"])
def test_same_scene_gives_same_bytes(detector, tmp_path):
    """Nothing of the moment of writing is in a file."""
    scene = small_scene(detector, shape=(48, 48))
    for name in ("one", "two"):
        made = make_scene(scene)
        write_exposures(made, tmp_path / name)
        write_truth(made, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert any(name.endswith("_truth.ecsv") for name in files)
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_truth_is_read_back(tmp_path):
    """The table of stars holds the truth exactly, with units."""
    made = make_scene(small_scene("acs-hrc", shape=(96, 96)))
    table = Table.read(write_truth(made, tmp_path), format="ascii.ecsv")
    assert len(table) == len(made.truth.ra) > 0
    for name in ("ra", "dec", "flux", "isolated"):
        np.testing.assert_array_equal(np.asarray(table[name]), getattr(made.truth, name))
    assert table["ra"].unit == "deg"
    assert table.meta["fwhm"] == made.truth.fwhm


def test_unwritable_folder_is_named(tmp_path):
    """Where a file is in the way of the folder, the error names the path."""
    (tmp_path / "taken").write_text("")
    made = make_scene(small_scene("acs-hrc", shape=(48, 48)))
    with pytest.raises(SceneError, match="taken"):
        write_exposures(made, tmp_path / "taken")


def test_nothing_is_left_of_a_failed_write(tmp_path):
    """A name that cannot be taken leaves no other file behind."""
    made = make_scene(small_scene("acs-hrc", shape=(48, 48)))
    (tmp_path / f"{made.exposures[0].name}_flt.fits").mkdir()
    with pytest.raises(SceneError, match="cannot be written"):
        write_exposures(made, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_astrodrizzle_takes_the_files(tmp_path):
    """AstroDrizzle drizzles two chips from files as cdriz does from the arrays."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    from harness.cores.call import run_core
    from harness.cores.registry import load_core
    from harness.geometry import make_grid, project
    from harness.model import DrizzleParams
    from harness.weighting import with_weights

    scene = small_scene("acs-wfc", shape=(48, 64), cosmic_rays=False)
    filed = write_exposures(make_scene(scene), tmp_path)
    bits = int(filed[0].origin["bits"])
    params = DrizzleParams(
        kernel="square", pixfrac=0.8, grid=make_grid(filed, 0.05), weighting="IVM", bits=bits
    )
    product = run_core(load_core("astrodrizzle"), filed, params)
    weighted = [
        dataclasses.replace(project(one, params.grid), pixel_scale=scale)
        for one, scale in zip(
            with_weights(filed, "IVM", bits=bits), product.provenance["input_scales"], strict=True
        )
    ]
    other = run_core(load_core("harness.cores.drizzlepac:load_by_wcs"), weighted, params)
    tolerance = 6e-8 * (4 + 2 * np.sqrt(16))
    assert other.wht.max() > 0
    assert np.abs(product.wht - other.wht).max() <= tolerance * other.wht.max()
