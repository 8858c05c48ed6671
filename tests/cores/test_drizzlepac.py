import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.drizzlepac import ROWS, PixmapMapping
from harness.cores.registry import load_core
from harness.errors import CoreError
from harness.geometry import make_grid, project
from harness.model import DrizzleParams

ROUNDOFF = 1e-12
"""Output pixels; float64 roundoff of positions of some 100."""
NODES = 2e-6
"""Output pixels; what cdriz's bilinear mapping between every tenth pixel misses of a tangent
plane 40 pixels of 0.1" wide."""


@pytest.fixture
def pixmap():
    """Give a pixmap with curvature, of 12 x 17 pixels."""
    y, x = np.mgrid[:12, :17].astype(np.float64)
    return np.stack([1.9 * x + 0.1 * y + 0.01 * x * y, 2.1 * y - 0.2 * x + 0.02 * x**2], axis=-1)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.arange(1.0, 18.0), 1.0),
        (np.arange(0.5, 17.0), 0.5),
        (np.arange(1.5, 18.0), 12.5),
        (np.arange(0.7, 17.0), 6.3),
        (np.arange(1.3, 18.0), 5.7),
        (np.arange(4.3, 9.0), 5.7),
        (np.array([1.0, 5.0, 9.0, 13.0, 17.0]), 3.0),
        (np.array([0.5, 4.7, 9.0, 17.0, 17.5]), 3.2),
        (np.array([7.0]), 12.0),
    ],
)
def test_mapping_is_bilinear_and_goes_on_linearly(pixmap, x, y):
    """Rows, parts of rows and sampled rows agree with scipy, beyond the border too."""
    from scipy.interpolate import RegularGridInterpolator

    truth = RegularGridInterpolator(
        (np.arange(1.0, 13.0), np.arange(1.0, 18.0)), pixmap, bounds_error=False, fill_value=None
    )
    expected = truth(np.column_stack([np.full(x.size, y), x])) + 1.0
    mapping = PixmapMapping(pixmap)
    for _ in range(2):  # The second time the row is a remembered one.
        found = np.column_stack(mapping.forward(x, np.full(x.size, y)))
        np.testing.assert_allclose(found, expected, atol=ROUNDOFF, rtol=0)


@pytest.mark.parametrize("rows", [2, 3, ROWS - 2, ROWS - 1, ROWS, 2 * ROWS - 1, 3 * ROWS])
def test_mapping_of_any_height_in_any_order(rows):
    """Rows are made ready in blocks: wherever these end, and however the rows are asked for."""
    from scipy.interpolate import RegularGridInterpolator

    rng = np.random.default_rng(rows)
    pixmap = np.stack(np.mgrid[:rows, :5][::-1], axis=-1) + 0.1 * rng.random((rows, 5, 2))
    axes = np.arange(1.0, rows + 1), np.arange(1.0, 6.0)
    truth = RegularGridInterpolator(axes, pixmap, bounds_error=False, fill_value=None)
    asked = np.concatenate([np.linspace(0.5, rows + 0.5, 4 * rows + 1), [rows + 0.5, 0.5, 1.5]])
    mapping, x = PixmapMapping(pixmap), np.arange(0.6, 5.0)
    for y in (*asked, *rng.permutation(asked)):
        expected = truth(np.column_stack([np.full(x.size, y), x])) + 1.0
        found = np.column_stack(mapping.forward(x, np.full(x.size, y)))
        np.testing.assert_allclose(found, expected, atol=ROUNDOFF, rtol=0)


def test_mapping_reads_no_memory_that_nobody_wrote(pixmap, monkeypatch):
    """Whatever lies in fresh memory, nothing of it is used, not even to be overwritten."""

    def filled(shape):
        return np.full(shape, np.finfo(np.float64).max)

    expected = PixmapMapping(pixmap).forward(np.array([0.5, 17.5]), np.full(2, 0.5))
    monkeypatch.setattr(np, "empty", filled)
    found = PixmapMapping(pixmap).forward(np.array([0.5, 17.5]), np.full(2, 0.5))
    np.testing.assert_array_equal(found, expected)


def test_mapping_is_exact_at_the_centres(pixmap):
    """The positions of the pixel centres are those of the pixmap to the last bit but the 1."""
    mapping = PixmapMapping(pixmap)
    for row in (0, 5, 11):
        x, y = mapping.forward(np.arange(1.0, 18.0), np.full(17, row + 1.0))
        np.testing.assert_array_equal(np.stack([x, y], axis=-1), pixmap[row] + 1.0)


def test_pixmap_of_one_row_is_refused(in_memory_cores, make_exposure, make_params):
    """One row of pixels has no height; the error says so."""
    exposure = make_exposure((2, 9))
    exposure = type(exposure)(
        name="row",
        data=exposure.data[:1],
        weight_map=exposure.weight_map[:1],
        pixmap=exposure.pixmap[:1],
        exptime=1.0,
        in_units="cps",
        pixel_scale=1.0,
    )
    with pytest.raises(CoreError, match="1 x 9 pixels says nothing about their size"):
        run_core(in_memory_cores["drizzlepac"], [exposure], make_params())


@pytest.fixture
def tangent_exposure(make_exposure):
    """Build an exposure with a tangent-plane WCS of 0.1 arcsec pixels."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.0, 30.0]
    wcs.wcs.crpix = [20.0, 20.0]
    wcs.wcs.cd = np.array([[-0.95, 0.31], [0.31, 0.95]]) * 0.1 / 3600.0
    wcs.wcs.set()
    return make_exposure(wcs=wcs, pixel_scale=0.1, pixmap=None)


@pytest.mark.parametrize("kernel", ["square", "turbo"])
def test_mapping_by_wcs_agrees_with_the_pixmap(in_memory_cores, tangent_exposure, kernel):
    """Without distortion, cdriz's own mapping and the pixmap are the same geometry."""
    grid = make_grid([tangent_exposure], 0.05, orientation=0.0)
    exposure = project(tangent_exposure, grid, exact=True)
    params = DrizzleParams(kernel=kernel, pixfrac=0.7, grid=grid, fillval=0.0)
    by_wcs = load_core("harness.cores.drizzlepac:load_by_wcs")
    one = run_core(in_memory_cores["drizzlepac"], [exposure], params)
    other = run_core(by_wcs, [exposure], params)
    assert other.provenance["core"] == "drizzlepac-wcs"
    assert np.abs(one.wht - other.wht).max() < NODES * 4 * one.wht.max()
    assert one.wht.sum(dtype=float) == pytest.approx(exposure.weight_map.sum(dtype=float))


def test_mapping_by_wcs_needs_both_wcs(make_exposure, make_params, tangent_exposure):
    """A missing WCS is named."""
    core = load_core("harness.cores.drizzlepac:load_by_wcs")
    with pytest.raises(CoreError, match=r"exposure made1\[1\] has no WCS"):
        run_core(core, [make_exposure()], make_params())
    exposure = make_exposure(wcs=tangent_exposure.wcs)
    with pytest.raises(CoreError, match="the output grid has no WCS"):
        run_core(core, [exposure], make_params())
