import numpy as np
import pytest

from harness.cores.registry import load_core
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
