"""HST calibrated exposures (_flt, _flc) and images blotted back to them (_blt)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import FrameError
from harness.frames.chip import ChipFacts, ChipImages, ReadOptions, make_exposure
from harness.frames.fits_file import find_extension
from harness.frames.fits_values import read_exptime, read_image, read_number, read_text, read_wcs
from harness.frames.quality import unsigned_dq
from harness.model import DQImage, Exposure

ELECTRON_UNITS = ("ELECTRONS", "ELECTRONS/S", "ELECTRONS/SEC")


def read_flt(hdus: Any, path: Path, options: ReadOptions) -> tuple[Exposure, ...]:
    """Read every science extension of a calibrated exposure.

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
        In the order of EXTVER. Chips of one exposure share EXPNAME; the image sets of a STIS
        association are exposures of their own, each with its own EXPTIME.

    Raises
    ------
    FrameError
        Naming the extension or key that is missing or wrong.
    """
    versions = sorted(hdu.ver for hdu in hdus if hdu.name == "SCI")
    return tuple(_read_chip(hdus, version, path, options) for version in versions)


def read_dq(hdus: Any, version: int, path: Path, shape: tuple[int, int]) -> DQImage:
    """Return the DQ image of one chip as uint32.

    Parameters
    ----------
    hdus : HDUList
        The opened file.
    version : int
        EXTVER of the chip.
    path : Path
        For messages.
    shape : tuple of int
        (ny, nx) that it must have.

    Returns
    -------
    ndarray, (ny, nx), uint32
        Bits as in the file.

    Raises
    ------
    FrameError
        If it is missing, of another shape, or not of whole numbers.
    """
    extension = find_extension(hdus, "DQ", version, path)
    image = read_image(extension, path, shape=shape)
    if image.dtype.kind not in "iu":
        raise FrameError(
            f"has values of type {image.dtype.name}",
            where=f"{path}[DQ,{version}]",
            allowed="whole numbers, whose bits are flags",
        )
    return unsigned_dq(image)


def _read_chip(hdus: Any, version: int, path: Path, options: ReadOptions) -> Exposure:
    science_hdu = find_extension(hdus, "SCI", version, path)
    science = read_image(science_hdu, path)
    shape = (science.shape[0], science.shape[1])
    error = read_image(find_extension(hdus, "ERR", version, path), path, shape=shape)
    # Pipelines write whole numbers or one constant where there is no error estimate.
    has_error = error.dtype.kind == "f" and bool(error.any())
    images = ChipImages(
        science=science,
        dq=read_dq(hdus, version, path, shape),
        error=error if has_error else None,
        variances=(),
        unit=read_text((science_hdu.header,), "BUNIT"),
    )
    facts = _facts(hdus, science_hdu, version, path, options, unit=images.unit)
    return make_exposure(images, facts, path, options, drizzlable=path.suffix == ".fits")


def read_blotted(hdus: Any, path: Path, options: ReadOptions, dq: DQImage | None) -> Exposure:
    """Read an image that AstroDrizzle blotted back to the geometry of an exposure.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        With the image and its header in the primary unit.
    path, options :
        As for `read_flt`.
    dq : ndarray, (ny, nx), uint32, or None
        Data quality of the exposure; None where every pixel counts.

    Returns
    -------
    Exposure
        Always labelled "derived", without `path`: no core takes such a file as an exposure.

    Raises
    ------
    FrameError
        If the shapes differ, or the unit is not known.
    """
    hdu = hdus[0]
    science = read_image(hdu, path)
    if dq is not None and dq.shape != science.shape:
        raise FrameError(
            f"has {science.shape[0]}x{science.shape[1]} pixels",
            where=str(path),
            allowed=f"{dq.shape[0]}x{dq.shape[1]}, as its DQ image",
        )
    unit = read_text((hdu.header,), "BUNIT")
    images = ChipImages(science=science, dq=dq, error=None, variances=(), unit=unit)
    facts = _facts(hdus, hdu, 1, path, options, unit=unit, pixels="derived")
    return make_exposure(images, facts, path, options, drizzlable=False)


def _facts(
    hdus: Any,
    hdu: Any,
    version: int,
    path: Path,
    options: ReadOptions,
    *,
    unit: str,
    pixels: Any = None,
) -> ChipFacts:
    primary, header = hdus[0].header, hdu.header
    both = (header, primary)
    where = f"{path}[{hdu.name},{version}]"
    exptime = options.exptime or read_exptime(both, ("EXPTIME",), where=where)
    amplifier_gain = _amplifier_mean(
        primary, "ATODGN", where, read_number((primary,), "ATODGAIN", where=where, default=1.0)
    )
    gain = 1.0 if unit.upper() in ELECTRON_UNITS else amplifier_gain
    sky = read_number((header,), "MDRIZSKY", where=where, default=0.0) * gain
    per_second = "/S" in unit.upper()
    return ChipFacts(
        name=read_text(both, "EXPNAME") or read_text(both, "ROOTNAME") or path.name.split("_")[0],
        chip=version,
        exptime=exptime,
        wcs=read_wcs(hdus, hdu, path),
        telescope=read_text((primary,), "TELESCOP"),
        instrument=read_text((primary,), "INSTRUME"),
        detector=read_text((primary,), "DETECTOR"),
        origin={
            "program": read_text((primary,), "PROPOSID"),
            "target": read_text((primary,), "TARGNAME"),
            "filter": filter_of(primary),
            "calibration": read_text((primary,), "CAL_VER"),
            "amplifier_gain": f"{amplifier_gain:g}",
            "sky": "MDRIZSKY" if "MDRIZSKY" in header else "not in the header",
        },
        read_noise=_amplifier_mean(
            primary, "READNSE", where, read_number((primary,), "READNSE", where=where, default=0.0)
        ),
        sky=sky if per_second else sky / exptime,
        gain=gain,
        # AstroDrizzle takes MEANDARK as the electrons of the whole exposure.
        dark=read_number((header,), "MEANDARK", where=where, default=0.0) / exptime,
        # Calibrated HST images are float32; whole numbers were made from them later.
        pixels=pixels or ("real" if hdu.data.dtype.kind == "f" else "derived"),
    )


def _amplifier_mean(header: Any, stem: str, where: str, otherwise: float) -> float:
    """Return the mean of a key over the amplifiers in use (their values are not zero)."""
    values = [
        read_number((header,), f"{stem}{amplifier}", where=where, default=0.0)
        for amplifier in "ABCD"
    ]
    used = [value for value in values if value > 0]
    return sum(used) / len(used) if used else otherwise


def filter_of(header: Any) -> str:
    """Return the filters in the beam, joined by "+"."""
    names = [read_text((header,), key) for key in ("FILTER", "FILTER1", "FILTER2")]
    return "+".join(name for name in names if name and not name.startswith("CLEAR")) or "clear"
