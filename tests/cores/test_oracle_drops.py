import numpy as np
import pytest

from harness.cores.oracle_drops import CORNERS, drop_corners
from harness.errors import CoreError

ROUNDOFF = 1e-12
"""Coordinates are of order 100: their roundoff in float64 is 1e-14."""


def bilinear_pixmap(ny: int, nx: int) -> np.ndarray:
    """Return a map that is bilinear everywhere, so that extrapolation must be exact too."""
    y, x = np.indices((ny, nx), dtype=float)
    return np.stack([3 + 2 * x - 0.5 * y + 0.01 * x * y, 1 + 0.3 * x + 1.5 * y - 0.02 * x * y], -1)


@pytest.mark.parametrize("pixfrac", [0.0, 0.3, 1.0])
def test_corners_follow_a_bilinear_map_up_to_the_outer_edges(pixfrac: float) -> None:
    """On a bilinear map every corner, border pixels included, is where the map puts it."""
    pixmap = bilinear_pixmap(5, 7)
    corners = drop_corners(pixmap, pixfrac)
    y, x = np.indices((5, 7), dtype=float)
    for corner, (step_x, step_y) in enumerate(CORNERS):
        u, v = x + step_x * pixfrac / 2, y + step_y * pixfrac / 2
        expected = [3 + 2 * u - 0.5 * v + 0.01 * u * v, 1 + 0.3 * u + 1.5 * v - 0.02 * u * v]
        assert np.abs(corners[:, corner] - expected).max() < ROUNDOFF


def test_corners_interpolate_between_the_four_nearest_centres() -> None:
    """On a rough map each corner is the weighted mean of its own four centres."""
    pixmap = bilinear_pixmap(6, 6) + np.random.default_rng(1).normal(0, 0.2, (6, 6, 2))
    corners = drop_corners(pixmap, 0.8)
    # The upper right corner of pixel (2, 3), at 0.4 of a step in x and y.
    cell = pixmap[2:4, 3:5]
    expected = np.einsum("i,j,ijk->k", [0.6, 0.4], [0.6, 0.4], cell)
    assert np.abs(corners[:, CORNERS.index((1, 1)), 2, 3] - expected).max() < ROUNDOFF
    # The lower left corner of pixel (0, 0) continues its only cell by 0.4 of a step.
    expected = np.einsum("i,j,ijk->k", [1.4, -0.4], [1.4, -0.4], pixmap[:2, :2])
    assert np.abs(corners[:, CORNERS.index((-1, -1)), 0, 0] - expected).max() < ROUNDOFF


def test_full_drops_share_their_corners() -> None:
    """At pixfrac 1 neighbouring drops meet without gap or overlap, on a rough map too."""
    pixmap = bilinear_pixmap(6, 8) + np.random.default_rng(2).normal(0, 0.1, (6, 8, 2))
    corners = drop_corners(pixmap, 1.0)
    right, left = CORNERS.index((1, 1)), CORNERS.index((-1, 1))
    assert np.abs(corners[:, right, :, :-1] - corners[:, left, :, 1:]).max() < ROUNDOFF


def test_parts_of_a_frame_agree_with_the_whole() -> None:
    """A tile is computed with the neighbours outside it."""
    pixmap = bilinear_pixmap(9, 11) + np.random.default_rng(3).normal(0, 0.1, (9, 11, 2))
    whole = drop_corners(pixmap, 0.7)
    for rows, columns in [
        (slice(0, 4), slice(0, 5)),
        (slice(4, 9), slice(5, 11)),
        (slice(8, 9), slice(10, 11)),
        (slice(3, 4), slice(2, 3)),
    ]:
        part = drop_corners(pixmap, 0.7, rows, columns)
        assert (part == whole[:, :, rows, columns]).all()


def test_centres_that_are_not_finite_spoil_only_their_neighbours() -> None:
    """A NaN in the pixmap reaches the eight drops around it and no other."""
    pixmap = bilinear_pixmap(7, 7)
    pixmap[3, 3] = np.nan
    spoiled = ~np.isfinite(drop_corners(pixmap, 0.5)).all(axis=(0, 1))
    expected = np.zeros((7, 7), dtype=bool)
    expected[2:5, 2:5] = True
    assert (spoiled == expected).all()


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_single_rows_have_no_corners(shape: tuple[int, int]) -> None:
    """One row of pixels does not tell their height."""
    with pytest.raises(CoreError, match=f"{shape[0]}x{shape[1]} pixels leaves the corners"):
        drop_corners(np.zeros((*shape, 2)), 1.0)
