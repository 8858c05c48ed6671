"""FITS files of frames, opened so that what is wrong is told by file and extension."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from harness.errors import FrameError

GZIP = b"\x1f\x8b"
UNUSED = frozenset({"SAMP", "TIME", "AREA", "WAVELENGTH", "PATHLOSS_PS", "PATHLOSS_UN", "ASDF"})
"""Extensions of HST's and JWST's exposures of which no exposure here has anything."""
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
                f"is truncated or damaged ({first_line(error)})",
                where=str(path),
                remedy=FETCH_AGAIN,
            ) from error
        except (OSError, ValueError, KeyError, IndexError, fits.VerifyError) as error:
            raise FrameError(
                f"is not a FITS file that can be read ({first_line(error)})",
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


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
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
