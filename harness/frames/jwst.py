"""JWST calibrated exposures (_cal) with a FITS WCS in the header of SCI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.frames.chip import ChipFacts, ChipImages, ReadOptions, make_exposure
from harness.frames.fits_file import find_extension
from harness.frames.fits_values import read_exptime, read_image, read_text, read_wcs
from harness.frames.hst import read_dq
from harness.model import Exposure

VARIANCES = ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
SUFFIXES = ("_cal", "_rate", "_crf")


def read_cal(hdus: Any, path: Path, options: ReadOptions) -> tuple[Exposure, ...]:
    """Read a calibrated JWST exposure.

    The WCS is the FITS one in the header (TAN or TAN-SIP), not the GWCS in the ASDF extension.
    Gain and read noise are in reference files and not in the header: `variance` is ERR squared,
    VAR_POISSON, VAR_RNOISE and VAR_FLAT, and `origin` says so.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        The whole file.
    path : Path
        For messages and `Exposure.path`.
    options : ReadOptions
        What the caller settled.

    Returns
    -------
    tuple of Exposure
        One exposure, in "cps": DN/s, or MJy/sr, which is drizzled in the same way.

    Raises
    ------
    FrameError
        Naming the extension or key that is missing or wrong.
    """
    hdu = find_extension(hdus, "SCI", 1, path)
    primary, header = hdus[0].header, hdu.header
    science = read_image(hdu, path)
    shape = (science.shape[0], science.shape[1])
    present = {extension.name for extension in hdus}
    components = [name for name in VARIANCES if name in present]
    images = ChipImages(
        science=science,
        dq=read_dq(hdus, 1, path, shape),
        error=read_image(find_extension(hdus, "ERR", 1, path), path, shape=shape),
        variances=tuple(
            read_image(find_extension(hdus, name, 1, path), path, shape=shape)
            for name in components
        ),
        unit=read_text((header,), "BUNIT"),
    )
    where = f"{path}[SCI,1]"
    exptime = options.exptime or read_exptime(
        (header, primary), ("XPOSURE", "EFFEXPTM"), where=where
    )
    facts = ChipFacts(
        name=_root_of(read_text((primary,), "FILENAME") or path.name),
        chip=1,
        exptime=exptime,
        wcs=read_wcs(hdus, hdu, path),
        telescope="JWST",
        instrument=read_text((primary,), "INSTRUME"),
        detector=read_text((primary,), "DETECTOR"),
        origin={
            "program": read_text((primary,), "PROGRAM").lstrip("0"),
            "target": read_text((primary,), "TARGNAME"),
            "filter": _filter_of(primary),
            "calibration": read_text((primary,), "CAL_VER"),
            "variance": ", ".join(["ERR squared", *components]),
            "noise": "gain and read noise are not in the header",
        },
    )
    # Cores that read files (AstroDrizzle) read HST files only.
    return (make_exposure(images, facts, path, options, drizzlable=False),)


def _root_of(filename: str) -> str:
    stem = filename.split(".")[0]
    for suffix in SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem


def _filter_of(header: Any) -> str:
    names = [read_text((header,), key) for key in ("FILTER", "PUPIL")]
    return "+".join(name for name in names if name and name != "CLEAR")
