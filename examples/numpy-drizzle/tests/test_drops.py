"""Drops: nothing is lost, and pixels get the area that falls on them."""

import numpy as np
import pytest
from numpy_drizzle.drops import drop_boxes, drop_points, drop_squares, find_corners
from numpy_drizzle.overlap import overlap_areas


def turned_grid(shape, angle=0.3, scale=1.7):
    """Return the pixmap of a frame that is turned and magnified."""
    y, x = np.indices(shape, dtype=float)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.stack([cos * x - sin * y + 9, sin * x + cos * y + 9], axis=-1)


@pytest.mark.parametrize(
    ("corners", "area"),
    [
        ([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)], 1.0),
        ([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)], 0.25),
        ([(0.0, -0.5), (0.5, 0.0), (0.0, 0.5), (-0.5, 0.0)], 0.5),
        ([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)], 1.0),
        ([(0.0, -0.7), (0.7, 0.0), (0.0, 0.7), (-0.7, 0.0)], 0.98 - 4 * 0.2**2),
        ([(5.0, 5.0), (6.0, 5.0), (6.0, 6.0), (5.0, 6.0)], 0.0),
    ],
)
def test_overlap_with_a_pixel_is_the_area_of_the_polygon(corners, area):
    """Squares, diamonds with cut corners, and what lies elsewhere."""
    found = overlap_areas(np.array([corners]), np.array([0]), np.array([0]))
    assert found[0] == pytest.approx(area, abs=1e-15)


@pytest.mark.parametrize("pixfrac", [0.05, 0.5, 1.0])
def test_every_drop_is_given_away_whole(pixfrac):
    """The parts of each drop add up to one, for all kernels."""
    pixmap = turned_grid((12, 9))
    kinds = (
        drop_points(pixmap.reshape(-1, 2)),
        drop_boxes(pixmap.reshape(-1, 2), 1.7 * pixfrac),
        drop_squares(find_corners(pixmap, pixfrac).reshape(-1, 4, 2)),
    )
    for pixel, _, _, fraction in kinds:
        assert np.bincount(pixel, fraction) == pytest.approx(np.ones(108), abs=1e-11)


def test_corners_of_whole_pixels_meet():
    """At pixfrac 1 the right corner of a pixel is the left corner of the next."""
    corners = find_corners(turned_grid((4, 5)), 1.0)
    np.testing.assert_allclose(corners[:, :-1, 1], corners[:, 1:, 0], atol=1e-12)
    np.testing.assert_allclose(corners[:-1, :, 3], corners[1:, :, 0], atol=1e-12)
