"""Read one file of a real frame, whatever instrument it comes from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import FrameError
from harness.frames.chip import ReadOptions
from harness.frames.fits_file import open_frame
from harness.frames.fits_values import read_image, read_text
from harness.frames.hst import read_blotted, read_dq, read_flt
from harness.frames.jwst import read_cal
from harness.model import Exposure, Pixels, Pixmap


def read_frame(
    path: Path | str,
    *,
    bits: int | None = None,
    exptime: float | None = None,
    pixels: Pixels | None = None,
    quality: Path | None = None,
    pixmap: Path | None = None,
    origin: Mapping[str, str] | None = None,
) -> tuple[Exposure, ...]:
    """Read an HST _flt, _flc or blotted image, or a JWST _cal, gzipped or not.

    Parameters
    ----------
    path : Path or str
        The file; what it is, is seen from its content.
    bits : int, optional
        Sum of the DQ bits that still count as good; `harness.frames.quality.default_bits`
        where not given. The value in use is in `Exposure.origin["bits"]`.
    exptime : float, optional
        Exposure time, s, where the header's is not that of this exposure.
    pixels : {"real", "derived"}, optional
        Seen from the file where not given: blotted images and images of whole numbers are
        derived.
    quality : Path, optional
        For a blotted image, the exposure whose DQ applies.
    pixmap : Path, optional
        FITS image of output positions, (ny, nx, 2), for a file with one science extension.
    origin : mapping, optional
        Provenance to add to `Exposure.origin`.

    Returns
    -------
    tuple of Exposure
        One for each science extension, with `weight_map` = exposure time where good, else 0
        (EXP weights). Pixels that are not finite are 0 with weight 0.

    Raises
    ------
    FrameError
        If the file is truncated, not FITS, has no WCS, an extension or a key too few, images of
        other dimensions, or no exposure time; the message names it.
    """
    path = Path(path)
    if exptime is not None and not exptime > 0:
        raise FrameError(
            f"exptime is {exptime}", where=str(path), allowed="a positive number of seconds"
        )
    options = ReadOptions(bits=bits, exptime=exptime, pixels=pixels, origin=origin or {})
    hdus = open_frame(path)
    extensions = {hdu.name for hdu in hdus}
    if read_text((hdus[0].header,), "TELESCOP") == "JWST":
        exposures = read_cal(hdus, path, options)
    elif "SCI" in extensions:
        exposures = read_flt(hdus, path, options)
    elif hdus[0].data is not None:
        exposures = (read_blotted(hdus, path, options, _quality_of(quality, hdus, path)),)
    else:
        raise FrameError(
            f"has no science image (extensions: {', '.join(sorted(extensions))})",
            where=str(path),
            allowed="extensions [SCI,n], or an image in the primary unit",
            remedy="Give a calibrated exposure (_flt, _flc or _cal)",
        )
    if pixmap is None:
        return exposures
    if len(exposures) != 1:
        raise FrameError(
            f"has {len(exposures)} science extensions",
            where=str(path),
            allowed="one, where a pixmap file is given",
        )
    return (dataclasses.replace(exposures[0], pixmap=read_pixmap(pixmap, exposures[0])),)


def read_pixmap(path: Path, exposure: Exposure) -> Pixmap:
    """Read a pixmap file for an exposure.

    Parameters
    ----------
    path : Path
        FITS with the pixmap in its primary unit: (ny, nx, 2), output (x, y), 0-based.
    exposure : Exposure
        Whose shape it must have.

    Returns
    -------
    ndarray, (ny, nx, 2), float64

    Raises
    ------
    FrameError
        If the file holds another shape.
    """
    image = open_frame(path)[0].data
    wanted = (*exposure.data.shape, 2)
    if image is None or image.shape != wanted:
        raise FrameError(
            f"holds {'no image' if image is None else image.shape}",
            where=str(path),
            allowed=f"a pixmap of shape {wanted}, as exposure {exposure.name} needs",
        )
    return np.ascontiguousarray(image, dtype=np.float64)


def _quality_of(quality: Path | None, hdus: Any, path: Path) -> Any:
    if quality is None:
        return None
    image = read_image(hdus[0], path)
    return read_dq(open_frame(quality, only="DQ"), 1, quality, (image.shape[0], image.shape[1]))
