"""What a frame holds, read and checked: images, numbers, texts, times, WCS."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import FrameError
from harness.frames.fits_file import FETCH_AGAIN, first_line

PLACE = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")
"""Keys without which an image is nowhere on the sky."""
MATRIX = ("CD1_1", "CD1_2", "CD2_1", "CD2_2", "PC1_1", "PC1_2", "PC2_1", "PC2_2",
          "CDELT1", "CDELT2")  # fmt: skip


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
                f"has a WCS that cannot be used ({first_line(error)})",
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
