import dataclasses
import logging
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.registry import load_core
from harness.errors import CoreError
from harness.geometry import make_grid, project
from harness.model import DrizzleParams
from harness.weighting import with_weights

ROUNDOFF = 6e-8
CONTRIBUTIONS = 16
"""Most drops on an output pixel here: one exposure of 0.028 arcsec pixels, output 0.05."""
TOLERANCE = ROUNDOFF * (4 + 2 * np.sqrt(CONTRIBUTIONS))
STEPSIZE_ERROR = 2e-3
"""Of the maximum weight; positions interpolated from every tenth pixel are up to 1e-3 output
pixels off for ACS/HRC and WFC3/IR at their native scale, twice that at half of it."""


@pytest.fixture(scope="module")
def astrodrizzle():
    """Load AstroDrizzle."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    return load_core("astrodrizzle")


@pytest.fixture(scope="module")
def cdriz_by_wcs(astrodrizzle):
    """Load cdriz with its own mapping, which AstroDrizzle uses."""
    return load_core("harness.cores.drizzlepac:load_by_wcs")


def make_params(exposures, scale=0.02, **changes):
    """Lay a grid around exposures and drizzle onto it."""
    values = {"kernel": "square", "pixfrac": 0.8, "fillval": 0.0} | changes
    return DrizzleParams(grid=make_grid(exposures, scale), **values)


def weighted_like(product, exposures, params):
    """Weight and project exposures as the file core did, with the input scales it took."""
    weighted = with_weights(exposures, params.weighting, bits=params.bits)
    scales = product.provenance["input_scales"]
    return [
        dataclasses.replace(project(exposure, params.grid), pixel_scale=scale)
        for exposure, scale in zip(weighted, scales, strict=True)
    ]


def assert_same(one, other, tolerance=TOLERANCE):
    """Compare weights, science where it is not noise, and context."""
    assert np.abs(one.wht - other.wht).max() <= tolerance * np.abs(other.wht).max()
    weighty = other.wht > 1e-3 * other.wht.max()
    assert weighty.sum() > 100
    limit = tolerance * np.abs(other.sci[weighty]).max()
    assert np.abs(one.sci - other.sci)[weighty].max() <= limit
    np.testing.assert_array_equal(one.ctx, other.ctx)


@pytest.mark.parametrize("weighting", ["EXP", "IVM", "ERR", "uniform"])
@pytest.mark.parametrize("scale", [0.0125, 0.05])
def test_weights_are_those_of_weighting(
    astrodrizzle, cdriz_by_wcs, cut_file, read_chips, weighting, scale
):
    """AstroDrizzle's own weights, and cdriz with those of harness.weighting, agree."""
    exposures = read_chips(cut_file("one_flt.fits", [(100, 100)]))
    params = make_params(exposures, scale, weighting=weighting)
    product = run_core(astrodrizzle, exposures, params)
    other = run_core(cdriz_by_wcs, weighted_like(product, exposures, params), params)
    assert_same(product, other)


@pytest.mark.parametrize("kernel", ["point", "turbo", "gaussian", "lanczos2", "lanczos3"])
def test_kernels_are_those_of_cdriz(astrodrizzle, cdriz_by_wcs, cut_file, read_chips, kernel):
    """Every kernel is the one that cdriz has in memory."""
    exposures = read_chips(cut_file("one_flt.fits", [(100, 100)]))
    params = make_params(exposures, kernel=kernel, pixfrac=1.0)
    product = run_core(astrodrizzle, exposures, params)
    other = run_core(cdriz_by_wcs, weighted_like(product, exposures, params), params)
    assert_same(product, other)


def test_whole_frame_agrees_with_the_pixmap(astrodrizzle, in_memory_cores, hrc_file, read_chips):
    """The whole HRC exposure, which has no distortion there, agrees with the exact pixmap."""
    exposures = read_chips(hrc_file)
    params = make_params(exposures, 0.05, weighting="ERR")
    product = run_core(astrodrizzle, exposures, params)
    weighted = weighted_like(product, exposures, params)
    for core in in_memory_cores.values():
        assert_same(product, run_core(core, weighted, params))


@pytest.mark.skipif(
    "DRIZZLE_HARNESS_FRAMES" not in os.environ, reason="DRIZZLE_HARNESS_FRAMES is not set"
)
def test_stepsize_is_what_differs_from_the_pixmap(
    astrodrizzle, cdriz_by_wcs, in_memory_cores, read_chips
):
    """With distortion, AstroDrizzle is cdriz by WCS, and off the pixmap by its stepsize."""
    from harness.cores.astrodrizzle import AstroDrizzleCore

    path = Path(os.environ["DRIZZLE_HARNESS_FRAMES"]) / "hrc-47tuc" / "j8bt06nyq_flt.fits"
    exposures = read_chips(path)
    params = make_params(exposures, 0.025)
    product = run_core(astrodrizzle, exposures, params)
    weighted = weighted_like(product, exposures, params)
    assert_same(product, run_core(cdriz_by_wcs, weighted, params))
    exact = run_core(in_memory_cores["drizzlepac"], weighted, params)
    assert 0 < np.abs(product.wht - exact.wht).max() < STEPSIZE_ERROR * exact.wht.max()
    assert np.abs(product.wht - exact.wht).max() > 10 * TOLERANCE * exact.wht.max()
    fine = run_core(AstroDrizzleCore(stepsize=1), exposures, params)
    assert_same(fine, exact)


@pytest.mark.parametrize("weighting", ["EXP", "IVM", "ERR", "uniform"])
def test_unequal_exposures(astrodrizzle, cdriz_by_wcs, cut_file, read_chips, weighting):
    """Exposures of unlike times, counts and rates together, keep their relative weights."""

    def lengthen(hdus):
        hdus[0].header["EXPTIME"] = 240.0

    def divide(hdus):
        for hdu in hdus[1:]:
            if hdu.name != "DQ":
                hdu.data /= np.float32(60.0)
                hdu.header["BUNIT"] = "ELECTRONS/S"

    exposures = [
        *read_chips(cut_file("a_flt.fits", [(100, 100)])),
        *read_chips(cut_file("b_flt.fits", [(112, 109)], change=lengthen)),
        *read_chips(cut_file("c_flt.fits", [(103, 111)], change=divide)),
    ]
    params = make_params(exposures, weighting=weighting)
    product = run_core(astrodrizzle, exposures, params)
    other = run_core(cdriz_by_wcs, weighted_like(product, exposures, params), params)
    assert_same(product, other)


def test_context_follows_the_request(astrodrizzle, cdriz_by_wcs, cut_file, read_chips):
    """Bits are in the order of the exposures, however files and chips are mixed."""
    first, second = read_chips(cut_file("two_flt.fits", [(100, 100), (100, 190)]))
    other = read_chips(cut_file("one_flt.fits", [(107, 150)]))
    for exposures in ([second, *other, first], [*other, first, second]):
        params = make_params(exposures)
        product = run_core(astrodrizzle, exposures, params)
        assert set(np.unique(product.ctx)) >= {0, 1, 2, 4}
        weighted = weighted_like(product, exposures, params)
        assert_same(product, run_core(cdriz_by_wcs, weighted, params))


def test_context_beyond_32_is_reordered():
    """Reordering carries bits from one plane to another, the sign bit included."""
    from harness.cores.astrodrizzle import _reorder_context

    order = [*range(1, 40), 0]
    given = np.zeros((2, 1, 40), np.uint32)
    for theirs, ours in enumerate(order):
        given[theirs // 32, 0, ours] = np.uint32(1) << np.uint32(theirs % 32)
    found = _reorder_context(given.view(np.int32), order).view(np.uint32)
    for ours in range(40):
        expected = np.zeros(2, np.uint32)
        expected[ours // 32] = np.uint32(1) << np.uint32(ours % 32)
        np.testing.assert_array_equal(found[:, 0, ours], expected)


def test_one_chip_of_two(astrodrizzle, cdriz_by_wcs, cut_file, read_chips):
    """A chip can be drizzled without the other; an odd choice of chips is an error."""
    chips = read_chips(cut_file("two_flt.fits", [(100, 100), (100, 190)]))
    params = make_params(chips[1:])
    product = run_core(astrodrizzle, chips[1:], params)
    assert_same(product, run_core(cdriz_by_wcs, weighted_like(product, chips[1:], params), params))
    other = read_chips(cut_file("more_flt.fits", [(100, 100), (100, 190)]))
    with pytest.raises(CoreError, match="AstroDrizzle takes all chips, or one and the same"):
        run_core(astrodrizzle, [*chips, other[0]], make_params([*chips, other[0]]))


def test_flat_and_good_bits_count(astrodrizzle, cdriz_by_wcs, cut_file, read_chips):
    """The exposure's flat enters IVM weights, and `bits` say which DQ bits are good."""

    def flag(hdus):
        hdus["DQ"].data[20:30, 20:30] = 16
        hdus["DQ"].data[40:50, 40:50] = 4
        hdus["DQ"].data[60:70, 20:30] = 4096

    y, x = np.mgrid[:80, :80]
    flat = (1.0 + 0.1 * np.sin(x / 9) * np.cos(y / 7)).astype(np.float32)
    exposures = read_chips(cut_file("one_flt.fits", [(100, 100)], change=flag), flat=flat)
    params = make_params(exposures, weighting="IVM", bits=16)
    product = run_core(astrodrizzle, exposures, params)
    other = run_core(cdriz_by_wcs, weighted_like(product, exposures, params), params)
    assert_same(product, other)
    strict = dataclasses.replace(params, bits=0)
    assert run_core(astrodrizzle, exposures, strict).wht.sum() < 0.99 * product.wht.sum()


def test_fill_value(astrodrizzle, cut_file, read_chips):
    """Pixels that nothing reaches hold the fill value, unscaled, or NaN."""
    exposures = read_chips(cut_file("one_flt.fits", [(100, 100)]))
    params = make_params(exposures, fillval=-7.5)
    filled = run_core(astrodrizzle, exposures, params)
    left = run_core(astrodrizzle, exposures, dataclasses.replace(params, fillval=None))
    corner = np.s_[:2, :2]
    assert (filled.wht[corner] == 0).all()
    assert (filled.sci[corner] == -7.5).all()
    assert (filled.sci[filled.wht == 0] == -7.5).all()
    assert np.isnan(left.sci[corner]).all()
    np.testing.assert_array_equal(filled.sci[filled.wht > 0], left.sci[filled.wht > 0])


def state_of_process():
    """Return what AstroDrizzle would change if it were let."""
    root = logging.getLogger()
    return {
        "cwd": Path.cwd(),
        "environment": dict(os.environ),
        "handlers": list(root.handlers),
        "level": root.level,
        "streams": (sys.stdout, sys.stderr),
        "hook": sys.excepthook,
        "here": sorted(Path.cwd().iterdir()),
        "home": sorted(path for path in Path.home().glob(".teal*")),
    }


def test_nothing_is_left_behind(
    astrodrizzle, cut_file, read_chips, tmp_path, monkeypatch, capfd, caplog
):
    """No file, message, handler or variable remains, whether the run succeeds or fails."""
    work, home, temporary = (tmp_path / name for name in ("work", "home", "temporary"))
    for folder in (work, home, temporary):
        folder.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("ASTROMETRY_STEP_CONTROL", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = cut_file("one_flt.fits", [(100, 100)])
    exposures = read_chips(path)
    before, content = state_of_process(), path.read_bytes()
    for pixfrac in (0.0, 0.8):
        run_core(astrodrizzle, exposures, make_params(exposures, pixfrac=pixfrac))
    broken = tmp_path / "broken_flt.fits"
    broken.write_bytes(content[:30000])
    lost = [dataclasses.replace(exposures[0], path=broken)]
    message = r"AstroDrizzle raised ValueError: cannot reshape .*\(adrizzle.py, line \d+\)"
    with pytest.raises(CoreError, match=message):
        run_core(astrodrizzle, lost, make_params(exposures))
    assert state_of_process() == before
    assert path.read_bytes() == content
    assert list(home.iterdir()) == list(temporary.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_run_without_product(astrodrizzle, cut_file, read_chips):
    """Where AstroDrizzle only tells its log that it found nothing to do, the log is quoted."""

    def stop_clock(hdus):
        hdus[0].header["EXPTIME"] = 0.0

    path = cut_file("zero_flt.fits", [(100, 100)], change=stop_clock)
    good = read_chips(cut_file("one_flt.fits", [(100, 100)]))
    exposures = [dataclasses.replace(good[0], path=path)]
    with pytest.raises(
        CoreError, match=r"made no product; its log has: .*all input images were excluded"
    ):
        run_core(astrodrizzle, exposures, make_params(good))
