import numpy as np
import pytest
from astropy.wcs import DistortionLookupTable

from harness.errors import GeometryError
from harness.geometry import compute_pixmap, make_grid, project
from harness.geometry.pixmap import INTERPOLATION_LIMIT, STEPS
from harness.model import OutputGrid

SHAPE = (270, 300)
ROUNDOFF = 1e-8
"""Output pixels: angles near 360 degrees carry 6e-14 degree, on pixels of 2e-5 degree."""


class CountedWCS:
    """A WCS that counts the points that it transforms, and may ripple across columns or rows."""

    def __init__(self, wcs, ripple: float = 0.0, period: float = 1.0, axis: int = 0) -> None:
        self._wcs, self._ripple, self._period, self._axis = wcs, ripple, period, axis
        self.points = 0

    def all_pix2world(self, x, y, origin):
        """Transform, and count."""
        self.points += np.size(x)
        wave = self._ripple * np.sin(2 * np.pi * (x, y)[self._axis] / self._period)
        return self._wcs.all_pix2world(x, y + wave, origin)


def pixel_by_pixel(wcs, shape, grid) -> np.ndarray:
    """Return the pixmap by way of sky coordinates."""
    y, x = np.indices(shape, dtype=float)
    return np.stack(grid.wcs.world_to_pixel(wcs.pixel_to_world(x, y)), axis=-1)


@pytest.mark.parametrize("position", [(150, 2), (0.0, 45.0), (30.0, 89.995), (77.0, -90.0)])
@pytest.mark.parametrize("parity", [-1, 1])
def test_pixmap_is_the_way_over_the_sky(position, parity, make_wcs, make_exposure) -> None:
    """Interpolated and exact pixmaps agree with astropy's coordinates, also at RA 0 and poles."""
    wcs = make_wcs(*position, shape=SHAPE, parity=parity, distortion=8.0)
    grid = make_grid([make_exposure(wcs, SHAPE)], 0.065)
    expected = pixel_by_pixel(wcs, SHAPE, grid)
    exact = compute_pixmap(wcs, SHAPE, grid, exact=True)
    pixmap = compute_pixmap(wcs, SHAPE, grid)
    assert exact.shape == pixmap.shape == (*SHAPE, 2)
    assert exact.flags.c_contiguous
    assert pixmap.flags.c_contiguous
    assert np.abs(exact - expected).max() < ROUNDOFF
    assert np.abs(pixmap - expected).max() < INTERPOLATION_LIMIT


def test_interpolation_transforms_few_points(make_wcs, make_exposure) -> None:
    """A smooth frame costs a few nodes, not all its pixels, and is not exact by accident."""
    wcs = make_wcs(shape=SHAPE, distortion=8.0)
    grid = make_grid([make_exposure(wcs, SHAPE)], 0.065)
    counted = CountedWCS(wcs)
    pixmap = compute_pixmap(counted, SHAPE, grid)
    assert 0 < counted.points < SHAPE[0] * SHAPE[1] / 50
    assert (pixmap != compute_pixmap(wcs, SHAPE, grid, exact=True)).any()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("period", [300.0, 10.0, 7.0])
def test_rough_transforms_get_more_nodes_or_all_pixels(
    period, axis, make_wcs, make_exposure
) -> None:
    """A ripple is followed to the limit, even one of 10 pixels under nodes 30 pixels apart."""
    shape = (301, 301)
    wcs = make_wcs(shape=shape)
    grid = make_grid([make_exposure(wcs, shape)], 0.065)
    rippled = CountedWCS(wcs, ripple=0.5, period=period, axis=axis)
    pixmap = compute_pixmap(rippled, shape, grid)
    exact = compute_pixmap(rippled, shape, grid, exact=True)
    assert np.abs(pixmap - exact).max() < INTERPOLATION_LIMIT


def test_a_limit_that_no_spline_meets_gives_the_exact_pixmap(
    monkeypatch, make_wcs, make_exposure
) -> None:
    """When every step misses the limit, all pixels are transformed."""
    wcs = make_wcs(shape=SHAPE, distortion=8.0)
    grid = make_grid([make_exposure(wcs, SHAPE)], 0.065)
    monkeypatch.setattr("harness.geometry.pixmap.INTERPOLATION_LIMIT", 0.0)
    counted = CountedWCS(wcs)
    assert (
        compute_pixmap(counted, SHAPE, grid) == compute_pixmap(wcs, SHAPE, grid, exact=True)
    ).all()
    assert counted.points > SHAPE[0] * SHAPE[1]


@pytest.mark.parametrize("table", ["cpdis1", "cpdis2", "det2im1", "det2im2"])
def test_lookup_tables_are_not_interpolated(table, make_wcs, make_exposure) -> None:
    """With any distortion table all pixels are transformed, so that its cells stay as they are."""
    wcs = make_wcs(shape=SHAPE)
    grid = make_grid([make_exposure(wcs, SHAPE)], 0.065)
    before = compute_pixmap(wcs, SHAPE, grid)
    shift = np.zeros((4, 5), dtype=np.float32)
    shift[1:3, 2:4] = 0.3
    setattr(wcs, table, DistortionLookupTable(shift, (1, 1), (1, 1), (75.0, 90.0)))
    counted = CountedWCS(wcs)
    setattr(counted, table, shift)
    pixmap = compute_pixmap(counted, SHAPE, grid)
    assert counted.points == SHAPE[0] * SHAPE[1]
    assert 0.1 < np.abs(pixmap - before).max() < 1


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (1, 1), (7, 500), (8 * min(STEPS), 70)])
def test_small_and_narrow_frames_work(shape, make_wcs, make_exposure) -> None:
    """Frames too small for nodes are transformed pixel by pixel."""
    wcs = make_wcs(shape=shape)
    grid = make_grid([make_exposure(wcs, shape)], 0.065)
    expected = pixel_by_pixel(wcs, shape, grid)
    assert np.abs(compute_pixmap(wcs, shape, grid) - expected).max() < INTERPOLATION_LIMIT


def test_positions_that_do_not_exist_are_nan(make_wcs, make_exposure) -> None:
    """Pixels beyond the horizon of the input projection are NaN, the others are right."""
    wcs = make_wcs(0.0, 90.0, shape=SHAPE)
    grid = make_grid([make_exposure(wcs, SHAPE)], 0.065)

    class HalfWCS(CountedWCS):
        def all_pix2world(self, x, y, origin):
            ra, dec = super().all_pix2world(x, y, origin)
            return np.where(x < 100, np.nan, ra), np.where(x < 100, np.nan, dec)

    pixmap = compute_pixmap(HalfWCS(wcs), SHAPE, grid)
    assert np.isnan(pixmap[:, :100]).all()
    expected = pixel_by_pixel(wcs, SHAPE, grid)
    assert np.abs(pixmap - expected)[:, 100:].max() < ROUNDOFF


def test_project_sets_the_pixmap_and_nothing_else(make_wcs, make_exposure) -> None:
    """The exposure comes back with its pixmap; the one given stays as it was."""
    exposure = make_exposure(make_wcs())
    grid = make_grid([exposure], 0.1)
    projected = project(exposure, grid)
    assert exposure.pixmap is None
    assert projected.data is exposure.data
    assert (projected.pixmap == compute_pixmap(exposure.wcs, (40, 50), grid)).all()


def test_missing_coordinates_are_named(make_wcs, make_exposure) -> None:
    """Neither a grid nor an exposure without WCS can be projected."""
    bare = OutputGrid(shape=(4, 4), pixel_scale=0.1)
    with pytest.raises(GeometryError, match="the output grid has no WCS"):
        project(make_exposure(make_wcs()), bare)
    with pytest.raises(GeometryError, match=r"exposure e1\[1\]: has no celestial WCS"):
        project(make_exposure(None), make_grid([make_exposure(make_wcs())], 0.1))
