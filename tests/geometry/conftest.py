"""Exposures with FITS WCS of every kind, for the tests of this folder."""

from collections.abc import Callable

import numpy as np
import pytest
from astropy.wcs import WCS, Sip

from harness.model import Exposure


def build_wcs(
    ra: float = 150.0,
    dec: float = 2.0,
    *,
    shape: tuple[int, int] = (40, 50),
    scale: tuple[float, float] = (0.1355, 0.1211),
    angle: float = 30.0,
    parity: int = -1,
    distortion: float = 0.0,
) -> WCS:
    """Return a TAN WCS with pixels of `scale` (x, y) arcsec and +y at position angle `angle`.

    Parity -1 is the sky as seen: right ascension rises to the left. `distortion` is how far SIP
    moves the corners, input pixels.
    """
    ny, nx = shape
    wcs = WCS(naxis=2)
    suffix = "-SIP" if distortion else ""
    wcs.wcs.ctype = [f"RA---TAN{suffix}", f"DEC--TAN{suffix}"]
    wcs.wcs.crpix = [(nx + 1) / 2, (ny + 1) / 2]
    wcs.wcs.crval = [ra, dec]
    turn = np.radians(angle)
    x_axis = parity * np.array([np.cos(turn), -np.sin(turn)]) * scale[0] / 3600
    y_axis = np.array([np.sin(turn), np.cos(turn)]) * scale[1] / 3600
    wcs.wcs.cd = np.column_stack([x_axis, y_axis])
    if distortion:
        a, b = np.zeros((5, 5)), np.zeros((5, 5))
        half = max(nx, ny) / 2
        a[2, 0], a[1, 1], a[0, 3] = 0.6, 0.3, 0.1
        b[0, 2], b[1, 1], b[4, 0] = -0.5, 0.4, 0.1
        for table in (a, b):
            for p, q in np.argwhere(table):
                table[p, q] *= distortion / half ** (p + q)
        wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    wcs.wcs.set()
    return wcs


def build_exposure(
    wcs: WCS | None, shape: tuple[int, int] = (40, 50), *, name: str = "e1", chip: int = 1, **fields
) -> Exposure:
    """Return an exposure of ones with that WCS."""
    settings = {
        "data": np.ones(shape, dtype=np.float32),
        "weight_map": np.ones(shape, dtype=np.float32),
        "exptime": 1.0,
        "in_units": "cps",
        "pixel_scale": 0.128,
    }
    return Exposure(name=name, chip=chip, wcs=wcs, **settings | fields)


def build_affine(
    shape: tuple[int, int] = (20, 30),
    *,
    origin: tuple[float, float] = (12.0, 9.0),
    step_x: tuple[float, float] = (1.0, 0.0),
    step_y: tuple[float, float] = (0.0, 1.0),
    **fields,
) -> Exposure:
    """Return an exposure whose pixmap is linear: pixel (0, 0) at `origin`."""
    y, x = np.indices(shape, dtype=float)
    pixmap = np.array(origin) + x[..., None] * step_x + y[..., None] * step_y
    settings = {
        "name": "e1",
        "data": np.ones(shape, dtype=np.float32),
        "weight_map": np.ones(shape, dtype=np.float32),
        "exptime": 1.0,
        "in_units": "cps",
        "pixel_scale": 1.0,
        "pixmap": pixmap,
    }
    return Exposure(**settings | fields)


@pytest.fixture(scope="session")
def make_affine() -> Callable[..., Exposure]:
    """Return `build_affine`."""
    return build_affine


@pytest.fixture(scope="session")
def make_wcs() -> Callable[..., WCS]:
    """Return `build_wcs`."""
    return build_wcs


@pytest.fixture(scope="session")
def make_exposure() -> Callable[..., Exposure]:
    """Return `build_exposure`."""
    return build_exposure
