"""Where the exposures looked: on the sky, and within their pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.geometry import native_scale
from harness.model import Exposure, OutputGrid
from harness.sweep.record import ExposureSummary
from harness.sweep.stage import Stage

ARCSEC_PER_DEGREE = 3600.0


def summarise(exposures: Sequence[Exposure], stage: Stage) -> tuple[ExposureSummary, ...]:
    """Describe every chip of every exposure by the sky at the centre of the region.

    Parameters
    ----------
    exposures : sequence of Exposure
        With their WCS.
    stage : Stage
        For its region and grid.
    """
    ra, dec = _centre(stage)
    first = _reference_on_sky(exposures[0])
    positions = [_position(exposure, ra, dec) for exposure in exposures]
    by_chip: dict[int, tuple[float, float]] = {}
    found = []
    for exposure, position in zip(exposures, positions, strict=True):
        start = by_chip.setdefault(exposure.chip, position)
        east, north = _offset(first, _reference_on_sky(exposure))
        found.append(
            ExposureSummary(
                name=exposure.name,
                chip=exposure.chip,
                shape=(exposure.data.shape[0], exposure.data.shape[1]),
                exptime=float(exposure.exptime),
                pixel_scale=float(exposure.pixel_scale or native_scale(exposure.wcs)),
                offset=(east, north),
                phase=(_phase(position[0]), _phase(position[1])),
                shift=(position[0] - start[0], position[1] - start[1]),
                corners=_corners(exposure),
                pixels=exposure.pixels,
                origin={str(key): str(value) for key, value in exposure.origin.items()},
            )
        )
    return tuple(found)


def _centre(stage: Stage) -> tuple[float, float]:
    y0, y1, x0, x1 = stage.box
    grid: OutputGrid = stage.grid
    ra, dec = grid.wcs.wcs_pix2world((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2, 0)
    return float(ra), float(dec)


def _position(exposure: Exposure, ra: float, dec: float) -> tuple[float, float]:
    # A point off the chip has a position as well, along the polynomial; quiet, for it may be far.
    x, y = exposure.wcs.all_world2pix(ra, dec, 0, quiet=True)
    return float(x), float(y)


def _phase(position: float) -> float:
    return float((position + 0.5) % 1.0)


def _reference_on_sky(exposure: Exposure) -> tuple[float, float]:
    ny, nx = exposure.data.shape
    ra, dec = exposure.wcs.all_pix2world((nx - 1) / 2, (ny - 1) / 2, 0)
    return float(ra), float(dec)


def _offset(origin: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    east = ((other[0] - origin[0] + 180.0) % 360.0 - 180.0) * np.cos(np.radians(origin[1]))
    return float(east * ARCSEC_PER_DEGREE), (other[1] - origin[1]) * ARCSEC_PER_DEGREE


def _corners(exposure: Exposure) -> tuple[tuple[float, float], ...]:
    ny, nx = exposure.data.shape
    x, y = [-0.5, nx - 0.5, nx - 0.5, -0.5], [-0.5, -0.5, ny - 0.5, ny - 0.5]
    ra, dec = exposure.wcs.all_pix2world(x, y, 0)
    return tuple((float(a), float(d)) for a, d in zip(ra, dec, strict=True))
