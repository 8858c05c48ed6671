import importlib.util
from pathlib import Path

import numpy as np
import pytest

from harness.cores.registry import load_core
from harness.geometry import native_scale
from harness.model import DrizzleParams, Exposure, OutputGrid


@pytest.fixture(scope="session")
def in_memory_cores():
    """Hold the real cores that work in memory, loaded once."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    pytest.importorskip("drizzle", reason="drizzle is not installed")
    return {name: load_core(name) for name in ("drizzlepac", "drizzle")}


@pytest.fixture(params=["drizzlepac", "drizzle"])
def core(request, in_memory_cores):
    """Give each core that works in memory."""
    return in_memory_cores[request.param]


@pytest.fixture
def make_exposure():
    """Build an exposure whose pixmap is a rotation, a scaling and a shift."""
    return _make_exposure


def _make_exposure(
    shape=(40, 44), *, scale=0.5, angle=0.0, shift=(8.0, 8.0), exptime=10.0, seed=1, **changes
):
    """Map input pixel (x, y) to shift + R(angle) (x, y) / scale on the output.

    `scale` is the output scale over the input scale, 1 arcsec; weights vary between 0.5 and 1.5.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    cos, sin = np.cos(np.radians(angle)) / scale, np.sin(np.radians(angle)) / scale
    pixmap = np.stack([cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]], axis=-1)
    values = {
        "name": f"made{seed}",
        "data": rng.normal(10.0, 1.0, shape).astype(np.float32),
        "weight_map": rng.uniform(0.5, 1.5, shape).astype(np.float32),
        "exptime": exptime,
        "in_units": "cps",
        "pixel_scale": 1.0,
        "pixmap": pixmap,
    }
    return Exposure(**(values | changes))


@pytest.fixture
def make_params():
    """Build parameters on a grid without WCS."""
    return _make_params


def _make_params(shape=(110, 110), *, scale=0.5, kernel="square", pixfrac=0.8, **changes):
    grid = OutputGrid(shape=shape, pixel_scale=scale)
    return DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=grid, **changes)


HRC = "tests/data/j8bt06nyq_flt.fits"
"""An ACS/HRC exposure of 47 Tuc inside `spherical_geometry`, which drizzlepac depends on."""


@pytest.fixture(scope="session")
def hrc_file():
    """Give the path of the installed HRC exposure: 1024 x 1024, 60 s, TAN."""
    found = importlib.util.find_spec("spherical_geometry")
    path = Path(found.submodule_search_locations[0]) / HRC if found else None
    if path is None or not path.is_file():
        pytest.skip("the HRC exposure of spherical_geometry is not installed")
    return path


@pytest.fixture
def cut_file(hrc_file, tmp_path):
    """Cut pieces out of the HRC exposure, as the chips of a file of its kind."""

    def cut(name, corners, *, size=80, change=None):
        from astropy.io import fits

        with fits.open(hrc_file, memmap=False) as whole:
            hdus = [fits.PrimaryHDU(header=whole[0].header)]
            for version, (x, y) in enumerate(corners, start=1):
                for extname in ("SCI", "ERR", "DQ"):
                    header = whole[extname, 1].header.copy()
                    header["CRPIX1"] -= x
                    header["CRPIX2"] -= y
                    part = whole[extname, 1].data[y : y + size, x : x + size].copy()
                    hdus.append(fits.ImageHDU(part, header=header, name=extname, ver=version))
            made = fits.HDUList(hdus)
            made[0].header["NEXTEND"] = len(hdus) - 1
            if change is not None:
                change(made)
            made.writeto(tmp_path / name)
        return tmp_path / name

    return cut


@pytest.fixture
def read_chips():
    """Read the chips of a file like HRC's as exposures."""
    return _read_chips


def _read_chips(path, **changes):
    """Read with the header's noise figures; weights are 1 until they are made."""
    from astropy.io import fits
    from astropy.wcs import WCS

    exposures = []
    with fits.open(path, memmap=False) as hdus:
        time = hdus[0].header["EXPTIME"]
        for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
            rate = hdu.header["BUNIT"].endswith("/S")
            wcs = WCS(hdu.header)
            values = {
                "name": path.name,
                "chip": hdu.ver,
                "data": hdu.data.astype(np.float32),
                "weight_map": np.ones(hdu.data.shape, np.float32),
                "exptime": time,
                "in_units": "cps" if rate else "counts",
                "dq": hdus["DQ", hdu.ver].data.astype(np.uint32),
                "variance": (hdus["ERR", hdu.ver].data.astype(np.float32) ** 2,),
                "wcs": wcs,
                "pixel_scale": native_scale(wcs),
                "read_noise": hdus[0].header["READNSEC"],
                "sky": 3.0,
                "dark": hdu.header["MEANDARK"] / time,
                "path": path,
                "pixels": "real",
            }
            exposures.append(Exposure(**(values | changes)))
    return exposures
