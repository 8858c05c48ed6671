"""Scenes: the same bits in any process, declared noise and DQ, errors."""

import dataclasses
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from harness.errors import FixtureError, SceneError
from harness.scenes import list_scenes, load_scene, make_scene
from harness.scenes.detector import load_detector
from harness.scenes.noise import BAD_VALUE
from harness.scenes.pixels import WARM

SIGMAS = 5.0
"""Standard errors that a sample statistic may be off; one seed in two million is farther."""
POSITION_ERROR = 0.02
"""Pixels: centroids of noise-free stars within a box of six FWHM, whose cut wings weigh 1e-3 of a
pixel each way."""


def noisy_scene(**changes):
    """Return a small scene with all that is drawn at random."""
    values = {
        "shape": (64, 72),
        "noise": True,
        "sky": True,
        "cosmic_rays": True,
        "bad_pixel_fraction": 0.02,
        "warm_pixel_fraction": 0.03,
        "dither": "line-2pt",
    } | changes
    return dataclasses.replace(load_scene("ir-box"), **values)


def digest(made):
    """Return a hash of everything in a scene's exposures and truth."""
    total = hashlib.sha256()
    for exposure in made.exposures:
        for image in (exposure.data, exposure.dq, exposure.weight_map, *exposure.variance):
            total.update(image.tobytes())
        total.update(repr(exposure.wcs.to_header(relax=True)).encode())
    total.update(made.truth.ra.tobytes() + made.truth.flux.tobytes())
    return total.hexdigest()


def test_another_process_makes_the_same_bits():
    """Nothing depends on the process, its hash seed or what ran before."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_scene import digest, noisy_scene\n"
        "from harness.scenes import make_scene\n"
        "print(digest(make_scene(noisy_scene())))"
    )
    folder = __file__.rpartition("/")[0]
    told = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    make_scene(noisy_scene(seed=9))
    assert told.stdout.strip() == digest(make_scene(noisy_scene()))


def test_another_seed_makes_other_bits():
    """Stars, noise, tracks and bad pixels follow the seed."""
    one, other = make_scene(noisy_scene(seed=1)), make_scene(noisy_scene(seed=2))
    assert not np.array_equal(one.truth.flux, other.truth.flux)
    for bit in (4, WARM):
        flagged = [(made.exposures[0].dq & bit) > 0 for made in (one, other)]
        assert not np.array_equal(*flagged)
    first, second = (made.exposures[0].data for made in (one, other))
    assert np.mean(first == second) < 0.01


def test_exposures_have_noise_of_their_own():
    """Two exposures at one place share stars and bad pixels, not noise nor tracks."""
    made = make_scene(noisy_scene(dither="none"))
    one, other = made.exposures[:2]
    assert np.mean(one.data == other.data) < 0.01
    np.testing.assert_array_equal(one.dq & (4 | WARM), other.dq & (4 | WARM))
    assert not np.array_equal(one.dq & 8192, other.dq & 8192)


@pytest.mark.parametrize("in_units", ["cps", "counts"])
def test_noise_is_that_of_the_variance_image(in_units):
    """Noisy minus noise-free data over the declared error has chi-square one a pixel."""
    scene = noisy_scene(
        shape=(160, 160),
        cosmic_rays=False,
        bad_pixel_fraction=0.0,
        in_units=in_units,
        dither="single",
    )
    noisy = make_scene(scene).exposures[0]
    still = make_scene(dataclasses.replace(scene, noise=False)).exposures[0]
    miss = noisy.data.astype(float) - still.data
    chi_square = (miss**2 / noisy.variance[0]).mean()
    # Poisson noise of a hundred electrons and more is nearly Gaussian: variance of chi^2 is 2.
    assert abs(chi_square - 1) < SIGMAS * np.sqrt(2.1 / miss.size)
    assert abs((miss / np.sqrt(noisy.variance[0])).mean()) < SIGMAS / np.sqrt(miss.size)


def test_variance_is_the_square_of_a_float32():
    """A file with the standard error gives the variance back."""
    for exposure in make_scene(noisy_scene()).exposures:
        error = np.sqrt(exposure.variance[0])
        squared = np.square(error, dtype=np.float64).astype(np.float32)
        np.testing.assert_array_equal(squared, exposure.variance[0])


def test_noise_free_sky_is_uniform_at_the_declared_level():
    """Without noise and stars the data are the sky, whatever the pixels' areas."""
    scene = dataclasses.replace(load_scene("blank-sky"), noise=False, shape=(40, 40))
    detector = load_detector(scene.detector)
    for exposure in make_scene(scene).exposures:
        np.testing.assert_array_equal(exposure.data, np.float32(detector.filters[scene.filter].sky))
        assert not exposure.dq.any()


def test_noise_free_stars_sum_to_their_flux_and_lie_in_place():
    """Surface brightness times true area sums to the flux, about the position on the sky."""
    from harness.scenes.optics import PixelFrame, pixel_areas

    scene = dataclasses.replace(load_scene("ir-box"), shape=(96, 96))
    made = make_scene(scene)
    detector = load_detector(scene.detector)
    chip = detector.chips[0]
    exposure = made.exposures[1]
    corner = tuple(
        round(whole - here)
        for whole, here in zip(chip.crpix[::-1], exposure.wcs.wcs.crpix[::-1], strict=True)
    )
    frame = PixelFrame(chip=chip, corner=corner, shape=exposure.data.shape)
    light = exposure.data * pixel_areas(frame) / detector.pixel_scale**2
    x, y = exposure.wcs.all_world2pix(made.truth.ra, made.truth.dec, 0)
    seen = 0
    for column, row, flux in zip(x, y, made.truth.flux, strict=True):
        left, low = round(column) - 4, round(row) - 4
        if min(left, low) < 0 or max(left, low) + 9 > 96:
            continue
        box = light[low : low + 9, left : left + 9]
        rows, columns = np.mgrid[low : low + 9, left : left + 9]
        assert box.sum() == pytest.approx(flux, rel=1e-5)
        assert (box * columns).sum() / box.sum() == pytest.approx(column, abs=POSITION_ERROR)
        assert (box * rows).sum() / box.sum() == pytest.approx(row, abs=POSITION_ERROR)
        seen += 1
    assert seen >= 9


def test_dq_tells_what_is_spoilt():
    """Bad pixels and tracks are flagged, weigh nothing, and carry what was added; warm count."""
    scene = noisy_scene(noise=False, dither="single")
    spoilt = make_scene(scene).exposures[0]
    clean = make_scene(
        dataclasses.replace(scene, cosmic_rays=False, bad_pixel_fraction=0.0)
    ).exposures[0]
    added = (spoilt.data - clean.data) * spoilt.exptime
    bad, hit = (spoilt.dq & 4) > 0, (spoilt.dq & 8192) > 0
    assert min(bad.sum(), hit.sum(), np.sum((spoilt.dq & WARM) > 0)) > 0
    np.testing.assert_array_equal(added > 0, bad | hit)
    np.testing.assert_allclose(added[bad & ~hit], BAD_VALUE, rtol=1e-4)
    np.testing.assert_array_equal(spoilt.weight_map == 0, bad | hit)
    assert (spoilt.weight_map[~(bad | hit)] == np.float32(spoilt.exptime)).all()


def test_counts_are_rates_times_time():
    """The unit changes data and variance alone."""
    scene = noisy_scene(shape=(32, 48))
    rates = make_scene(scene).exposures[0]
    counts = make_scene(dataclasses.replace(scene, in_units="counts")).exposures[0]
    np.testing.assert_allclose(counts.data, rates.data * rates.exptime, rtol=3e-7)
    np.testing.assert_allclose(counts.variance[0], rates.variance[0] * rates.exptime**2, rtol=1e-6)
    np.testing.assert_array_equal(counts.weight_map, rates.weight_map)
    assert counts.gain == rates.gain == 1.0


def test_every_scene_can_be_loaded():
    """Names are the files' stems, and all that scenes name exists."""
    assert len(list_scenes()) >= 14
    for name in list_scenes():
        scene = load_scene(name)
        assert scene.name == name
        assert scene.filter in load_detector(scene.detector).filters


def test_unknown_scene_names_those_there_are():
    """The error lists the scenes."""
    with pytest.raises(FixtureError, match="ir-box-noisy"):
        load_scene("nebula")


def test_frame_larger_than_the_chip_is_refused():
    """The error tells the chip's size."""
    with pytest.raises(SceneError, match="1014"):
        make_scene(dataclasses.replace(load_scene("ir-box"), shape=(2000, 10)))


def test_file_with_an_unknown_key_is_refused(tmp_path):
    """A misspelt key is named with its file."""
    from harness.fixture_data import load_fixture
    from harness.scenes import Scene

    path = tmp_path / "bad.toml"
    path.write_text(
        'name = "bad"\ndescription = ""\ndetector = "wfc3-ir"\nfilter = "F160W"\n'
        'dither = "none"\nbrightness = 3.0\n'
    )
    with pytest.raises(FixtureError, match="brightness"):
        load_fixture(path, Scene)
    path.write_text(path.read_text().replace("brightness = 3.0", 'psf = "boxcar"'))
    with pytest.raises(FixtureError, match="psf"):
        load_fixture(path, Scene)


def test_exposure_times_may_differ():
    """Each exposure has its own time; the last one given holds for the rest."""
    made = make_scene(noisy_scene(dither="ir-dither-box-min", exptime=(5.0, 2.0)))
    assert [one.exptime for one in made.exposures] == [5.0, 2.0, 2.0, 2.0]
    assert all(one.weight_map.max() == np.float32(one.exptime) for one in made.exposures)


def test_bad_pixels_may_have_no_value():
    """Where a bad pixel is NaN, DQ and the weight say so, and no other pixel is."""
    made = make_scene(noisy_scene(bad_pixel_value=float("nan")))
    for one in made.exposures:
        empty = np.isnan(one.data)
        assert empty.any()
        assert (one.weight_map[empty] == 0).all()
        assert (one.dq[empty] != 0).all()
