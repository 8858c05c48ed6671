import math
from types import SimpleNamespace

import numpy as np
import pytest

from harness.cores.oracle_kernels import (
    FWHM_PER_SIGMA,
    GAUSSIAN_REACH,
    LANCZOS_STEP,
    RESOLUTION,
    footprints,
)
from harness.model import DrizzleParams, OutputGrid

ROUNDOFF = 1e-12
"""Products of a few float64 factors of order 1."""
SHAPE = (41, 43)


def impulse_image(kernel: str, x: float, y: float, *, pixfrac: float, ratio: float) -> np.ndarray:
    """Return what one input pixel, centred at (x, y), gives to each output pixel."""
    exposure = SimpleNamespace(
        name="impulse",
        data=np.ones((1, 1)),
        weight_map=np.ones((1, 1)),
        pixmap=np.array([[[x, y]]]),
        pixel_scale=1.0,
    )
    grid = OutputGrid(shape=SHAPE, pixel_scale=ratio)
    image = np.zeros(SHAPE)
    params = DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=grid)
    for some in footprints(exposure, params):
        assert some.pixel.tolist() == [0]
        x0, y0 = int(some.x[0]), int(some.y[0])
        span_y, span_x = some.fraction.shape[:2]
        image[y0 : y0 + span_y, x0 : x0 + span_x] += some.fraction[..., 0]
    return image


def test_point_fills_the_pixel_that_holds_the_centre() -> None:
    """All weight goes to one pixel; an edge belongs to the pixel above it."""
    for x, column in [(20.2, 20), (20.49, 20), (20.51, 21), (20.5, 21), (19.5, 20)]:
        image = impulse_image("point", x, 10.0, pixfrac=0.7, ratio=0.5)
        assert image[10, column] == 1
        assert image.sum() == 1
    # Pixel 0 spans -0.5 to 0.5 like the others, its lower edge included.
    assert impulse_image("point", -0.5, -0.5, pixfrac=0.7, ratio=0.5)[0, 0] == 1
    assert impulse_image("point", 42.5, 10.0, pixfrac=0.7, ratio=0.5).sum() == 0


@pytest.mark.parametrize("kernel", ["square", "turbo", "gaussian", "lanczos2"])
@pytest.mark.parametrize("pixfrac", [0.0, 0.001])
def test_vanishing_drops_are_points(kernel: str, pixfrac: float) -> None:
    """Up to pixfrac 0.001 the drop of any kernel is a point."""
    image = impulse_image(kernel, 20.4999, 10.0, pixfrac=pixfrac, ratio=1.0)
    assert image[10, 20] == image.sum() == 1
    assert (image != 0).sum() == 1


@pytest.mark.parametrize(("pixfrac", "ratio"), [(1.0, 1.0), (0.6, 0.5), (0.1, 0.3), (1.0, 2.0)])
def test_turbo_is_an_upright_square(pixfrac: float, ratio: float) -> None:
    """Its side is pixfrac input pixels, its weight spreads by overlap area."""
    x, y, size = 20.31, 19.87, pixfrac / ratio
    along_x, along_y = (
        np.clip(
            np.minimum(np.arange(count) + 0.5, centre + size / 2)
            - np.maximum(np.arange(count) - 0.5, centre - size / 2),
            0,
            None,
        )
        for count, centre in ((SHAPE[1], x), (SHAPE[0], y))
    )
    image = impulse_image("turbo", x, y, pixfrac=pixfrac, ratio=ratio)
    assert np.abs(image - np.outer(along_y, along_x) / size**2).max() < ROUNDOFF
    assert image.sum() == pytest.approx(1, abs=ROUNDOFF)


@pytest.mark.parametrize(("pixfrac", "ratio"), [(1.0, 1.0), (0.6, 0.5), (0.3, 0.3), (1.0, 2.0)])
def test_gaussian_has_its_width_and_reach(pixfrac: float, ratio: float) -> None:
    """FWHM = pixfrac input pixels, unit integral, sampled at pixel centres, cut at its reach."""
    x, y = 20.31, 19.87
    sigma = pixfrac / ratio / FWHM_PER_SIGMA
    rows, columns = np.indices(SHAPE)
    squared = (rows - y) ** 2 + (columns - x) ** 2
    expected = np.exp(-squared / (2 * sigma**2)) / (2 * math.pi * sigma**2)
    reach = max(2.5 * sigma, GAUSSIAN_REACH / ratio)
    # Pixels that meet the square of the reach.
    inside = (np.abs(rows - y) < reach + 0.5) & (np.abs(columns - x) < reach + 0.5)
    image = impulse_image("gaussian", x, y, pixfrac=pixfrac, ratio=ratio)
    assert np.abs(image - expected * inside).max() < ROUNDOFF
    assert ((image > 0) == inside).all()


def test_a_pixel_edge_on_the_reach_belongs_to_the_upper_pixel() -> None:
    """With the reach ending on pixel edges at both ends, the upper pixel is met, not the lower."""
    image = impulse_image("gaussian", 20.1, 20.1, pixfrac=1.0, ratio=0.5)
    # The square of +-2.4 ends at 17.7 (inside pixel 18) and at 22.5, where pixel 23 begins.
    assert np.flatnonzero(image.any(axis=0)).tolist() == [18, 19, 20, 21, 22, 23]
    image = impulse_image("gaussian", 19.9, 19.9, pixfrac=1.0, ratio=0.5)
    # Here it begins at 17.5, where pixel 17 ends, and ends inside pixel 22.
    assert np.flatnonzero(image.any(axis=0)).tolist() == [18, 19, 20, 21, 22]


def test_gaussian_width_is_the_documented_one() -> None:
    """At half a FWHM from the centre the kernel has half its peak, to the digits of 2.3548."""
    peak = impulse_image("gaussian", 20.0, 20.0, pixfrac=1.0, ratio=0.25)[20, 20]
    half = impulse_image("gaussian", 20.0, 20.0, pixfrac=1.0, ratio=0.25)[20, 22]
    assert half / peak == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_lanczos_is_the_windowed_sinc(order: int, ratio: float) -> None:
    """Within its step the kernel is sinc(t) sinc(t / order), zero beyond, whatever the pixfrac."""
    x, y = 20.31, 19.87
    rows, columns = np.indices(SHAPE)

    def lanczos(offset: np.ndarray) -> np.ndarray:
        t = np.abs(offset) * ratio
        return np.where(t < order, np.sinc(t) * np.sinc(t / order), 0)

    image = impulse_image(f"lanczos{order}", x, y, pixfrac=1.0, ratio=ratio)
    steepest = 1.5
    expected = lanczos(rows - y) * lanczos(columns - x)
    # Off by half a step in x and in y, on a slope below 1.5 in each.
    assert np.abs(image - expected).max() < 2 * steepest * LANCZOS_STEP / 2
    assert (image == impulse_image(f"lanczos{order}", x, y, pixfrac=0.3, ratio=ratio)).all()
    assert (image[np.abs(rows - y) * ratio > order + LANCZOS_STEP] == 0).all()


def test_lanczos_takes_the_nearest_tabulated_value() -> None:
    """A pixel at offset 0.7 of a step past an entry shows the next entry's value."""
    offset = 0.5 + 0.0007
    image = impulse_image("lanczos3", 20.0 + offset, 20.0, pixfrac=1.0, ratio=1.0)
    entry = round(offset / LANCZOS_STEP) * LANCZOS_STEP
    assert image[20, 20] == pytest.approx(np.sinc(entry) * np.sinc(entry / 3), abs=ROUNDOFF)
    assert image[20, 20] != pytest.approx(np.sinc(offset) * np.sinc(offset / 3), abs=1e-4)


def test_touching_pixels_are_not_contributions() -> None:
    """A box that ends on a pixel edge up to roundoff leaves the next pixel at exactly zero."""
    image = impulse_image("turbo", 20.0 + 2.0**-47, 20.0, pixfrac=1.0, ratio=1.0)
    assert (image != 0).sum() == 1
    image = impulse_image("turbo", 20.0 + 10 * RESOLUTION, 20.0, pixfrac=1.0, ratio=1.0)
    assert (image != 0).sum() == 2
