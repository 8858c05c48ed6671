import dataclasses

import numpy as np
import pytest
import shapely

from harness.errors import GeometryError
from harness.geometry import footprint_polygon, make_grid, project


def test_footprints_follow_distortion(make_wcs, make_exposure) -> None:
    """The outline of a distorted frame is where the WCS puts its outer edge, to 0.01 pixel."""
    shape = (120, 150)
    wcs = make_wcs(shape=shape, distortion=4.0)
    exposure = make_exposure(wcs, shape)
    grid = make_grid([exposure], 0.065)
    polygon = footprint_polygon(project(exposure, grid))
    along = np.linspace(-0.5, 149.5, 301)
    ends = np.linspace(-0.5, 119.5, 301)
    x = np.concatenate([along, along, np.full(301, -0.5), np.full(301, 149.5)])
    y = np.concatenate([np.full(301, -0.5), np.full(301, 119.5), ends, ends])
    edge = np.column_stack(grid.wcs.world_to_pixel(wcs.pixel_to_world(x, y)))
    distance = shapely.distance(shapely.points(edge), polygon.exterior)
    # 15 input pixels between stations, where second derivatives reach 1e-3: 15^2 / 8 * 1e-3 * 2.
    assert distance.max() < 0.06
    at_pixels = shapely.distance(shapely.points(edge[::300]), polygon.exterior)
    assert at_pixels.max() < 0.01


@pytest.mark.parametrize("shape", [(1, 30), (20, 1), (1, 1)])
def test_single_rows_have_square_pixels(shape, make_affine) -> None:
    """One row is as high as its pixels are long, in the direction of the axes' parity."""
    exposure = make_affine(shape, step_x=(1.2, 0.9), step_y=(-0.9, 1.2))
    area = shape[0] * shape[1] * (1.0 if shape == (1, 1) else 1.5**2)
    polygon = footprint_polygon(exposure)
    assert polygon.area == pytest.approx(area, rel=1e-9)
    assert polygon.centroid.coords[0] == pytest.approx(exposure.pixmap.mean(axis=(0, 1)), abs=1e-9)


def test_unusable_pixmaps_are_named(make_affine) -> None:
    """A missing pixmap, a NaN on the border and a fold are errors; a NaN inside is not."""
    exposure = make_affine()
    with pytest.raises(GeometryError, match=r"exposure e1\[1\]: has no pixmap"):
        footprint_polygon(dataclasses.replace(exposure, pixmap=None))
    inner = exposure.pixmap.copy()
    inner[10, 10] = np.nan
    assert footprint_polygon(dataclasses.replace(exposure, pixmap=inner)).area == 600
    border = exposure.pixmap.copy()
    border[0, 0] = np.nan
    with pytest.raises(GeometryError, match="not finite along the border"):
        footprint_polygon(dataclasses.replace(exposure, pixmap=border))
    folded = exposure.pixmap.copy()
    folded[:, :15] = folded[::-1, :15]
    with pytest.raises(GeometryError, match="crosses itself"):
        footprint_polygon(dataclasses.replace(exposure, pixmap=folded))
