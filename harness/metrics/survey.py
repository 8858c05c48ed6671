"""Where on an output the stars and the blank sky of a field are, found without the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.metrics.field import (
    FIRST_WIDTH,
    add_up,
    find_background,
    find_blank_cell,
    find_stars,
    native_scale_of,
)
from harness.metrics.psf import FWHM_PER_BOXCAR
from harness.metrics.selection import Mask
from harness.metrics.stars import Floats, fit_stars
from harness.model import Exposure

NARROWEST = 0.25
"""Square of the FWHM in input pixels below which no star is taken to be."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sighting:
    """What was found on an output.

    Attributes
    ----------
    x, y : ndarray, (n,), float64
        Isolated stars, brightest first, output pixels.
    fwhm : float
        Of the stars, with the input pixel taken off in quadrature, output pixels; 0 without stars.
    background : float
        Level of the sky, in the unit of the data.
    sky : tuple of float or None
        (x, y, side) of a square of blank sky, output pixels.
    """

    x: Floats
    y: Floats
    fwhm: float
    background: float
    sky: tuple[float, float, float] | None


def survey_field(
    exposures: Sequence[Exposure],
    pixel_scale: float,
    box: tuple[int, int, int, int],
    mask: Mask,
    *,
    most: int,
) -> Sighting:
    """Find stars and blank sky in a region of the output.

    The exposures are added up on a grid of their own pixel scale, so that what is found does not
    hang on kernel, pixfrac or output scale.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on the output.
    pixel_scale : float
        Of the output, arcsec.
    box : tuple of int
        (y0, y1, x0, x1), half-open: the output pixels that hold the region.
    mask : ndarray, (y1 - y0, x1 - x0), bool
        The region, in the box.
    most : int
        How many stars are kept, from the brightest.

    Raises
    ------
    MetricError
        As `harness.metrics.stars.fit_stars`.
    """
    width = max(1.0, native_scale_of(exposures) / pixel_scale)
    image = add_up(exposures, box, width)
    good = np.isfinite(image)
    background, scatter = find_background(image[good])
    clear = np.where(good, image - background, 0.0)
    every_x, every_y = find_stars(clear, scatter)

    def on_output(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        return (x + 0.5) * width - 0.5 + box[2], (y + 0.5) * width - 0.5 + box[0]

    inside = _in_mask(mask, box, *on_output(every_x, every_y))
    x, y = every_x[inside][:most], every_y[inside][:most]
    fwhm = 0.0
    if x.size:
        fits = fit_stars(clear.astype(np.float32), x, y, fwhm=FIRST_WIDTH)
        if fits.good.any():
            x, y = np.where(fits.good, fits.x, x), np.where(fits.good, fits.y, y)
            seen = float(np.median(np.sqrt(np.abs(fits.x_fwhm * fits.y_fwhm))[fits.good]))
            # The input pixel, and the pixel into which it was dropped whole.
            boxes = 2 * FWHM_PER_BOXCAR**2
            fwhm = math.sqrt(max(seen**2 - boxes, NARROWEST)) * width
    sky = find_blank_cell(clear, good, every_x, every_y)
    if sky is not None:
        sky_x, sky_y = on_output(np.array([sky[0]]), np.array([sky[1]]))
        sky = (float(sky_x[0]), float(sky_y[0]), sky[2] * width)
    x, y = on_output(x, y)
    return Sighting(x=x, y=y, fwhm=fwhm, background=background, sky=sky)


def _in_mask(mask: Mask, box: tuple[int, int, int, int], x: Floats, y: Floats) -> Mask:
    column, row = np.rint(x - box[2]).astype(int), np.rint(y - box[0]).astype(int)
    ny, nx = mask.shape
    inside = (row >= 0) & (column >= 0) & (row < ny) & (column < nx)
    inside[inside] = mask[row[inside], column[inside]]
    return np.asarray(inside)
