import numpy as np
import pytest
import shapely

from harness.cores.oracle_overlap import net_area, overlap_fractions

AREA_ROUNDOFF = 1e-13
"""Both sides integrate in float64 over a few pixels; 2e-15 was measured."""


def random_quads(count: int, size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return simple quadrilaterals, convex and concave, of either sense, within (0, 4)."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, (4, count)), axis=0)
    radius = size * rng.uniform(0.15, 1.0, (4, count))
    x, y = 2 + radius * np.cos(angle), 2 + radius * np.sin(angle)
    backwards = rng.random(count) < 0.5
    x[:, backwards], y[:, backwards] = x[::-1, backwards], y[::-1, backwards]
    return x, y


def shapely_fractions(x: np.ndarray, y: np.ndarray, span: int) -> np.ndarray:
    """Return the same fractions from polygon intersections."""
    quads = shapely.polygons(np.stack([x, y], axis=-1).swapaxes(0, 1))
    cells = [[shapely.box(i, j, i + 1, j + 1) for i in range(span)] for j in range(span)]
    areas = shapely.area(shapely.intersection(np.array(cells)[..., None], quads))
    return areas / shapely.area(quads)


@pytest.mark.parametrize("size", [0.01, 0.4, 1.0, 1.9])
def test_overlap_agrees_with_polygon_intersection(size: float) -> None:
    """Random quadrilaterals of either sense, concave ones among them, match shapely's areas."""
    x, y = random_quads(500, size, seed=7)
    valid = shapely.is_valid(shapely.polygons(np.stack([x, y], axis=-1).swapaxes(0, 1)))
    x, y = x[:, valid], y[:, valid]
    assert valid.sum() > 300
    assert (net_area(x, y) < 0).any()
    assert (net_area(x, y) > 0).any()
    # Where the area is small against the extent, the fraction magnifies the error of the area.
    extent = np.ptp(x, axis=0) * np.ptp(y, axis=0)
    error = np.abs(overlap_fractions(x, y, 4, 4) - shapely_fractions(x, y, 4))
    # An intersection near coordinate 2 is rounded by 4.4e-16, along an outline of up to 8 sizes.
    rounded = 8 * 4.4e-16 / size
    assert (error * np.abs(net_area(x, y)) / extent).max() < AREA_ROUNDOFF + rounded


def test_aligned_squares_are_products_of_lengths() -> None:
    """An upright box covers each pixel by width times height, with exact zeros elsewhere."""
    rng = np.random.default_rng(3)
    low = rng.uniform(0, 1, (2, 200))
    high = low + rng.uniform(0.1, 2.0, (2, 200))
    x = np.array([low[0], high[0], high[0], low[0]])
    y = np.array([low[1], low[1], high[1], high[1]])
    pixels = np.arange(3.0)[:, None]
    along = [
        np.clip(np.minimum(high[axis], pixels + 1) - np.maximum(low[axis], pixels), 0, None)
        for axis in (0, 1)
    ]
    expected = along[1][:, None] * along[0] / np.prod(high - low, axis=0)
    fractions = overlap_fractions(x, y, 3, 3)
    assert np.abs(fractions - expected).max() < AREA_ROUNDOFF
    assert ((fractions == 0) == (expected == 0)).all()


@pytest.mark.parametrize("tilt", [1e-16, 1e-14, 1e-12, 1e-9, 1e-6])
def test_nearly_aligned_edges_lose_no_digits(tilt: float) -> None:
    """An edge that hardly rises divides by a difference near zero, and stays exact all the same."""
    x = np.array([0.3, 2.7, 2.7 - tilt, 0.3 - tilt])[:, None]
    y = np.array([0.4, 0.4 + tilt, 2.2 + tilt, 2.2])[:, None]
    expected = np.outer([0.6, 1.0, 0.2], [0.7, 1.0, 0.7]) / (2.4 * 1.8)
    fractions = overlap_fractions(x, y, 3, 3)[..., 0]
    assert np.abs(fractions - expected).max() < AREA_ROUNDOFF + tilt
    assert fractions.sum() == pytest.approx(1.0, abs=AREA_ROUNDOFF)


def test_tiny_drops_keep_their_relative_accuracy() -> None:
    """A drop of a millionth of a pixel on a corner splits into four quarters."""
    half = 2.0**-21
    x = 1 + half * np.array([-1.0, 1.0, 1.0, -1.0])[:, None]
    y = 1 + half * np.array([-1.0, -1.0, 1.0, 1.0])[:, None]
    assert np.abs(overlap_fractions(x, y, 2, 2) - 0.25).max() < AREA_ROUNDOFF


def test_quadrilaterals_without_area_give_nothing() -> None:
    """A point, a line and a symmetric bow tie have no net area and no weight."""
    x = np.array([[0.5, 0.5, 0.5, 0.5], [0.1, 1.9, 1.9, 0.1], [0.5, 1.5, 0.5, 1.5]]).T
    y = np.array([[0.5, 0.5, 0.5, 0.5], [0.7, 0.7, 0.7, 0.7], [0.5, 0.5, 1.5, 1.5]]).T
    assert (overlap_fractions(x, y, 2, 2) == 0).all()


def test_crossed_outlines_count_their_lobes_with_sign() -> None:
    """An uneven bow tie: the larger lobe positive, the other negative, together 1."""
    # The two rising sides meet at (1, 1.25): a triangle of base 1.5 below, one of base 0.5 above.
    x = np.array([0.25, 1.75, 0.75, 1.25])[:, None]
    y = np.array([0.0, 0.0, 5 / 3, 5 / 3])[:, None]
    crossing = 1.25
    lower, upper = 1.5 * crossing / 2, 0.5 * (5 / 3 - crossing) / 2
    below_one = lower - 1.5 * (crossing - 1) ** 2 / crossing / 2
    rows = overlap_fractions(x, y, 2, 2)[..., 0].sum(axis=1)
    assert rows == pytest.approx(
        np.array([below_one, lower - below_one - upper]) / (lower - upper), abs=AREA_ROUNDOFF
    )
