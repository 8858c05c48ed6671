"""FITS files read whole into memory, with errors that name the file, extension and key."""

from __future__ import annotations

import gzip
import io
import math
import warnings
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from harness.errors import FrameError

GZIP = b"\x1f\x8b"
UNUSED = frozenset({"SAMP", "TIME", "AREA", "WAVELENGTH", "PATHLOSS_PS", "PATHLOSS_UN", "ASDF"})
"""Extensions of HST's and JWST's exposures of which no exposure here has anything."""
PLACE = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")
"""Keys without which an image is nowhere on the sky."""
MATRIX = ("CD1_1", "CD1_2", "CD2_1", "CD2_2", "PC1_1", "PC1_2", "PC2_1", "PC2_2",
          "CDELT1", "CDELT2")  # fmt: skip
FETCH_AGAIN = "Replace the file by an intact copy"


def open_frame(path: Path, *, only: str = "") -> Any:
    """Read a FITS file, gzipped or not: all headers, and the pixels that anybody asks for.

    Parameters
    ----------
    path : Path
        The file.
    only : str, optional
        Name of the extensions whose pixels are wanted; all but those in `UNUSED` where not given.

    Returns
    -------
    astropy.io.fits.HDUList
        Detached from the file; what was not wanted has no pixels.

    Raises
    ------
    FrameError
        If the file is missing, not FITS, or shorter than its headers say.
    """
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyDeprecationWarning, AstropyUserWarning

    if not path.is_file():
        raise FrameError("is not there", where=str(path), remedy="Check the path")
    with warnings.catch_warnings():
        # astropy only warns of missing bytes and would hand out what is left.
        for message in ("File may have been truncated", "Error validating header"):
            warnings.filterwarnings("error", message, AstropyUserWarning)
        # Up to 7.1 astropy calls what it deprecates when it words the error of a damaged file.
        warnings.filterwarnings("ignore", "The indent function", AstropyDeprecationWarning)
        try:
            # astropy leaves a file open that it opened by name and could not read.
            with (
                _open_bytes(path) as stream,
                fits.open(stream, memmap=False, lazy_load_hdus=False) as hdus,
            ):
                for hdu in hdus:
                    if hdu.name == only if only else hdu.name not in UNUSED:
                        _ = hdu.data
                return hdus
        except PermissionError as error:
            raise FrameError(
                "cannot be read (permission denied)", where=str(path), remedy="Change its mode"
            ) from error
        except (AstropyUserWarning, EOFError, zlib.error, TypeError) as error:
            raise FrameError(
                f"is truncated or damaged ({_first_line(error)})",
                where=str(path),
                remedy=FETCH_AGAIN,
            ) from error
        except (OSError, ValueError, KeyError, IndexError, fits.VerifyError) as error:
            raise FrameError(
                f"is not a FITS file that can be read ({_first_line(error)})",
                where=str(path),
                allowed="FITS, or gzipped FITS",
                remedy=FETCH_AGAIN,
            ) from error


def _open_bytes(path: Path) -> BinaryIO:
    """Open a file, gunzipped where it is gzipped."""
    with path.open("rb") as stream:
        if stream.read(2) != GZIP:
            return path.open("rb")
        # astropy takes the end of a cut gzip stream for the end of the FITS file.
        stream.seek(0)
        return io.BytesIO(gzip.decompress(stream.read()))


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__


def find_extension(hdus: Any, name: str, version: int, path: Path) -> Any:
    """Return one extension.

    Raises
    ------
    FrameError
        If it is not there; the message lists those that are.
    """
    for hdu in hdus:
        if hdu.name == name and hdu.ver == version:
            return hdu
    present = ", ".join(f"{hdu.name},{hdu.ver}" for hdu in hdus)
    raise FrameError(
        f"has no extension [{name},{version}]",
        where=str(path),
        allowed=f"exposures with SCI, ERR and DQ (this file has {present})",
        remedy="Give a calibrated exposure (_flt, _flc or _cal)",
    )


def read_image(
    hdu: Any, path: Path, *, shape: tuple[int, int] | None = None
) -> npt.NDArray[np.generic]:
    """Return the two-dimensional image of an extension.

    An extension without pixels but with NPIX1, NPIX2 and PIXVALUE is a constant image, as the
    HST pipelines write it.

    Parameters
    ----------
    hdu : astropy HDU
        The extension.
    path : Path
        For messages.
    shape : tuple of int, optional
        (ny, nx) that it must have.

    Returns
    -------
    ndarray, (ny, nx)
        Of the type in the file.

    Raises
    ------
    FrameError
        If there is no image, or it has other dimensions.
    """
    where = f"{path}[{hdu.name},{hdu.ver}]"
    image = hdu.data
    header = hdu.header
    if image is None and {"NPIX1", "NPIX2", "PIXVALUE"} <= set(header):
        value = np.asarray(header["PIXVALUE"])
        kind = np.float32 if value.dtype.kind == "f" else np.int32
        image = np.full((header["NPIX2"], header["NPIX1"]), value, dtype=kind)
    if image is None or image.dtype.names is not None:
        raise FrameError("holds no image", where=where, remedy=FETCH_AGAIN)
    if image.ndim != 2 or 0 in image.shape:
        raise FrameError(
            f"has {image.ndim} dimensions, {image.shape}",
            where=where,
            allowed="two dimensions (ny, nx)",
            remedy="Give single exposures, not cubes of integrations",
        )
    if shape is not None and image.shape != shape:
        raise FrameError(
            f"has {image.shape[0]}x{image.shape[1]} pixels",
            where=where,
            allowed=f"{shape[0]}x{shape[1]}, as the science image",
            remedy=FETCH_AGAIN,
        )
    return np.asarray(image)


def read_number(
    headers: tuple[Any, ...], key: str, *, where: str, default: float | None = None
) -> float:
    """Return the first finite number that one of the headers has under `key`.

    Raises
    ------
    FrameError
        If none has the key and there is no default, or if its value is not a finite number.
    """
    for header in headers:
        value = header.get(key)
        # A card without a value says no more than no card.
        if value is None or type(value).__name__ == "Undefined":
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        raise FrameError(f"key {key} has {value!r}", where=where, allowed="a finite number")
    if default is not None:
        return default
    raise FrameError(f"has no {key}", where=where, remedy="Add the key to the header")


def read_text(headers: tuple[Any, ...], key: str) -> str:
    """Return the first text that one of the headers has under `key`, "" for none."""
    for header in headers:
        if key in header and str(header[key]).strip():
            return str(header[key]).strip()
    return ""


def read_exptime(headers: tuple[Any, ...], keys: tuple[str, ...], *, where: str) -> float:
    """Return the exposure time, s, from the first of `keys` that any header has.

    Raises
    ------
    FrameError
        If no header has any, or the time is not positive.
    """
    for key in keys:
        if any(key in header for header in headers):
            seconds = read_number(headers, key, where=where)
            if seconds > 0:
                return seconds
            raise FrameError(
                f"key {key} has {seconds:g} s",
                where=where,
                allowed="an exposure time above 0 s",
                remedy="Leave this exposure out",
            )
    raise FrameError(
        f"has none of {', '.join(keys)}", where=where, remedy="Add the exposure time to the header"
    )


def read_wcs(hdus: Any, hdu: Any, path: Path) -> Any:
    """Return the celestial WCS of an image, distortion and lookup tables included.

    Raises
    ------
    FrameError
        If there is none, or it is singular.
    """
    from astropy.wcs import WCS, FITSFixedWarning, WcsError

    where = f"{path}[{hdu.name},{hdu.ver}]"
    _check_numbers(hdu.header, where)
    with warnings.catch_warnings():
        # Dates and observatory positions written in old ways; the coordinates do not change.
        warnings.simplefilter("ignore", FITSFixedWarning)
        try:
            wcs = WCS(hdu.header, hdus)
            wcs.wcs.set()
            determinant = float(np.linalg.det(wcs.pixel_scale_matrix))
        except (WcsError, ValueError, KeyError, IndexError, TypeError, AssertionError) as error:
            raise FrameError(
                f"has a WCS that cannot be used ({_first_line(error)})",
                where=where,
                remedy="Recreate it, for HST with stwcs.updatewcs",
            ) from error
    if not wcs.has_celestial:
        raise FrameError(
            f"has no celestial WCS (CTYPE is {tuple(wcs.wcs.ctype)})",
            where=where,
            allowed="CTYPE, CRVAL, CRPIX and a CD or PC matrix of a sky projection",
            remedy="Give a calibrated exposure, or pass data and a pixmap instead of a file",
        )
    if not abs(determinant) > 0:
        raise FrameError(
            "has a WCS that cannot be used (its CD matrix is singular)",
            where=where,
            remedy="Recreate it, for HST with stwcs.updatewcs",
        )
    return wcs


def _check_numbers(header: Any, where: str) -> None:
    """Refuse a header of a sky image whose place on the sky is missing or no finite number.

    astropy takes 0 for a key that is not there, and for what it cannot read as a number.
    """
    from astropy.io.fits.verify import VerifyError

    if "CTYPE1" not in header:
        return  # told as a WCS that is not there at all
    for key in (*PLACE, *MATRIX):
        if key not in header:
            if key in MATRIX:
                continue
            found = f"has no key {key} in its WCS"
        else:
            try:
                value = header[key]
            except VerifyError:
                value = "unreadable"
            if isinstance(value, int | float) and math.isfinite(value):
                continue
            found = f"key {key} of the WCS is {value}"
        raise FrameError(
            found,
            where=where,
            allowed="a finite number",
            remedy="Recreate the WCS, for HST with stwcs.updatewcs, or leave this exposure out",
        )
