"""Stars and blank sky of a field, found once and used for every point of a sweep."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.metrics.survey import Sighting, survey_field
from harness.sweep.pieces import Box
from harness.sweep.stage import Stage

Floats = npt.NDArray[np.float64]

MOST_STARS = 12
"""Stars that are fitted, the brightest: the median is then known to a third of the scatter, and
the fits take less than a tenth of a core's time on full-size frames."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Field:
    """What was found in a field.

    Attributes
    ----------
    ra, dec : ndarray, (n,), float64
        Stars, brightest first, degrees.
    fwhm : float
        Of the stars on the sky, input pixel taken off in quadrature, arcsec; 0 without stars.
    sky : tuple of float or None
        (ra, dec, side) of a square of blank sky, degrees and arcsec.
    """

    ra: Floats
    dec: Floats
    fwhm: float
    sky: tuple[float, float, float] | None


def look(stage: Stage) -> Sighting:
    """Find stars and blank sky in the region of a stage, in its output pixels."""
    scale = stage.grid.pixel_scale
    return survey_field(stage.exposures, scale, stage.box, stage.mask, most=MOST_STARS)


def locate(stage: Stage, seen: Sighting) -> Field:
    """Return where on the sky that is.

    By the stage of the process that places it later: a WCS that was sent to another one is the same
    to roundoff only.
    """
    scale = stage.grid.pixel_scale
    ra, dec = stage.grid.wcs.wcs_pix2world(seen.x, seen.y, 0)
    sky = None
    if seen.sky is not None:
        x, y, side = seen.sky
        sky_ra, sky_dec = stage.grid.wcs.wcs_pix2world(np.array([x]), np.array([y]), 0)
        sky = (float(sky_ra[0]), float(sky_dec[0]), side * scale)
    return Field(ra=ra, dec=dec, fwhm=seen.fwhm * scale, sky=sky)


def survey(stage: Stage) -> Field:
    """Find stars and blank sky in the region of a stage."""
    return locate(stage, look(stage))


def place(stage: Stage, field: Field) -> Stage:
    """Return the stage with the stars and the blank sky of a field, in its output pixels."""
    x, y = stage.grid.wcs.wcs_world2pix(field.ra, field.dec, 0)
    return dataclasses.replace(
        stage, star_x=x, star_y=y, star_fwhm=field.fwhm, sky_box=_sky_box(stage, field)
    )


def _sky_box(stage: Stage, field: Field) -> Box | None:
    if field.sky is None:
        return None
    ra, dec, side = field.sky
    x, y = (float(value) for value in stage.grid.wcs.wcs_world2pix(ra, dec, 0))
    reach = max(1, round(side / stage.grid.pixel_scale / 2))
    ny, nx = stage.grid.shape
    box = (round(y) - reach, round(y) + reach, round(x) - reach, round(x) + reach)
    inside = box[0] >= 0 and box[2] >= 0 and box[1] <= ny and box[3] <= nx
    return box if inside else None
