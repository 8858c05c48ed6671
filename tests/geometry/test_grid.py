import dataclasses

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS, Sip

from harness.errors import GeometryError
from harness.geometry import make_grid, native_scale
from harness.geometry.grid import MARGIN, orientation_of

POSITIONS = [(150.0, 2.0), (0.0001, -30.0), (359.9999, 60.0), (10.0, 89.999), (200.0, -90.0)]
"""Across right ascension 0, and at the poles."""
MILLIARCSEC = 1e-3 / 3600


def sky_outline(exposure) -> SkyCoord:
    """Return the outer edges of the border pixels on the sky."""
    ny, nx = exposure.data.shape
    x, y = np.meshgrid(np.linspace(-0.5, nx - 0.5, 81), np.linspace(-0.5, ny - 0.5, 81))
    border = (x == -0.5) | (x == nx - 0.5) | (y == -0.5) | (y == ny - 0.5)
    ra, dec = exposure.wcs.all_pix2world(x[border], y[border], 0)
    return SkyCoord(ra, dec, unit="deg")


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("parity", [-1, 1])
def test_the_grid_holds_all_exposures_and_little_more(
    position, parity, make_wcs, make_exposure
) -> None:
    """Every outline lies in the grid, `MARGIN` from its edges and not a pixel more, anywhere."""
    exposures = [
        make_exposure(
            make_wcs(*position, angle=angle, parity=parity, distortion=3.0), name=f"e{angle}"
        )
        for angle in (20.0, 75.0, 200.0)
    ]
    grid = make_grid(exposures, 0.065)
    points = [sky_outline(exposure) for exposure in exposures]
    x, y = np.hstack([grid.wcs.world_to_pixel(sky) for sky in points])
    ny, nx = grid.shape
    assert grid.wcs.pixel_shape == (nx, ny)
    for at, size in ((x, nx), (y, ny)):
        assert at.min() >= MARGIN
        assert at.min() < MARGIN + 1
        assert at.max() <= size - 1 - MARGIN
        assert at.max() > size - 2 - MARGIN


def test_edges_that_bulge_are_held(make_wcs, make_exposure) -> None:
    """Barrel distortion puts the middle of an edge further out than its ends."""
    wcs = make_wcs(angle=0.0)
    a, b = np.zeros((4, 4)), np.zeros((4, 4))
    a[1, 2] = b[2, 1] = -0.004 / 25
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    exposure = make_exposure(wcs)
    grid = make_grid([exposure], 0.0605, margin=0)
    x, y = grid.wcs.world_to_pixel(sky_outline(exposure))
    assert min(x.min(), y.min()) >= 0
    assert x.max() <= grid.shape[1] - 1
    assert y.max() <= grid.shape[0] - 1


@pytest.mark.parametrize("position", POSITIONS[:3])
@pytest.mark.parametrize("angle", [None, 0.0, 123.0])
def test_the_grid_is_undistorted_square_and_turned_as_asked(
    position, angle, make_wcs, make_exposure
) -> None:
    """Pixels measure `scale` both ways; +y points where asked, with east to its left."""
    wcs = make_wcs(*position, angle=30.0, parity=1, distortion=3.0)
    grid = make_grid([make_exposure(wcs)], 0.065, orientation=angle)
    assert grid.wcs.sip is None
    centre = SkyCoord(*grid.wcs.wcs.crval, unit="deg")
    x, y = grid.wcs.world_to_pixel(centre)
    right, up = (grid.wcs.pixel_to_world(x + dx, y + dy) for dx, dy in ((1, 0), (0, 1)))
    for neighbour in (right, up):
        assert centre.separation(neighbour).arcsec == pytest.approx(0.065, rel=1e-6)
    expected = 30.0 if angle is None else angle
    assert centre.position_angle(up).deg == pytest.approx(expected, abs=0.01)
    # East lies to the left of +y, so the right lies a quarter turn clockwise on the sky.
    turn = (centre.position_angle(right) - centre.position_angle(up)).wrap_at(180 * u.deg)
    assert turn.deg == pytest.approx(-90, abs=0.01)


def test_the_reference_point_is_the_centre_of_the_exposures(make_wcs, make_exposure) -> None:
    """Two fields either side of right ascension 0 meet in the middle, not on the other side."""
    exposures = [make_exposure(make_wcs(ra, 10.0)) for ra in (359.999, 0.003)]
    grid = make_grid(exposures, 0.1)
    centre = SkyCoord(*grid.wcs.wcs.crval, unit="deg")
    assert centre.separation(SkyCoord(0.001, 10.0, unit="deg")).deg < MILLIARCSEC * 20


@pytest.mark.parametrize("dec", [-89.0, 0.0, 75.0])
def test_native_scale_is_the_root_of_the_pixel_area(dec, make_wcs) -> None:
    """Anisotropic pixels count by area; distortion, parity and place do not matter."""
    wcs = make_wcs(12.0, dec, scale=(0.1355, 0.1211), parity=1, distortion=5.0)
    assert native_scale(wcs) == pytest.approx(np.sqrt(0.1355 * 0.1211), rel=1e-9)


@pytest.mark.parametrize("angle", [0.0, 45.0, 179.0, -120.0])
@pytest.mark.parametrize("parity", [-1, 1])
def test_orientation_is_the_position_angle_of_the_y_axis(angle, parity, make_wcs) -> None:
    """Degrees east of north, whatever the parity and however the matrix is written."""
    wcs = make_wcs(angle=angle, parity=parity)
    assert orientation_of(wcs) == pytest.approx(angle, abs=1e-9)
    by_pc = WCS(naxis=2)
    by_pc.wcs.ctype, by_pc.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, 2.0]
    by_pc.wcs.cdelt = [-0.1 / 3600, 0.1 / 3600]
    by_pc.wcs.pc = wcs.wcs.cd / np.array(by_pc.wcs.cdelt)[:, None]
    assert orientation_of(by_pc) == pytest.approx(angle, abs=1e-9)


def test_one_row_of_pixels_has_a_grid(make_wcs, make_exposure) -> None:
    """A 1xN frame is held like any other."""
    wcs = make_wcs(angle=0.0, shape=(1, 50))
    grid = make_grid([make_exposure(wcs, shape=(1, 50))], 0.1211, margin=0)
    # Its row spans -0.5 to 0.5 about the reference point, which is the centre of a pixel.
    assert grid.shape == (3, 57)


@pytest.mark.parametrize(
    ("scale", "positions", "message"),
    [
        (0.0, [(1, 2)], "scale is 0.0"),
        (-0.1, [(1, 2)], "scale is -0.1"),
        (float("nan"), [(1, 2)], "scale is nan"),
        (0.1, [], "no exposures"),
        (0.1, [(10, 20), (14, 20)], r"span 1.17e\+05 output pixels"),
        (0.1, [(0, 0), (180, 1)], "span"),
        (1e-6, [(1, 2)], "span"),
    ],
)
def test_impossible_grids_are_refused(scale, positions, message, make_wcs, make_exposure) -> None:
    """Scales that are no scale, and fields too far apart for one plane, get a message."""
    exposures = [make_exposure(make_wcs(*position)) for position in positions]
    with pytest.raises(GeometryError, match=message):
        make_grid(exposures, scale)


def test_exposures_without_a_sky_are_named(make_wcs, make_exposure) -> None:
    """No WCS, and one that is not celestial, are errors that name the chip."""
    with pytest.raises(GeometryError, match=r"exposure e1\[2\]: has no celestial WCS"):
        make_grid([make_exposure(None, chip=2)], 0.1)
    exposure = dataclasses.replace(make_exposure(make_wcs()), wcs=WCS(naxis=2))
    with pytest.raises(GeometryError, match="has no celestial WCS"):
        make_grid([exposure], 0.1)
