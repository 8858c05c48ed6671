"""Scenes as FITS files: _flt like HST's, which AstroDrizzle takes, or _cal like JWST's."""

from __future__ import annotations

import dataclasses
import io
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from harness.errors import SceneError
from harness.model import Exposure
from harness.scenes.detector import load_detector
from harness.scenes.expose import SceneExposures
from harness.scenes.headers import (
    Frame,
    cal_primary_header,
    cal_science_header,
    primary_header,
    science_header,
)
from harness.scenes.scene import Scene
from harness.scenes.stars import StarTruth

SUFFIXES = {"hst-flt": "flt", "jwst-cal": "cal"}
SAMPLES = 15
"""Reads of a WFC3/IR ramp, as its SAMP images count them."""


def write_exposures(made: SceneExposures, folder: Path) -> tuple[Exposure, ...]:
    """Write the exposures of a scene, all chips of one exposure in one file.

    The same scene gives the same bytes. A file appears under its name only when it is whole.
    `harness.frames.read_frame` reads the same pixels, weights (with the `bits` in
    `Exposure.origin`), exposure times and positions; files of WFC3 and ACS carry read noise, dark
    and sky too, and AstroDrizzle takes them with `updatewcs=False`.

    Parameters
    ----------
    made : SceneExposures
        As `make_scene` returned it.
    folder : Path
        Where the files go; made where it is not there. NAME_flt.fits or NAME_cal.fits, in the
        layout of the detector.

    Returns
    -------
    tuple of Exposure
        The exposures with `path` set, in the same order.

    Raises
    ------
    SceneError
        If the folder cannot be written.
    """
    grouped: dict[str, list[Exposure]] = {}
    for exposure in made.exposures:
        grouped.setdefault(exposure.name, []).append(exposure)
    paths = {
        name: write_frame(made.scene, number, chips, folder)
        for number, (name, chips) in enumerate(grouped.items())
    }
    return tuple(
        dataclasses.replace(exposure, path=paths[exposure.name]) for exposure in made.exposures
    )


def write_frame(scene: Scene, number: int, chips: Sequence[Exposure], folder: Path) -> Path:
    """Write all chips of one exposure of a scene; see `write_exposures`.

    Parameters
    ----------
    scene : Scene
    number : int
        Which exposure of its dither, from 0.
    chips : sequence of Exposure
        Of one name.
    folder : Path
        Made where it is not there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SceneError
        If the folder cannot be written.
    """
    from astropy.io import fits

    detector = load_detector(scene.detector)
    frame = Frame(
        scene=scene,
        detector=detector,
        number=number,
        chips=tuple(sorted(chips, key=lambda exposure: exposure.chip)),
        filename=f"{chips[0].name}_{SUFFIXES[detector.layout]}.fits",
    )
    units = _flt_units(frame) if detector.layout == "hst-flt" else _cal_units(frame)
    return _write(folder / frame.filename, fits.HDUList(units).writeto)


def write_truth(made: SceneExposures, folder: Path) -> Path:
    """Write the stars of a scene as an ECSV table, SCENE_truth.ecsv.

    Columns: ra, dec (deg), flux (electron/s), isolated; FWHM and sky are in the table's meta.

    Parameters
    ----------
    made : SceneExposures
        Of a scene.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SceneError
        If the folder cannot be written.
    """
    text = io.StringIO()
    _truth_table(made.truth).write(text, format="ascii.ecsv")
    content = text.getvalue().encode()
    return _write(folder / f"{made.scene.name}_truth.ecsv", lambda stream: stream.write(content))


def _truth_table(truth: StarTruth) -> Any:
    from astropy import units
    from astropy.table import Table

    return Table(
        {
            "ra": truth.ra * units.deg,
            "dec": truth.dec * units.deg,
            "flux": truth.flux * units.electron / units.s,
            "isolated": truth.isolated,
        },
        meta={"fwhm": float(truth.fwhm), "fwhm_unit": "arcsec", "sky": float(truth.sky)},
    )


def _flt_units(frame: Frame) -> list[Any]:
    from astropy.io import fits

    infrared = frame.detector.detector == "IR"
    units: list[Any] = []
    for exposure in frame.chips:
        chip = exposure.chip
        science = science_header(frame, exposure)
        units.append(fits.ImageHDU(exposure.data, header=science, name="SCI", ver=chip))
        units.append(fits.ImageHDU(_error(exposure), name="ERR", ver=chip))
        units.append(fits.ImageHDU(_dq(exposure).astype(np.int16), name="DQ", ver=chip))
        if infrared:
            shape = exposure.data.shape
            samples = np.full(shape, SAMPLES, np.int16)
            seconds = np.full(shape, exposure.exptime, np.float32)
            units.append(fits.ImageHDU(samples, name="SAMP", ver=chip))
            units.append(fits.ImageHDU(seconds, name="TIME", ver=chip))
    return [fits.PrimaryHDU(header=primary_header(frame, extensions=len(units))), *units]


def _cal_units(frame: Frame) -> list[Any]:
    from astropy.io import fits

    (exposure,) = frame.chips
    time = exposure.exptime if exposure.in_units == "cps" else 1.0
    total = np.square(_error(exposure), dtype=np.float64)
    readout = (exposure.read_noise / time) ** 2
    images = {
        "ERR": _error(exposure),
        "DQ": _dq(exposure),
        "VAR_POISSON": np.maximum(total - readout, 0.0).astype(np.float32),
        "VAR_RNOISE": np.full(total.shape, readout, np.float32),
    }
    units = [fits.ImageHDU(exposure.data, header=cal_science_header(exposure), name="SCI", ver=1)]
    units += [fits.ImageHDU(image, name=name, ver=1) for name, image in images.items()]
    return [fits.PrimaryHDU(header=cal_primary_header(frame, extensions=len(units))), *units]


def _error(exposure: Exposure) -> Any:
    return np.sqrt(exposure.variance[0])


def _dq(exposure: Exposure) -> Any:
    if exposure.dq is None:
        return np.zeros(exposure.data.shape, np.uint32)
    return exposure.dq


def _write(path: Path, write: Callable[[BinaryIO], object]) -> Path:
    """Write a file under another name, and rename it when it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                write(stream)
            # mkstemp lets only the owner read.
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SceneError(
            f"cannot be written ({error.strerror or error})",
            where=str(path),
            remedy="Name a folder in which you may write, with room left",
        ) from error
    return path
