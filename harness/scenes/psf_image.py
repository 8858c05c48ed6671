"""Images of point-spread functions in files, those that drizzlepac ships among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.errors import SceneError
from harness.scenes.psf import Array


def read_psf_image(path: Path) -> tuple[Array, float]:
    """Read an image PSF from a FITS file with a PIXSCALE keyword, such as Tiny Tim's.

    Parameters
    ----------
    path : Path
        The FITS file.

    Returns
    -------
    tuple
        The image, (ny, nx), float64, and its scale, arcsec.

    Raises
    ------
    SceneError
        If the file cannot be read or does not say its scale.
    """
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            data = next((hdu.data for hdu in hdus if getattr(hdu, "data", None) is not None), None)
            scale = hdus[0].header.get("PIXSCALE")
    except OSError as error:
        raise SceneError(
            f"cannot be read ({error})", where=str(path), remedy="Check the path"
        ) from error
    if data is None or data.ndim != 2 or not scale:
        raise SceneError(
            "is no PSF image",
            where=str(path),
            allowed="a two-dimensional image and PIXSCALE in arcsec in the first header",
        )
    return np.asarray(data, dtype=np.float64), float(scale)


def drizzlepac_psf_path(instrument: str, detector: str, filter_name: str) -> Path:
    """Return the Tiny Tim image that drizzlepac ships for a filter.

    Parameters
    ----------
    instrument, detector, filter_name : str
        Such as "WFC3", "IR", "F160W"; case does not count.

    Returns
    -------
    Path
        Of the FITS file inside the package.

    Raises
    ------
    SceneError
        If drizzlepac is not installed or has no such image.
    """
    from importlib.util import find_spec

    found = find_spec("drizzlepac")
    if found is None or not found.submodule_search_locations:
        raise SceneError(
            "drizzlepac is not installed", where="psf", remedy="Install it, or give an image"
        )
    parts = [part.lower() for part in (instrument, detector, filter_name)]
    root = Path(next(iter(found.submodule_search_locations))) / "pars" / "psfs"
    path = root / parts[0] / parts[1] / f"{'_'.join(parts)}.fits"
    if not path.is_file():
        raise SceneError(
            f"drizzlepac has no PSF for {' '.join(parts)}",
            where=str(root),
            remedy="Choose another filter, or a photutils model",
        )
    return path
