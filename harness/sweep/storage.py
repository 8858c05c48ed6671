"""The record of a sweep on disk: versioned JSON, and its table as ECSV."""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import FixtureError
from harness.fixture_data import check_fixture
from harness.reading import check_version, read_json_object
from harness.sweep.record import SCHEMA, VERSION, Picture, SweepPoint, SweepRecord
from harness.writing import written_whole

STEPS = 65534
"""Steps of the range of a picture; the last uint16 stands for NaN."""
NOTHING = 65535
PACKING = 1
"""Level of zlib: the usual one takes four times as long to save a twentieth of the room."""
JSON_NAME, TABLE_NAME = "sweep.json", "sweep.ecsv"
UNITS = {"scale": "arcsec", "seconds": "s"}
KEPT = (
    "Make room, or name another folder with --out; points already in the journal of "
    "this folder are kept and are not run again"
)
"""What to do when the disk is full."""


def write_sweep(record: SweepRecord, path: Path) -> None:
    """Write a record as JSON; at every moment the old or the new one is there, whole.

    Raises
    ------
    UsageError
        If the folder cannot be written, or the disk is full.
    """
    plain = {"schema": SCHEMA, "version": VERSION, **record_to_plain(record)}
    with written_whole(path, KEPT) as part:
        part.write_text(json.dumps(plain, indent=1, allow_nan=False), encoding="utf-8")


def read_sweep(path: Path | str) -> SweepRecord:
    """Read a record.

    Raises
    ------
    FixtureError
        If the file is no record, one of another version, or a value in it is wrong.
    """
    path = Path(path)
    path = path / JSON_NAME if path.is_dir() else path
    plain = read_json_object(
        path, what="record of a sweep", remedy="Name sweep.json, or the folder that holds it"
    )
    again = "Read it with the release that wrote it, or run the sweep again"
    check_version(plain, SCHEMA, VERSION, where=str(path), remedy=again)
    del plain["schema"], plain["version"]
    pictures = tuple(unpack_picture(one, path) for one in plain.pop("pictures", []))
    record = check_fixture({**plain, "pictures": ()}, SweepRecord, where=str(path))
    return dataclasses.replace(record, pictures=pictures)


def record_to_plain(record: SweepRecord) -> dict[str, Any]:
    """Return a record as what JSON can hold; pictures are packed."""
    pictures = [pack_picture(picture) for picture in record.pictures]
    plain = to_plain(dataclasses.asdict(dataclasses.replace(record, pictures=())))
    return {**plain, "pictures": pictures}


def write_table(record: SweepRecord, path: Path) -> None:
    """Write the points as ECSV (astropy), one row a point, with units.

    Columns are named after the metrics with "_" for "."; what was not measured is masked, and
    columns ending in "_expected" and "_uncertainty" are there where any point has them.

    Raises
    ------
    UsageError
        If the folder cannot be written, or the disk is full.
    """
    with written_whole(path, KEPT) as part:
        make_table(record).write(part, format="ascii.ecsv", overwrite=True)


def make_table(record: SweepRecord) -> Any:
    """Return the points as an astropy table; see `write_table`."""
    from astropy.table import MaskedColumn, Table

    points = record.points
    table = Table(masked=True)
    for name in ("core", "kernel", "scale", "pixfrac", "state", "reason", "seconds"):
        values = [getattr(point, name) for point in points]
        table[name] = MaskedColumn(values, unit=UNITS.get(name))
    seen = {one.metric: one.unit for point in points for one in point.measurements}
    for metric, unit in seen.items():
        for suffix, name in (
            ("", "value"),
            ("_expected", "expected"),
            ("_uncertainty", "uncertainty"),
        ):
            found = [_value(point, metric, name) for point in points]
            if suffix and all(value is None for value in found):
                continue
            table[metric.replace(".", "_") + suffix] = MaskedColumn(
                [np.nan if value is None else value for value in found],
                mask=[value is None for value in found],
                unit=unit or None,
                dtype=np.float64,
            )
    table.meta["schema"] = f"{SCHEMA} {VERSION}"
    table.meta["request"] = to_plain(dataclasses.asdict(record.request))
    table.meta["environment"] = to_plain(dict(record.environment))
    table.meta["advice"] = record.advice.summary
    return table


def _value(point: SweepPoint, metric: str, name: str) -> float | None:
    for one in point.measurements:
        if one.metric == metric:
            value: float | None = getattr(one, name)
            return value
    return None


def pack_picture(picture: Picture) -> dict[str, Any]:
    """Return a picture with its pixels as 16-bit steps of their range, zlib and base64."""
    plain = {
        field.name: getattr(picture, field.name)
        for field in dataclasses.fields(picture)
        if field.name != "pixels"
    }
    finite = np.isfinite(picture.pixels)
    low, high = 0.0, 0.0
    if finite.any():
        low, high = float(picture.pixels[finite].min()), float(picture.pixels[finite].max())
    step = (high - low) / STEPS
    steps = np.full(picture.pixels.shape, NOTHING, dtype="<u2")
    if step > 0:
        steps[finite] = np.rint((picture.pixels[finite].astype(np.float64) - low) / step)
    else:
        steps[finite] = 0
    packed = base64.b64encode(zlib.compress(steps.tobytes(), PACKING)).decode("ascii")
    return {**plain, "shape": list(picture.pixels.shape), "low": low, "step": step, "data": packed}


def unpack_pixels(packed: dict[str, Any]) -> npt.NDArray[np.float32]:
    """Return the pixels of a packed picture.

    Returns
    -------
    ndarray, (ny, nx), float32
        As packed, rounded to what is kept.
    """
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), dtype="<u2")
    pixels = (packed["low"] + packed["step"] * steps.astype(np.float64)).astype(np.float32)
    pixels[steps == NOTHING] = np.nan
    shaped: npt.NDArray[np.float32] = pixels.reshape(packed["shape"])
    return shaped


def unpack_picture(packed: dict[str, Any], path: Path) -> Picture:
    """Return a packed picture.

    Raises
    ------
    FixtureError
        If it was changed or cut; the message names the file.
    """
    try:
        pixels = unpack_pixels(packed)
        plain = {k: v for k, v in packed.items() if k not in ("shape", "low", "step", "data")}
        return Picture(**{**plain, "corner": tuple(plain["corner"])}, pixels=pixels)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise FixtureError(
            f"a picture cannot be read ({error})",
            where=str(path),
            remedy="Run the sweep again; the file was changed or cut",
        ) from error


def to_plain(value: Any) -> Any:
    """Return a value as what JSON can hold; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
