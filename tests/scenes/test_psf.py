"""Point-spread functions: normalised, of the declared width, compact; errors."""

import numpy as np
import pytest
from astropy.io import fits

from harness.errors import SceneError
from harness.scenes.psf import make_psf
from harness.scenes.psf_image import drizzlepac_psf_path, read_psf_image

FLUX_ERROR = 1e-6
"""Of the integral, by a sum over cells of a fortieth of the FWHM; for smooth functions that
vanish at the border it converges faster than any power."""
TAPER = 8e-7
"""Of a Gaussian: what the taper between 4.9 and 6.1 sigma takes (6.2e-7) goes to the rest."""
FWHM = 0.151


def sum_over_cells(psf, step):
    """Integrate a density over its square by the midpoint rule."""
    half = np.arange(step / 2, psf.radius + step, step)
    axis = np.concatenate([-half[::-1], half])
    total = 0.0
    for part in np.array_split(axis, 20):
        total += psf.density(*np.meshgrid(axis, part)).sum()
    return total * step**2


@pytest.mark.parametrize("kind", ["gaussian", "moffat", "airy"])
def test_integral_is_one(kind):
    """The whole flux is inside the radius."""
    psf = make_psf(kind, FWHM)
    step = FWHM / (40 if kind == "gaussian" else 12)
    assert sum_over_cells(psf, step) == pytest.approx(1.0, abs=FLUX_ERROR)


@pytest.mark.parametrize("kind", ["gaussian", "moffat", "airy"])
def test_half_maximum_is_at_half_the_width(kind):
    """The density falls to half of its centre at FWHM / 2 and is zero beyond the radius."""
    psf = make_psf(kind, FWHM)
    x = np.array([0.0, FWHM / 2, psf.radius * 1.001])
    centre, half, beyond = psf.density(x, np.zeros(3))
    assert half / centre == pytest.approx(0.5, rel=1e-6)
    assert beyond == 0


def test_gaussian_is_the_formula():
    """Near the centre the Gaussian is exp(-4 ln 2 r^2 / FWHM^2), normalised."""
    psf = make_psf("gaussian", FWHM)
    r = np.linspace(0, FWHM, 7)
    expected = 4 * np.log(2) / np.pi / FWHM**2 * np.exp(-4 * np.log(2) * (r / FWHM) ** 2)
    np.testing.assert_allclose(psf.density(r, 0 * r), expected, rtol=TAPER)


def test_moffat_has_the_wings_of_its_beta():
    """Far out a Moffat falls as r^(-2 beta)."""
    psf = make_psf("moffat", FWHM, beta=2.5)
    alpha = FWHM / 2 / np.sqrt(2 ** (1 / 2.5) - 1)
    r = np.array([3.0, 6.0]) * FWHM
    near, far = psf.density(r, np.zeros(2))
    ratio = ((1 + (r[1] / alpha) ** 2) / (1 + (r[0] / alpha) ** 2)) ** -2.5
    assert far / near == pytest.approx(ratio, rel=1e-9)


def test_airy_has_its_dark_ring():
    """The first dark ring is at 1.21967 / 1.02899 FWHM."""
    psf = make_psf("airy", FWHM)
    dark = FWHM * 1.2196699 / 1.0289939
    assert psf.density(np.array([dark]), np.zeros(1))[0] < 1e-9 * psf.density(*np.zeros((2, 1)))[0]


@pytest.mark.parametrize(
    ("instrument", "detector", "band"), [("WFC3", "IR", "F160W"), ("ACS", "WFC", "F606W")]
)
def test_images_of_drizzlepac_are_normalised(instrument, detector, band):
    """The Tiny Tim images that drizzlepac ships become densities of integral 1."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    image, scale = read_psf_image(drizzlepac_psf_path(instrument, detector, band))
    psf = make_psf("image", 0.0, image=image, image_scale=scale)
    # A spline of sampled data is smooth to third order only.
    assert sum_over_cells(psf, scale / 5) == pytest.approx(1.0, abs=1e-4)
    assert 0.05 < psf.fwhm < 0.25
    peak = psf.density(np.zeros(1), np.zeros(1))[0]
    around = psf.density(np.array([scale, -scale, 0, 0]), np.array([0, 0, scale, -scale]))
    assert (around < peak).all()


def test_image_of_a_gaussian_is_that_gaussian():
    """Samples of a Gaussian, off centre, give its density back."""
    scale, centre = 0.02, (31.3, 29.6)
    y, x = np.mgrid[0:61, 0:61]
    model = make_psf("gaussian", FWHM)
    image = model.density((x - centre[0]) * scale, (y - centre[1]) * scale)
    psf = make_psf("image", 0.0, image=image, image_scale=scale)
    assert psf.fwhm == pytest.approx(FWHM, rel=0.002)
    at = np.array([0.0, 0.03, 0.07])
    # The peak is found by a parabola, a few thousandths of a sample from the Gaussian's.
    np.testing.assert_allclose(psf.density(at, at), model.density(at, at), rtol=0.01)


def test_unknown_model_names_those_there_are():
    """The error lists the kinds."""
    with pytest.raises(SceneError, match="moffat"):
        make_psf("boxcar", FWHM)


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        ("gaussian", {"fwhm": 0.0}, "fwhm"),
        ("moffat", {"fwhm": 0.1, "beta": 1.0}, "beta"),
        ("image", {"fwhm": 0.1}, "image"),
        ("image", {"fwhm": 0.1, "image": np.zeros((9, 9)), "image_scale": 0.1}, "positive"),
        ("image", {"fwhm": 0.1, "image": np.eye(9), "image_scale": 0.1}, "edge"),
    ],
)
def test_bad_arguments_are_refused(kind, arguments, said):
    """Each error names what is wrong."""
    with pytest.raises(SceneError, match=said):
        make_psf(kind, **arguments)


def test_file_without_scale_is_refused(tmp_path):
    """An image PSF must say its scale."""
    path = tmp_path / "psf.fits"
    fits.writeto(path, np.ones((9, 9), np.float32))
    with pytest.raises(SceneError, match="PIXSCALE"):
        read_psf_image(path)
    with pytest.raises(SceneError, match="nowhere"):
        read_psf_image(tmp_path / "nowhere.fits")


def test_missing_image_of_drizzlepac_is_named():
    """A filter without image is told with where it was looked for."""
    pytest.importorskip("drizzlepac", reason="drizzlepac is not installed")
    with pytest.raises(SceneError, match="f999w"):
        drizzlepac_psf_path("WFC3", "IR", "F999W")
