"""One point of a sweep: drizzle, and measure where the pixels are."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from harness.cores.call import run_core
from harness.cores.registry import load_core
from harness.errors import HarnessError, UnsupportedCaseError
from harness.metrics.coverage import measure_coverage
from harness.metrics.field import native_scale_of
from harness.metrics.noise import (
    BACKGROUND,
    CORRELATION,
    flatten_sky,
    measure_background,
    measure_noise_correlation,
)
from harness.metrics.psf import ELLIPTICITY, FEWEST, FWHM, MEDIAN_ERROR, quadrature_fwhm
from harness.metrics.selection import unmeasured
from harness.metrics.stars import StarFits, fit_stars
from harness.metrics.weight import measure_weight_uniformity
from harness.model import DrizzledProduct, DrizzleParams, Measurement, Weighting
from harness.sweep.pictures import find_histogram, make_pictures
from harness.sweep.plan import Point
from harness.sweep.predict import BLOCK
from harness.sweep.record import Histogram, Picture, PointState
from harness.sweep.stage import Stage


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PointFigures:
    """What one point gave, but for its pictures; see `harness.sweep.record.SweepPoint`.

    `measuring` is the seconds spent after the core was done, `version` the core's.
    """

    number: int
    state: PointState
    reason: str = ""
    seconds: float = 0.0
    measuring: float = 0.0
    version: str = ""
    measurements: tuple[Measurement, ...] = ()
    histogram: Histogram | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PointResult(PointFigures):
    """What one point gave.

    Attributes
    ----------
    pictures : tuple of Picture
        Close-ups and the whole frame.
    """

    pictures: tuple[Picture, ...] = ()


def run_point(
    stage: Stage,
    point: Point,
    weighting: Weighting,
    *,
    keep: Callable[[Point, Stage, DrizzledProduct], None] | None = None,
) -> PointResult:
    """Drizzle one point and measure it; whatever the core raises becomes its state.

    Parameters
    ----------
    stage : Stage
    point : Point
    weighting : str
    keep : callable, optional
        Gets the product, to write it.
    """
    params = DrizzleParams(
        kernel=point.kernel,
        pixfrac=point.pixfrac,
        grid=stage.grid,
        weighting=weighting,
        bits=int(stage.exposures[0].origin.get("bits", "0")),
    )
    try:
        core = load_core(point.core, lean=True)
        # Nobody can write to shared arrays, so nothing need be compared afterwards.
        product = run_core(core, stage.exposures, params, check_inputs=False)
    except UnsupportedCaseError as error:
        return PointResult(number=point.number, state="not_applicable", reason=str(error))
    except (HarnessError, MemoryError) as error:
        return PointResult(number=point.number, state="failed", reason=str(error) or repr(error))
    start = perf_counter()
    result = measure_point(stage, point, product)
    if keep is not None:
        keep(point, stage, product)
    return dataclasses.replace(
        result,
        seconds=float(product.provenance["seconds"]),
        measuring=perf_counter() - start,
        version=core.version,
    )


def measure_point(stage: Stage, point: Point, product: DrizzledProduct) -> PointResult:
    """Measure a product in the region of its stage."""
    y0, y1, x0, x1 = stage.box
    wht = product.wht[y0:y1, x0:x1]
    uniformity = measure_weight_uniformity(wht, stage.mask, stage.region)
    return PointResult(
        number=point.number,
        state="done",
        measurements=(
            *measure_coverage(wht, stage.mask, stage.region),
            *uniformity,
            *_measure_stars(stage, point, product),
            *_measure_noise(stage, product),
        ),
        histogram=find_histogram(wht, stage.mask, uniformity[0], point),
        pictures=make_pictures(stage, point, product),
    )


def _measure_stars(
    stage: Stage, point: Point, product: DrizzledProduct
) -> tuple[Measurement, Measurement]:
    def nothing(reason: str) -> tuple[Measurement, Measurement]:
        return (
            unmeasured(FWHM, "arcsec", stage.region, reason),
            unmeasured(ELLIPTICITY, "", stage.region, reason),
        )

    if not stage.star_x.size:
        return nothing("no isolated star was found")
    scale, native = stage.grid.pixel_scale, native_scale_of(stage.exposures)
    guess = quadrature_fwhm(stage.star_fwhm, native, point.pixfrac, scale) / scale
    fits = _fit(product, stage, guess)
    if not fits.good.any():
        return nothing(f"none of {stage.star_x.size} stars could be fitted")
    x, y = np.abs(fits.x_fwhm[fits.good]), np.abs(fits.y_fwhm[fits.good])
    width, shape = np.sqrt(x * y) * scale, 1.0 - np.minimum(x, y) / np.maximum(x, y)
    return (
        _median(FWHM, "arcsec", stage.region, width),
        _median(ELLIPTICITY, "", stage.region, shape),
    )


def _fit(product: DrizzledProduct, stage: Stage, guess: float) -> StarFits:
    """Fit the stars in stamps of the product: the photometry looks at every pixel it is given."""
    ny, nx = product.sci.shape
    reach = math.ceil(3 * guess) + 4
    parts: list[npt.NDArray[np.float32]] = []
    x: list[float] = []
    y: list[float] = []
    side = 2 * reach + 1
    for star_x, star_y in zip(stage.star_x, stage.star_y, strict=True):
        column, row = round(star_x), round(star_y)
        inside = reach <= column < nx - reach and reach <= row < ny - reach
        if not inside:
            continue
        cut = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
        stamp = _covered(product, cut)
        finite = stamp[np.isfinite(stamp)]
        level = np.median(finite) if finite.size else 0.0
        x.append(len(parts) * side + star_x - column + reach)
        y.append(star_y - row + reach)
        parts.append(stamp - np.float32(level))
    row_of_stamps = np.concatenate(parts, axis=1) if parts else np.zeros((side, side))
    return fit_stars(row_of_stamps, np.array(x), np.array(y), fwhm=guess)


def _median(metric: str, unit: str, region: str, values: npt.NDArray[np.float64]) -> Measurement:
    enough = values.size >= FEWEST
    spread = float(np.std(values, ddof=1)) if enough else 0.0
    return Measurement(
        metric=metric,
        value=float(np.median(values)),
        unit=unit,
        region=region,
        sample_size=int(values.size),
        uncertainty=MEDIAN_ERROR * spread / math.sqrt(values.size) if enough else None,
    )


def _measure_noise(stage: Stage, product: DrizzledProduct) -> tuple[Measurement, Measurement]:
    unit = _unit_of(stage)
    if stage.sky_box is None:
        reason = "no blank sky was found"
        return (
            unmeasured(CORRELATION, "", "sky", reason),
            unmeasured(BACKGROUND, unit, "sky", reason),
        )
    y0, y1, x0, x1 = stage.sky_box
    sky = flatten_sky(_covered(product, (slice(y0, y1), slice(x0, x1))))
    noise = measure_background(sky, "sky", unit=unit)
    if noise.value is None:
        return unmeasured(CORRELATION, "", "sky", noise.reason), noise
    return measure_noise_correlation(_whole_blocks(sky), "sky", block=BLOCK), noise


def _covered(product: DrizzledProduct, cut: tuple[slice, slice]) -> npt.NDArray[np.float32]:
    """Return science pixels, NaN without weight: some cores leave a bad pixel's value in a hole."""
    return np.where(product.wht[cut] != 0, product.sci[cut], np.float32(np.nan))


def _whole_blocks(sky: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the blocks that hold no hole, one above the other: holes say nothing of the noise."""
    rows, columns = sky.shape[0] // BLOCK, sky.shape[1] // BLOCK
    cut = sky[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    blocks = cut.swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)
    return blocks[np.isfinite(blocks).all(axis=(1, 2))].reshape(-1, BLOCK)


def _unit_of(stage: Stage) -> str:
    """Return the unit of science values: that of the exposures, per second."""
    told = str(stage.exposures[0].origin.get("unit", "ELECTRONS")).upper()
    if told.startswith("ELECTRON"):
        return "electron/s"
    return "MJy/sr" if told == "MJY/SR" else "ct/s"
