"""The pixmap: every pixel through the WCS, and by interpolation."""

import numpy as np
import pytest

from harness.geometry import compute_pixmap
from harness.timing.pace import find_pace
from harness.timing.workload import make_exposures

ROWS = 16
"""Rows of the frame on which the two ways are compared."""


def pytest_generate_tests(metafunc):
    """Make one benchmark for each way and frame size."""
    pace = find_pace(metafunc.config.getoption("--profile"))
    sizes = sorted({*pace.sizes, pace.large, pace.largest})
    metafunc.parametrize(
        ("exact", "size"),
        [
            pytest.param(exact, size, id=f"{'exact' if exact else 'interpolated'}-{size}")
            for size in sizes
            for exact in (True, False)
        ],
    )


def test_pixmap(benchmark, timed, exact, size):
    """Time one pixmap, and tell how far it lies from the WCS."""
    (exposure,), grid = make_exposures(size, 1, 0.5)
    pixmap = timed(
        lambda: compute_pixmap(exposure.wcs, (size, size), grid, exact=exact),
        group=f"pixmap {size}",
        input_pixels=size**2,
        info={"exact": exact, "size": size},
    )
    rows = np.linspace(0, size - 1, ROWS).astype(int)
    y, x = np.meshgrid(rows.astype(float), np.arange(float(size)), indexing="ij")
    ra, dec = exposure.wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    truth = np.stack(grid.wcs.wcs_world2pix(ra, dec, 0), axis=-1)
    miss = np.abs(pixmap[rows].reshape(-1, 2) - truth).max()
    benchmark.extra_info["largest_error_output_pixels"] = float(miss)
