"""Stars and blank sky of a field, found once and used for every point of a sweep."""

from __future__ import annotations

import dataclasses
import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.metrics.psf import FWHM_PER_BOXCAR
from harness.metrics.stars import fit_stars
from harness.model import Exposure
from harness.sweep.stage import Box, Stage

Floats = npt.NDArray[np.float64]

FIRST_WIDTH = 2.0
"""FWHM for the search, input pixels: detectors of HST and JWST sample between one and three."""
THRESHOLD = 10.0
"""Above the background, in standard deviations: widths of fainter stars are all noise."""
FAINTEST = 0.002
"""Of the brightest pixel; in a field without noise the only limit."""
SEPARATION = 8.0
"""Input pixels to the next detection, so that a stamp of three FWHM holds one star."""
MOST_STARS = 12
"""Stars that are fitted, the brightest: the median is then known to a third of the scatter, and
the fits take less than a tenth of a core's time on full-size frames."""
SKY_CELL = 48
"""Input pixels a side of the cells among which blank sky is sought."""
FEWEST_GOOD = 0.98
"""Share of the pixels of a cell that must have weight."""


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


def add_up(stage: Stage) -> tuple[Floats, float]:
    """Add the exposures up on a grid of their own pixel scale, each pixel where its centre falls.

    Returns
    -------
    tuple of ndarray, (ny, nx), float64, and float
        The weighted mean, NaN without weight, over the box of the region; and how many output
        pixels of the stage one of its pixels is wide.
    """
    y0, y1, x0, x1 = stage.box
    width = max(1.0, native_scale_of(stage.exposures) / stage.grid.pixel_scale)
    shape = math.ceil((y1 - y0) / width), math.ceil((x1 - x0) / width)
    total, weight = np.zeros(shape[0] * shape[1]), np.zeros(shape[0] * shape[1])
    for exposure in stage.exposures:
        assert exposure.pixmap is not None  # noqa: S101 - the stage has set it
        x = np.floor((exposure.pixmap[..., 0] + 0.5 - x0) / width)
        y = np.floor((exposure.pixmap[..., 1] + 0.5 - y0) / width)
        use = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0]) & (exposure.weight_map > 0)
        index = (y[use] * shape[1] + x[use]).astype(np.int64)
        given = exposure.weight_map[use].astype(np.float64)
        total += np.bincount(index, given * exposure.data[use], minlength=total.size)
        weight += np.bincount(index, given, minlength=weight.size)
    mean = np.divide(total, weight, out=np.full(total.size, np.nan), where=weight > 0)
    return mean.reshape(shape), width


def native_scale_of(exposures: tuple[Exposure, ...]) -> float:
    """Return the median pixel scale of the exposures, arcsec."""
    return float(np.median([exposure.pixel_scale for exposure in exposures]))


def survey(stage: Stage) -> Field:
    """Find stars and blank sky in the region of a stage."""
    image, width = add_up(stage)
    good = np.isfinite(image)
    background, scatter = _background(image[good])
    clear = np.where(good, image - background, 0.0)
    x, y = _find(clear, scatter)
    fwhm = 0.0
    x_out, y_out = _to_output(stage, x, y, width)
    inside = _in_mask(stage, x_out, y_out)
    every_x, every_y = x, y
    x, y = x[inside][:MOST_STARS], y[inside][:MOST_STARS]
    if x.size:
        fits = fit_stars(clear.astype(np.float32), x, y, fwhm=FIRST_WIDTH)
        if fits.good.any():
            x, y = np.where(fits.good, fits.x, x), np.where(fits.good, fits.y, y)
            seen = float(np.median(np.sqrt(np.abs(fits.x_fwhm * fits.y_fwhm))[fits.good]))
            # The input pixel, and the pixel into which it was dropped whole.
            boxes = 2 * FWHM_PER_BOXCAR**2
            fwhm = math.sqrt(max(seen**2 - boxes, 0.25)) * width * stage.grid.pixel_scale
    x_out, y_out = _to_output(stage, x, y, width)
    ra, dec = stage.grid.wcs.wcs_pix2world(x_out, y_out, 0)
    sky = _blank(clear, good, every_x, every_y)
    if sky is not None:
        sx, sy = _to_output(stage, np.array([sky[0]]), np.array([sky[1]]), width)
        sky_ra, sky_dec = stage.grid.wcs.wcs_pix2world(sx, sy, 0)
        side = sky[2] * width * stage.grid.pixel_scale
        sky = (float(sky_ra[0]), float(sky_dec[0]), side)
    return Field(ra=ra, dec=dec, fwhm=fwhm, sky=sky)


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


def _background(values: Floats) -> tuple[float, float]:
    from astropy.stats import sigma_clipped_stats

    if not values.size:
        return 0.0, 0.0
    _, median, scatter = sigma_clipped_stats(values, sigma=3.0, maxiters=5)
    return float(median), float(scatter)


def _find(clear: Floats, scatter: float) -> tuple[Floats, Floats]:
    """Return isolated stars (x, y), brightest first."""
    from photutils.detection import DAOStarFinder
    from scipy.spatial import cKDTree

    nothing = np.empty(0), np.empty(0)
    peak = float(clear.max(initial=0.0))
    threshold = max(THRESHOLD * scatter, FAINTEST * peak)
    if not threshold > 0 or min(clear.shape) < 8:
        return nothing
    with warnings.catch_warnings():
        # That nothing was found shows in the result.
        warnings.simplefilter("ignore")
        table = DAOStarFinder(threshold, fwhm=FIRST_WIDTH)(clear)
    if table is None or not len(table):
        return nothing
    names = ("x_centroid", "y_centroid")
    x, y = (np.asarray(table[n if n in table.colnames else n.replace("_", "")]) for n in names)
    order = np.argsort(-np.asarray(table["flux"]), kind="stable")
    x, y = x[order], y[order]
    if x.size > 1:
        distance = cKDTree(np.column_stack([x, y])).query(np.column_stack([x, y]), k=2)[0][:, 1]
        # The brightest star of a field that has only companions is better than none.
        alone = distance > SEPARATION
        x, y = (x[alone], y[alone]) if alone.any() else (x[:1], y[:1])
    return x.astype(np.float64), y.astype(np.float64)


def _blank(
    clear: Floats, good: npt.NDArray[np.bool_], x: Floats, y: Floats
) -> tuple[float, float, float] | None:
    """Return centre (x, y) and side of the quietest cell of sky, or None where there is none.

    Quiet is a small variance of sums over four by four pixels: faint stars and gradients raise
    it before they raise that of single pixels.
    """
    cell = min(SKY_CELL, min(clear.shape) // 3)
    if cell < 8:
        return None
    best, where = math.inf, None
    for top in range(0, clear.shape[0] - cell + 1, cell):
        for left in range(0, clear.shape[1] - cell + 1, cell):
            part = slice(top, top + cell), slice(left, left + cell)
            near = (np.abs(x - left - cell / 2) < cell / 2 + 4) & (
                np.abs(y - top - cell / 2) < cell / 2 + 4
            )
            if good[part].mean() < FEWEST_GOOD or near.any():
                continue
            whole = cell // 4 * 4
            sums = (
                clear[part][:whole, :whole].reshape(whole // 4, 4, whole // 4, 4).sum(axis=(1, 3))
            )
            roughness = float(sums.var())
            if 0 < roughness < best:
                best, where = roughness, (left + cell / 2 - 0.5, top + cell / 2 - 0.5, float(cell))
    return where


def _to_output(stage: Stage, x: Floats, y: Floats, width: float) -> tuple[Floats, Floats]:
    y0, _, x0, _ = stage.box
    return (x + 0.5) * width - 0.5 + x0, (y + 0.5) * width - 0.5 + y0


def _in_mask(stage: Stage, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    y0, _, x0, _ = stage.box
    column, row = np.rint(x - x0).astype(int), np.rint(y - y0).astype(int)
    ny, nx = stage.mask.shape
    inside = (row >= 0) & (column >= 0) & (row < ny) & (column < nx)
    inside[inside] = stage.mask[row[inside], column[inside]]
    return np.asarray(inside)
