import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.errors import UsageError
from harness.model import Region
from harness.scenes import load_scene, make_scene
from harness.sweep.checks import check_plan
from harness.sweep.gather import _check_same, _once, expand_frames, gather
from harness.sweep.plan import SweepPlan, parse_region
from harness.sweep.stage import set_stage

SKY = (161.77, 17.27)


@pytest.fixture(scope="module")
def exposures():
    """Return the four exposures of one pointing."""
    return make_scene(load_scene("no-dither")).exposures


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixfracs": (0.5, 1.2)}, "--pixfrac: has 1.2"),
        ({"pixfracs": (-0.1,)}, "--pixfrac: has -0.1"),
        ({"pixfracs": (1.0000001,)}, r"--pixfrac: has 1\.0000001"),
        ({"scales": (0.0,)}, "--scale: has 0"),
        ({"kernels": ("cubic",)}, "--kernel: has 'cubic'"),
        ({"weighting": "none"}, "--weighting: is 'none'"),
        ({"scene": ""}, "neither files nor a scene"),
    ],
)
def test_impossible_values_name_their_option(plan, changes, message):
    """A value that cannot be is refused before anything is read."""
    with pytest.raises(UsageError, match=message):
        check_plan(dataclasses.replace(plan, **changes))


def test_points_count_through_the_grid():
    """The last axis runs fastest, and numbers are places in the grid."""
    plan = SweepPlan(scene="s", scales=(1.0, 2.0), pixfracs=(0.5, 1.0), cores=("a", "b"))
    points = plan.points()
    assert [point.number for point in points] == list(range(8))
    assert (points[1].pixfrac, points[2].scale, points[4].core) == (1.0, 2.0, "b")


def test_key_follows_files_and_options(tmp_path):
    """The key changes with an option, and with the content of a file, and with nothing else."""
    path = tmp_path / "a_flt.fits"
    path.write_bytes(b"1")
    plan = SweepPlan(files=(path,), scales=(1.0,), pixfracs=(1.0,))
    before = plan.key()
    assert plan.key() == before
    assert dataclasses.replace(plan, pixfracs=(0.9,)).key() != before
    path.write_bytes(b"12")
    assert plan.key() != before


@pytest.mark.parametrize(
    "text", ["161.77 17.27 5", "161.77,17.27,5", "10h47m04.8s +17d16m12s 5", "161.77 17.27 5 5"]
)
def test_regions_in_every_form(text):
    """Degrees and sexagesimal positions are the same box."""
    region = parse_region(text)
    assert region.kind == "sky_box"
    np.testing.assert_allclose(region.sky, (*SKY, 5.0, 5.0), atol=1e-9)


@pytest.mark.parametrize("text", ["", "1 2", "1 95 3", "1 2 0", "a b 3", "1 2 3 4 5"])
def test_regions_that_cannot_be(text):
    """Whatever is no position and size names the option."""
    with pytest.raises(UsageError, match="--region"):
        parse_region(text)


def test_files_folders_and_patterns(tmp_path):
    """A folder gives its best kind of file, patterns are sorted, nothing comes twice."""
    for name in ("b_flt.fits", "a_flt.fits.gz", "a_blt.fits", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    found = expand_frames([str(tmp_path), str(tmp_path / "*_flt.fits")])
    assert [path.name for path in found] == ["a_flt.fits.gz", "b_flt.fits"]


def test_links_to_a_frame_are_that_frame(tmp_path):
    """A file counts once, under the name that came first, however many ways lead to it."""
    (tmp_path / "a_flt.fits").write_bytes(b"")
    (tmp_path / "z_flt.fits").symlink_to(tmp_path / "a_flt.fits")
    found = expand_frames([str(tmp_path / "z_flt.fits"), str(tmp_path)])
    assert [path.name for path in found] == ["z_flt.fits"]


def test_copy_of_an_exposure_is_refused(tmp_path):
    """The same exposure in two files is an error that names both; others may look alike."""
    from harness.scenes.flt import write_exposures

    scene = make_scene(load_scene("no-dither"))
    first, second, *_ = [Path(one.path) for one in write_exposures(scene, tmp_path)]
    copy = tmp_path / "copy_flt.fits"
    shutil.copy(first, copy)
    plan = SweepPlan(files=(first, second, copy), scales=(0.1,), pixfracs=(1.0,))
    with pytest.raises(UsageError, match=r"copy_flt.*is a copy of .*01_flt.*Leave one") as told:
        gather(plan)
    assert str(first) in str(told.value)
    # Without noise and dither, simulated exposures have the same pixels.
    (alike,) = gather(dataclasses.replace(plan, files=(first, second))).alike
    assert str(first) in alike
    assert str(second) in alike


def test_alike_exposures_are_told_by_name_chip_and_pixels(exposures):
    """NaN hides no copy; another chip is none, and flat fields tell nothing."""
    data = exposures[0].data.copy()
    data[0, :5] = np.nan
    one = dataclasses.replace(exposures[0], data=data)
    alike: list[str] = []
    with pytest.raises(UsageError, match=r"exposure copy\.fits\[1\]: is a copy"):
        [*_once([one, dataclasses.replace(one, path=Path("copy.fits"))], alike)]
    assert len([*_once([one, dataclasses.replace(one, chip=2)], alike)]) == 2
    flat = dataclasses.replace(one, data=np.ones_like(data))
    assert len([*_once([flat, dataclasses.replace(flat, name="other")], alike)]) == 2
    assert alike == []
    assert len([*_once([one, dataclasses.replace(one, name="other")], alike)]) == 2
    assert len(alike) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.fits", "is not there"), ("*_cal.fits", "matches no file"), ("", "no exposure")],
)
def test_missing_frames_are_named(tmp_path, name, message):
    """A missing file, a pattern without match and an empty folder are errors."""
    with pytest.raises(UsageError, match=message):
        expand_frames([str(tmp_path / name)])


def test_exposures_are_rates_that_cores_may_share(plan):
    """Counts become counts per second, so that no core divides shared arrays in place."""
    counts = dataclasses.replace(plan, scene="hrc-moffat")
    (exposure,) = gather(counts).exposures
    (raw,) = make_scene(load_scene("hrc-moffat")).exposures
    assert (raw.in_units, exposure.in_units) == ("counts", "cps")
    np.testing.assert_allclose(exposure.data, raw.data / raw.exptime, rtol=1e-6)


@pytest.mark.parametrize("key", ["target", "filter"])
def test_mixed_exposures_are_refused(exposures, key):
    """Exposures of two targets or filters are not combined unasked."""
    mixed = tuple(
        dataclasses.replace(exposure, origin={**exposure.origin, key: f"{key} {number // 2}"})
        for number, exposure in enumerate(exposures)
    )
    with pytest.raises(UsageError, match=f"differ in {key}: {key} 0 .*, {key} 1"):
        _check_same(mixed)
    _check_same(exposures)


def test_region_outside_is_refused(exposures):
    """A box at which no exposure looks is an error that says where they look."""
    outside = Region(name="there", kind="sky_box", sky=(161.9, 17.27, 5.0, 5.0))
    with pytest.raises(UsageError, match=r"no exposure looks there.*161\.7"):
        set_stage(exposures, 0.128, outside)


def test_region_is_cut_to_what_is_seen(exposures):
    """A box over the edge of the exposures counts only where one of them looks."""
    huge = Region(name="all", kind="sky_box", sky=(*SKY, 60.0, 60.0))
    stage = set_stage(exposures, 0.128, huge)
    assert 96**2 * 0.95 < np.count_nonzero(stage.mask) < 96**2 * 1.05


def test_exposures_without_common_sky_are_refused(exposures):
    """Without a common part there is no full coverage to measure in."""
    wcs = exposures[0].wcs.deepcopy()
    wcs.wcs.crval = [wcs.wcs.crval[0], wcs.wcs.crval[1] + 0.02]
    apart = (dataclasses.replace(exposures[0], wcs=wcs, name="other"), exposures[1])
    with pytest.raises(UsageError, match="no part of the sky is on all exposures"):
        set_stage(apart, 0.128, SweepPlan(scales=(), pixfracs=()).region)


def test_sky_that_no_pixel_sees_is_no_hole(exposures):
    """Reference pixels of all exposures leave the region; single bad pixels do not."""
    plain = set_stage(exposures, 0.128, SweepPlan(scales=(), pixfracs=()).region)
    blind = []
    for exposure in exposures:
        weight = exposure.weight_map.copy()
        weight[:12] = 0
        weight[60, 60] = 0
        blind.append(dataclasses.replace(exposure, weight_map=weight))
    stage = set_stage(blind, 0.128, SweepPlan(scales=(), pixfracs=()).region)
    assert plain.dark == 0
    assert 8 * 94 < stage.dark < 16 * 94
    x, y = np.rint(stage.exposures[0].pixmap[60, 60]).astype(int)
    y0, _, x0, _ = stage.box
    assert stage.mask[y - y0, x - x0]
