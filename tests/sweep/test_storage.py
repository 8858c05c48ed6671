import dataclasses
import json

import numpy as np
import pytest
from astropy.table import Table

from harness.errors import FixtureError
from harness.sweep.record import Picture
from harness.sweep.run import run_sweep
from harness.sweep.storage import (
    pack_picture,
    read_sweep,
    record_to_plain,
    unpack_pixels,
    write_sweep,
)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory):
    """Return a folder for the one sweep of this file."""
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture
def record(plan, quietly, shared_folder):
    """Return a record that was made by a run; taken from its journal after the first time."""
    return run_sweep(plan, shared_folder, quietly)


def picture(pixels):
    """Return a picture of some pixels."""
    return Picture(
        role="hole_map", core="c", kernel="square", scale=1.0, pixfrac=0.5, pixels=pixels
    )


def test_record_survives_writing_and_reading(record, tmp_path):
    """Every field comes back; pictures within half a step of their range."""
    write_sweep(record, tmp_path / "sweep.json")
    again = read_sweep(tmp_path)
    assert len(record.pictures) == 15 - 5 * (record.advice.pixfrac in (0.1, 1.0))
    plain, plain_again = record_to_plain(record), record_to_plain(again)
    del plain["pictures"], plain_again["pictures"]
    assert plain_again == plain
    for one, other in zip(record.pictures, again.pictures, strict=True):
        assert (other.role, other.block, other.corner) == (one.role, one.block, one.corner)
        np.testing.assert_array_equal(np.isnan(other.pixels), np.isnan(one.pixels))


@pytest.mark.parametrize("spread", [1e-20, 1.0, 1e9])
def test_pictures_keep_their_pixels(spread):
    """Pixels come back within half a step, NaN as NaN, at any brightness."""
    pixels = np.random.default_rng(3).normal(1.0, 1.0, (13, 7)).astype(np.float32) * spread
    pixels = pixels.astype(np.float32)
    pixels[3, 2] = np.nan
    again = unpack_pixels(pack_picture(picture(pixels)))
    step = np.nanmax(pixels) / 65534 - np.nanmin(pixels) / 65534
    assert np.isnan(again[3, 2])
    assert np.count_nonzero(np.isnan(again)) == 1
    assert np.nanmax(np.abs(again - pixels)) <= 0.51 * step


@pytest.mark.parametrize("value", [np.nan, 0.0, 5.0])
def test_pictures_without_contrast(value):
    """A picture of one value, or of nothing, comes back as it was."""
    pixels = np.full((3, 4), value, dtype=np.float32)
    np.testing.assert_array_equal(unpack_pixels(pack_picture(picture(pixels))), pixels)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("version", 99, "version 1"),
        ("schema", "other", "schema and version"),
        ("points", [{"core": "x"}], "points"),
        ("unknown", 1, "unknown"),
    ],
)
def test_foreign_records_are_refused(record, tmp_path, key, value, message):
    """Another version, schema or content is an error that names file and key."""
    path = tmp_path / "sweep.json"
    write_sweep(record, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(FixtureError, match=message):
        read_sweep(path)


def test_cut_picture_is_refused(record, tmp_path):
    """A picture whose data were cut is told."""
    path = tmp_path / "sweep.json"
    write_sweep(record, path)
    plain = json.loads(path.read_text())
    plain["pictures"][0]["data"] = plain["pictures"][0]["data"][:20]
    path.write_text(json.dumps(plain))
    with pytest.raises(FixtureError, match="picture"):
        read_sweep(path)


def test_no_record_is_told(tmp_path):
    """A folder without a record is an error, not a traceback."""
    with pytest.raises(FixtureError, match="cannot be read as record of a sweep"):
        read_sweep(tmp_path)


def test_table_holds_units_and_masks(record, shared_folder):
    """The ECSV has one row a point, units, masked holes where nothing was measured, and meta."""
    table = Table.read(shared_folder / "sweep.ecsv")
    assert list(table["pixfrac"]) == [point.pixfrac for point in record.points]
    assert str(table["scale"].unit) == "arcsec"
    assert table.meta["request"]["source"] == "scene/no-dither"
    first = {one.metric: one.value for one in record.points[0].measurements}
    assert table["coverage_hole_fraction"][0] == first["coverage.hole_fraction"]
    assert first["noise.background"] is None
    assert table["noise_background"].mask.all()


def test_failed_points_are_in_the_table(record):
    """A point without measurements has its row, with state and reason."""
    from harness.sweep.storage import make_table

    lost = dataclasses.replace(record.points[1], state="crashed", reason="why", measurements=())
    table = make_table(
        dataclasses.replace(record, points=(record.points[0], lost, *record.points[2:]))
    )
    assert table["state"][1] == "crashed"
    assert table["reason"][1] == "why"
    assert table["coverage_hole_fraction"].mask.tolist() == [False, True, False, False, False]
