import dataclasses

import numpy as np
import pytest
import shapely
from astropy import units as u
from astropy.coordinates import SkyCoord

from harness.errors import GeometryError
from harness.geometry import footprint_polygon, make_grid, region_mask
from harness.geometry.region import _inside
from harness.model import FOOTPRINT, FULL_COVERAGE, Exposure, OutputGrid, Region

TURNED = {"step_x": (1.1, 0.45), "step_y": (-0.4, 0.9)}
GRID = OutputGrid(shape=(60, 70), pixel_scale=1.0)


def covered_by(exposure: Exposure, grid: OutputGrid, erode: float = 0.0) -> np.ndarray:
    """Solve for the input position of every output pixel, and ask whether it is in the frame.

    With `erode`, also all points within that distance along both input axes must be.
    """
    pixmap = exposure.pixmap
    origin = pixmap[0, 0]
    matrix = np.column_stack([pixmap[0, 1] - origin, pixmap[1, 0] - origin])
    y, x = np.indices(grid.shape, dtype=float)
    u, v = np.einsum("ij,jyx->iyx", np.linalg.inv(matrix), np.array([x, y]) - origin[:, None, None])
    ny, nx = pixmap.shape[:2]
    # The distance from an edge of a parallelogram, output pixels, per input pixel along an axis.
    area = abs(np.linalg.det(matrix))
    high_x = area / np.hypot(*matrix[:, 1])
    high_y = area / np.hypot(*matrix[:, 0])
    return (np.minimum(u + 0.5, nx - 0.5 - u) * high_x > erode) & (
        np.minimum(v + 0.5, ny - 0.5 - v) * high_y > erode
    )


@pytest.mark.parametrize("parity", [1, -1])
def test_footprint_is_where_an_input_pixel_falls(parity, make_affine) -> None:
    """Brute force: every output pixel whose centre lies within the frame's outer edges."""
    exposure = make_affine(
        origin=(32.3 - 12 * parity, 12.6), step_x=(parity * 1.1, 0.45), step_y=(-0.4, 0.9)
    )
    mask = region_mask(FOOTPRINT, GRID, [exposure])
    assert (mask == covered_by(exposure, GRID)).all()
    assert mask.sum() == pytest.approx(footprint_polygon(exposure).area, rel=0.02)


def test_footprint_is_the_union_and_full_coverage_the_eroded_overlap(make_affine) -> None:
    """Three turned exposures: any of them, and all of them less one input pixel."""
    exposures = [
        make_affine(name=f"e{k}", origin=(25.3 + 4.1 * k, 8.2 + 2.3 * k), **TURNED)
        for k in range(3)
    ]
    each = [covered_by(exposure, GRID) for exposure in exposures]
    assert (region_mask(FOOTPRINT, GRID, exposures) == np.any(each, axis=0)).all()
    pixel = np.hypot(1.1, 0.45)
    eroded = [covered_by(exposure, GRID, erode=pixel) for exposure in exposures]
    assert (region_mask(FULL_COVERAGE, GRID, exposures) == np.all(eroded, axis=0)).all()


def test_erosion_takes_the_longer_side_of_the_largest_pixel(make_affine) -> None:
    """Anisotropic pixels of 1.5 x 0.8 output pixels erode by 1.5 on all sides."""
    exposure = make_affine(origin=(5.25, 6.1), step_x=(1.5, 0.0), step_y=(0.0, 0.8))
    mask = region_mask(FULL_COVERAGE, GRID, [exposure])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    # The frame spans 4.5 to 49.5 in x and 5.7 to 21.7 in y.
    assert (columns[0], columns[-1]) == (7, 48)
    assert (rows[0], rows[-1]) == (8, 20)


def test_chips_of_one_exposure_are_joined_by_name(make_affine) -> None:
    """Two chips fill each other's place; two exposures with the same frames do not overlap."""
    chips = [
        make_affine(name="a", chip=1, origin=(5.0, 5.0)),
        make_affine(name="a", chip=2, origin=(5.0, 28.0)),
    ]
    whole = make_affine((50, 30), name="b", origin=(5.0, 3.0))
    mask = region_mask(FULL_COVERAGE, GRID, [*chips, whole])
    column = mask[:, 20]
    # Chips span 4.5 to 24.5 and 27.5 to 47.5; the gap is widened by the erosion.
    assert np.flatnonzero(column).tolist() == [*range(6, 24), *range(29, 47)]
    apart = [dataclasses.replace(chip, name=f"c{chip.chip}") for chip in chips]
    with pytest.raises(GeometryError, match="region 'full_coverage': no output pixel"):
        region_mask(FULL_COVERAGE, GRID, [*apart, whole])


def test_polygons_are_filled_like_shapely_fills_them() -> None:
    """Parts, holes, slivers, and what lies beyond the output, against a test of every pixel."""
    rng = np.random.default_rng(5)
    y, x = np.indices(GRID.shape, dtype=float)
    for _ in range(30):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(2, 45, 9)
        centre = rng.uniform(-10, 80, 2)
        star = shapely.Polygon(centre + (radius * [np.cos(angle), np.sin(angle)]).T)
        hole = shapely.box(*(centre - np.array([6.3, 4.1])), *(centre + np.array([3.2, 5.7])))
        part = shapely.box(*(rng.uniform(0, 40, 2)), *(rng.uniform(41, 90, 2)))
        shape = shapely.union(shapely.difference(star.buffer(0), hole), part)
        assert (_inside(shape, GRID) == shapely.contains_xy(shape, x, y)).all()
    assert not _inside(shapely.Polygon(), GRID).any()


def test_pixel_boxes_are_cut_by_the_output() -> None:
    """Half-open, (y0, y1, x0, x1); what lies outside does not count."""
    mask = region_mask(Region(name="b", kind="pixel_box", box=(-3, 4, 65, 90)), GRID, [])
    assert np.flatnonzero(mask.any(axis=1)).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(mask.any(axis=0)).tolist() == [65, 66, 67, 68, 69]
    assert mask.sum() == 20


@pytest.mark.parametrize(
    "position", [(150.0, 2.0), (0.0, 30.0), (359.9995, -45.0), (80.0, 89.9995), (80.0, -90.0)]
)
def test_sky_boxes_are_boxes_on_the_sky(position, make_wcs, make_exposure) -> None:
    """Brute force by offsets from the centre, on a turned output; also at RA 0 and at a pole."""
    shape = (200, 200)
    exposure = make_exposure(make_wcs(*position, shape=shape, angle=30.0, parity=1), shape)
    grid = make_grid([exposure], 0.1)
    centre = SkyCoord(*position, unit="deg").directional_offset_by(40 * u.deg, 3 * u.arcsec)
    region = Region(name="s", kind="sky_box", sky=(centre.ra.deg, centre.dec.deg, 8.0, 5.0))
    mask = region_mask(region, grid, [exposure])
    y, x = np.indices(grid.shape)
    offset_ra, offset_dec = centre.spherical_offsets_to(grid.wcs.pixel_to_world(x, y))
    expected = (np.abs(offset_ra.arcsec) < 4.0) & (np.abs(offset_dec.arcsec) < 2.5)
    assert (mask == expected).all()
    assert mask.sum() == pytest.approx(4000, rel=0.01)


@pytest.mark.parametrize("sky", [(330.0, -2.0, 5.0, 5.0), (150.5, 2.0, 5.0, 5.0)])
def test_sky_boxes_elsewhere_are_refused(sky, make_wcs, make_exposure) -> None:
    """A box beside the output, and one on the other side of the sky, hold no pixel of it."""
    exposure = make_exposure(make_wcs(150.0, 2.0))
    grid = make_grid([exposure], 0.1)
    with pytest.raises(GeometryError, match="region 'away': no output pixel lies in it"):
        region_mask(Region(name="away", kind="sky_box", sky=sky), grid, [exposure])


@pytest.mark.parametrize(
    ("region", "grid", "message"),
    [
        (Region(name="r", kind="pixel_box"), GRID, "has no box"),
        (Region(name="r", kind="pixel_box", box=(5, 5, 0, 9)), GRID, "no output pixel"),
        (Region(name="r", kind="pixel_box", box=(60, 70, 0, 9)), GRID, "no output pixel"),
        (Region(name="r", kind="sky_box"), GRID, "has no sky position"),
        (Region(name="r", kind="sky_box", sky=(1.0, 2.0, 3.0, 4.0)), GRID, "has no WCS"),
        (FOOTPRINT, GRID, "no exposures"),
        (FULL_COVERAGE, GRID, "no exposures"),
    ],
)
def test_regions_that_say_nothing_are_refused(region, grid, message) -> None:
    """Incomplete and empty regions get a message."""
    with pytest.raises(GeometryError, match=message):
        region_mask(region, grid, [])
