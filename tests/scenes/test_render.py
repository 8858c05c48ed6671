"""Stars on pixels: flux, width, and position survive distortion and anisotropic pixels."""

import numpy as np
import pytest
from scipy.special import erf

from harness.scenes.detector import load_detector
from harness.scenes.optics import find_pixels, make_wcs, map_near
from harness.scenes.psf import make_psf
from harness.scenes.render import render_stars

FLUX_ERROR = 2e-6
"""Of the flux: the integral of the density is 1 within 1e-7, and the rule over pixels adds 1e-6."""
PIXEL_ERROR = 8e-7
"""Of the peak pixel, for a Gaussian against its closed integral: 6.2e-7 of the flux is taken by
the taper between 4.9 and 6.1 sigma and given to the rest, and 1e-8 for each axis' rule."""
BENT_ERROR = 1e-5
"""Of a pixel's light three pixels off, where the second order leaves out u^3 times 1e-9 a pixel
and the rule is good to 1e-8 of the peak."""
CENTROID_ERROR = 1e-3
"""Pixels: distortion makes a star as large as ten pixels lopsided by the curvature of the map,
3e-5 per pixel times the variance of the star in pixels."""


@pytest.mark.parametrize(
    ("detector", "kind", "corner"),
    [
        ("wfc3-ir", "gaussian", None),
        ("wfc3-ir", "moffat", (0, 0)),
        ("acs-hrc", "gaussian", (0, 0)),
        ("acs-wfc", "gaussian", (0, 0)),
        ("wfc3-uvis", "airy", (1900, 3900)),
        ("jwst-niriss", "gaussian", (1900, 1900)),
    ],
)
def test_flux_is_conserved_under_distortion(make_frame, detector, kind, corner):
    """The pixels of a star sum to its flux, wherever on the chip it is and at any phase."""
    loaded = load_detector(detector)
    fwhm = 1.3 * loaded.pixel_scale
    psf = make_psf(kind, fwhm)
    frame = make_frame(detector, (60, 60), corner=corner)
    for phase in (0.0, 0.37):
        x, y = np.array([29.6 + phase]), np.array([30.2 - phase])
        image = render_stars(frame, x, y, np.array([750.0]), psf)
        assert image.sum() == pytest.approx(750.0, rel=FLUX_ERROR)
        assert image.min() >= 0


def test_pixels_are_the_closed_integral(make_frame):
    """Without distortion a Gaussian over an upright pixel is a product of error functions."""
    frame = make_frame("wfc3-ir", (24, 24), distorted=False)
    psf = make_psf("gaussian", 0.151)
    x, y = 11.3, 12.45
    image = render_stars(frame, np.array([x]), np.array([y]), np.array([1.0]), psf)
    sigma = 0.151 / np.sqrt(8 * np.log(2))
    edges = np.arange(25) - 0.5
    across = np.diff(erf((edges - x) * 0.1355 / sigma / np.sqrt(2))) / 2
    up = np.diff(erf((edges - y) * 0.1211 / sigma / np.sqrt(2))) / 2
    expected = np.outer(up, across)
    assert np.abs(image - expected).max() < PIXEL_ERROR * expected.max()


def test_second_moments_add_that_of_the_pixel(make_frame):
    """Integration over pixels widens a Gaussian by a twelfth of the pixel's side squared."""
    frame = make_frame("wfc3-ir", (40, 40), distorted=False)
    image = render_stars(
        frame, np.array([19.3]), np.array([20.1]), np.ones(1), make_psf("gaussian", 0.4)
    )
    y, x = np.mgrid[0:40, 0:40]
    sigma = 0.4 / np.sqrt(8 * np.log(2))
    for axis, centre, side in ((x, 19.3, 0.1355), (y, 20.1, 0.1211)):
        variance = (image * (axis - centre) ** 2).sum() / image.sum() * side**2
        # The wings cut at 6 sigma hold 1e-6 of the second moment.
        assert variance == pytest.approx(sigma**2 + side**2 / 12, rel=1e-5)


@pytest.mark.parametrize("detector", ["wfc3-ir", "acs-hrc", "acs-wfc", "roman-wfi"])
def test_centroids_are_the_positions(make_frame, detector):
    """A star's centroid is where the WCS puts it, distortion included."""
    loaded = load_detector(detector)
    frame = make_frame(detector, (60, 60), corner=(0, 0))
    wcs = make_wcs(frame, pointing=(161.77, 17.27), orientat=23.0, postarg=np.array([0.3, -0.2]))
    ra, dec = wcs.all_pix2world([28.37], [31.81], 0)
    x, y = find_pixels(frame, wcs, ra, dec)
    np.testing.assert_allclose([x[0], y[0]], [28.37, 31.81], atol=1e-7)
    image = render_stars(frame, x, y, np.ones(1), make_psf("gaussian", 1.5 * loaded.pixel_scale))
    rows, columns = np.mgrid[0:60, 0:60]
    centroid = [(image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()]
    np.testing.assert_allclose(centroid, [28.37, 31.81], atol=CENTROID_ERROR)


@pytest.mark.parametrize(("detector", "corner"), [("wfc3-ir", (0, 0)), ("acs-wfc", (0, 4000))])
def test_far_pixels_are_integrated_along_the_bent_grid(make_frame, detector, corner):
    """Pixels three away get the integral over the whole distortion, curvature included."""
    loaded = load_detector(detector)
    frame = make_frame(detector, (20, 20), corner=corner)
    wcs = make_wcs(frame, pointing=(10.0, 0.0), orientat=0.0, postarg=np.zeros(2))
    psf = make_psf("gaussian", 2.5 * loaded.pixel_scale)
    star = np.array([[9.3, 10.2]])
    image = render_stars(frame, *star.T, np.ones(1), psf)
    node, weight = np.polynomial.legendre.leggauss(12)
    across, up = np.meshgrid(node / 2, node / 2)
    matrix = np.array(frame.chip.matrix)
    for column, row in ((6, 10), (12, 13), (9, 7)):
        x, y = across.ravel() + column, up.ravel() + row
        bent = wcs.sip_pix2foc(np.column_stack([x, y]), 0) - wcs.sip_pix2foc(star, 0)
        area = np.abs(np.linalg.det(map_near(frame, x, y).jacobian))
        light = psf.density(*(matrix @ bent.T)) * area
        expected = (light * np.outer(weight, weight).ravel() / 4).sum()
        assert image[row, column] == pytest.approx(expected, rel=BENT_ERROR)


def test_image_psf_keeps_its_flux(make_frame):
    """An image that drizzlepac ships is put on pixels whole."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    from harness.scenes.psf_image import drizzlepac_psf_path, read_psf_image

    image, scale = read_psf_image(drizzlepac_psf_path("WFC3", "IR", "F160W"))
    psf = make_psf("image", 0.0, image=image, image_scale=scale)
    side = 2 * int(psf.radius / 0.12) + 8
    frame = make_frame("wfc3-ir", (side, side))
    pixels = render_stars(frame, np.full(1, side / 2), np.full(1, side / 2), np.ones(1), psf)
    # Sampled wings are not as smooth as the rule's error assumes.
    assert pixels.sum() == pytest.approx(1.0, abs=1e-3)


def test_star_at_the_edge_loses_what_falls_outside(make_frame):
    """Half of a star on the border is collected, one far away adds nothing."""
    frame = make_frame("wfc3-ir", (30, 30), distorted=False)
    psf = make_psf("gaussian", 0.151)
    half = render_stars(frame, np.array([-0.5]), np.array([15.0]), np.ones(1), psf)
    assert half.sum() == pytest.approx(0.5, abs=FLUX_ERROR)
    far = render_stars(frame, np.array([-40.0]), np.array([15.0]), np.ones(1), psf)
    assert not far.any()


def test_map_is_the_derivative_of_the_wcs(make_frame):
    """The Jacobian is that of the WCS, in arcsec, up to the rotation to the sky."""
    frame = make_frame("acs-wfc", (60, 60), corner=(100, 3900))
    wcs = make_wcs(frame, pointing=(10.0, 0.0), orientat=0.0, postarg=np.zeros(2))
    step = 0.01
    x, y = np.array([30.0]), np.array([31.0])
    jacobian = map_near(frame, x, y).jacobian[0]
    ends = np.array([[30 - step, 31], [30 + step, 31], [30, 31 - step], [30, 31 + step]])
    plane = wcs.sip_pix2foc(ends, 1) + 0.0
    bent = np.stack([plane[1] - plane[0], plane[3] - plane[2]], axis=1) / (2 * step)
    # sip_pix2foc counts pixels from 1, so the step is about pixel (30, 31) of that count.
    again = map_near(frame, x - 1, y - 1).jacobian[0]
    expected = np.array(frame.chip.matrix) @ bent
    np.testing.assert_allclose(again, expected, rtol=1e-8, atol=1e-9)
    assert np.abs(jacobian - expected).max() > 1e-9
