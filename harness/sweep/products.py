"""Drizzled products as FITS files that say how they were made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.model import DrizzledProduct
from harness.sweep.plan import Point
from harness.sweep.stage import Stage
from harness.sweep.storage import KEPT
from harness.writing import written_whole

LONGEST_NAMES = 999
"""Exposures that are listed by key, one each."""


def write_product(folder: Path, point: Point, stage: Stage, product: DrizzledProduct) -> Path:
    """Write science, weight and context image of a point; whole or not at all.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    point : Point
    stage : Stage
    product : DrizzledProduct

    Returns
    -------
    Path
        `folder/CORE-KERNEL-SCALE-PIXFRAC_drz.fits`, with extensions SCI, WHT and CTX.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    from astropy.io import fits

    wcs = stage.grid.wcs.to_header()
    primary = fits.PrimaryHDU(header=_provenance(point, stage, product))
    hdus = [
        primary,
        fits.ImageHDU(product.sci, header=wcs.copy(), name="SCI"),
        fits.ImageHDU(product.wht, header=wcs.copy(), name="WHT"),
    ]
    if product.ctx is not None:
        hdus.append(fits.ImageHDU(product.ctx, header=wcs.copy(), name="CTX"))
    path = folder / f"{point.label.replace('/', '_')}_drz.fits"
    with written_whole(path, KEPT) as part:
        fits.HDUList(hdus).writeto(part, overwrite=True, checksum=True)
    return path


def _provenance(point: Point, stage: Stage, product: DrizzledProduct) -> Any:
    from astropy.io import fits

    header = fits.Header()
    told = product.provenance
    header["ORIGIN"] = (f"drizzle-harness {__version__}", "what wrote this file")
    header["DATE"] = (datetime.now(UTC).isoformat(timespec="seconds"), "when, UTC")
    header["DRZCORE"] = (str(told["core"]), "drizzle core")
    header["DRZVER"] = (str(told["version"]), "its version")
    header["KERNEL"] = (point.kernel, "drizzle kernel")
    header["PIXFRAC"] = (point.pixfrac, "drop over input pixel")
    header["PIXSCALE"] = (point.scale, "[arcsec] output pixel")
    header["WHT_TYPE"] = (str(told["weighting"]), "weighting")
    header["BUNIT"] = (stage.exposures[0].origin.get("unit", "ELECTRONS/S"), "per input pixel area")
    header["EXPTIME"] = (sum(_times(stage).values()), "[s] sum over exposures")
    header["NDRIZIM"] = (len(stage.exposures), "chips combined")
    header["PIXELS"] = (stage.exposures[0].pixels, "synthetic, real or derived")
    for number, exposure in enumerate(stage.exposures[:LONGEST_NAMES], start=1):
        header[f"INPUT{number:03d}"] = f"{exposure.name}[{exposure.chip}]"
    return header


def _times(stage: Stage) -> dict[str, float]:
    return {exposure.name: exposure.exptime for exposure in stage.exposures}
