"""Point-spread functions on the sky: photutils models, made compact and normalised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import SceneError

Array = npt.NDArray[np.float64]

KINDS = ("gaussian", "moffat", "airy", "image")
GAUSSIAN_REACH = 2.6
"""Radius of a Gaussian in FWHM: 2.6 FWHM is 6.1 sigma, outside of which is 8e-9 of the flux; the
taper inside takes 6e-7 of it, and the rest is normalised to 1."""
WING_REACH = 12.0
"""Radius of the other models in FWHM. What they have farther out (1e-5 of a Moffat with
beta = 4.765, 2 % of an Airy disk) is cut and the rest normalised to 1."""
TAPER_START = 0.8
"""The cut is a cosine from this fraction of the radius, for a step cannot be integrated well."""
MOFFAT_BETA = 4.765
"""Trujillo et al. 2001, MNRAS 328, 977: the wings of Kolmogorov turbulence."""
AIRY_FWHM_OVER_RADIUS = 0.8436659602162364
"""FWHM of an Airy pattern over the radius of its first dark ring: 1.0289939 / 1.2196699."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PointSpread:
    """A point-spread function on the sky.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    fwhm : float
        Full width at half maximum, arcsec.
    radius : float
        Beyond which it is zero, arcsec.
    density : callable
        (x, y) arcsec from the star in the POSTARG frame to the fraction of the flux per square
        arcsec; its integral is 1 within 1e-7.
    """

    kind: str
    fwhm: float
    radius: float
    density: Callable[[Array, Array], Array]


def make_psf(
    kind: str,
    fwhm: float,
    *,
    beta: float = MOFFAT_BETA,
    image: Array | None = None,
    image_scale: float = 0.0,
) -> PointSpread:
    """Make a point-spread function.

    Parameters
    ----------
    kind : {"gaussian", "moffat", "airy", "image"}
        Model: `photutils.psf` CircularGaussianPSF, MoffatPSF, AiryDiskPSF or ImagePSF.
    fwhm : float
        Arcsec; an image has its own, and this is ignored.
    beta : float, optional
        Exponent of the Moffat profile.
    image : ndarray, (ny, nx), float64, optional
        For "image": samples of the function, along the axes of the detector, its centre where the
        brightest parabola peak is.
    image_scale : float, optional
        Arcsec between samples. An image that has been integrated over pixels (as the Tiny Tim
        images in drizzlepac's pars/psfs have) keeps that blur beside the one that the detector's
        pixels add.

    Returns
    -------
    PointSpread
        Circular on the sky but for "image".

    Raises
    ------
    SceneError
        If the kind is unknown or its arguments do not fit.
    """
    from photutils.psf import AiryDiskPSF, CircularGaussianPSF, MoffatPSF

    if kind not in KINDS:
        raise SceneError(
            f"no PSF model {kind!r}",
            where="psf",
            allowed=", ".join(KINDS),
            remedy="Name one of these",
        )
    if kind == "image":
        return _image_psf(image, image_scale)
    if not fwhm > 0:
        raise SceneError(f"fwhm is {fwhm}", where="psf", allowed="a positive number of arcsec")
    if kind == "gaussian":
        return _radial_psf(kind, fwhm, GAUSSIAN_REACH * fwhm, CircularGaussianPSF(fwhm=fwhm))
    if kind == "moffat":
        if not beta > 1:
            raise SceneError(f"beta is {beta}", where="psf", allowed="a number above 1")
        alpha = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / beta) - 1.0))
        return _radial_psf(kind, fwhm, WING_REACH * fwhm, MoffatPSF(alpha=alpha, beta=beta))
    model = AiryDiskPSF(radius=fwhm / AIRY_FWHM_OVER_RADIUS)
    return _radial_psf(kind, fwhm, WING_REACH * fwhm, model)


def _radial_psf(kind: str, fwhm: float, radius: float, model: Any) -> PointSpread:
    # Not by calling the model, which spends more time on its parameters than on the light.
    parameters = tuple(model.parameters)
    profile = _tapered(lambda x, y: model.evaluate(x, y, *parameters), radius)
    norm = _integrate_rings(profile, radius, rings=round(8 * radius / fwhm))

    def density(x: Array, y: Array) -> Array:
        return profile(x, y) / norm

    return PointSpread(kind=kind, fwhm=fwhm, radius=radius, density=density)


def _tapered(model: Any, radius: float) -> Callable[[Array, Array], Array]:
    def profile(x: Array, y: Array) -> Array:
        light = np.asarray(model(x, y))
        squared = x * x
        squared += y * y
        outer = squared > (TAPER_START * radius) ** 2
        phase = (np.sqrt(squared[outer]) / radius - TAPER_START) / (1.0 - TAPER_START)
        light[outer] *= 0.5 + 0.5 * np.cos(np.pi * np.minimum(phase, 1.0))
        return light

    return profile


def _integrate_rings(
    profile: Callable[[Array, Array], Array], radius: float, *, rings: int
) -> float:
    """Integrate a circular function over its disk: 10-point Gauss-Legendre in every ring."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    edges = np.linspace(0.0, radius, max(rings, 8) + 1)
    half = np.diff(edges)[:, None] / 2
    r = (edges[:-1, None] + half) + half * nodes
    return float((2 * np.pi * r * profile(r, np.zeros_like(r)) * half * weights).sum())


def _image_psf(image: Array | None, scale: float) -> PointSpread:
    from photutils.psf import ImagePSF

    if image is None or image.ndim != 2 or min(image.shape) < 5 or not scale > 0:
        raise SceneError(
            "an image PSF needs an image of at least 5x5 samples and a positive image_scale",
            where="psf",
            remedy="Pass both",
        )
    if not np.isfinite(image).all() or not image.sum() > 0:
        raise SceneError("the image is not finite and positive in sum", where="psf")
    peak = _peak_of(image)
    reach = min(*peak, image.shape[1] - 1 - peak[0], image.shape[0] - 1 - peak[1])
    radius = (reach - 1.0) * scale
    # Samples per arcsec are the oversampling of a model whose pixel is one arcsec wide.
    model = ImagePSF(image / scale**2, origin=peak, fill_value=0.0)

    def samples(x: Array, y: Array) -> Array:
        flat = model.evaluate(np.ravel(x) / scale, np.ravel(y) / scale, 1.0, 0.0, 0.0)
        return np.asarray(flat).reshape(np.shape(x))

    profile = _tapered(samples, radius)
    step = scale / 8
    axis = np.arange(-radius - step, radius + 1.5 * step, step)
    norm = float(profile(*np.meshgrid(axis, axis)).sum()) * step**2

    def density(x: Array, y: Array) -> Array:
        return profile(x, y) / norm

    return PointSpread(kind="image", fwhm=_width_of(density, scale), radius=radius, density=density)


def _peak_of(image: Array) -> tuple[float, float]:
    """Return the (x, y) of the maximum, by a parabola through its neighbours along each axis."""
    y, x = (int(n) for n in np.unravel_index(int(image.argmax()), image.shape))
    if not (0 < y < image.shape[0] - 1 and 0 < x < image.shape[1] - 1):
        raise SceneError("the image peaks on its edge", where="psf", remedy="Centre it")

    def vertex(before: float, here: float, after: float) -> float:
        return 0.5 * (before - after) / (before - 2 * here + after)

    return (
        x + vertex(image[y, x - 1], image[y, x], image[y, x + 1]),
        y + vertex(image[y - 1, x], image[y, x], image[y + 1, x]),
    )


def _width_of(density: Callable[[Array, Array], Array], scale: float) -> float:
    """Return twice the radius at which the azimuthal mean falls to half of the centre."""
    angle = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
    r = np.linspace(0.0, 8 * scale, 1601)[:, None]
    mean = density(r * np.cos(angle), r * np.sin(angle)).mean(axis=1)
    return float(2 * r[int(np.argmax(mean < mean[0] / 2)), 0])
