"""Gaussians fitted to many stamps at once, where a fitter that takes one at a time is slow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SETTLED = 1e-8
"""A step that changes no place by more, in FWHM, and no width or flux by a larger part, is the
last. `PSFPhotometry` stops at 1e-7; both lie closer together than a millionth of the FWHM."""
MOST_STEPS = 60
"""After which a star counts as not fitted."""
LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e10
"""Below the one, a matrix of parameters that hang together may be singular; at the other, there is
no way down."""
FIRST_DAMPING = 1e-3
"""Near the undamped step, for the guess is a good one (Marquardt 1963)."""
WIDEST = 20.0
"""Factor to either side of the guess beyond which a width is that of no star."""
PARAMETERS = ("flux", "x", "y", "x_fwhm", "y_fwhm")
DAMPING_DOWN, DAMPING_UP = 0.1, 10.0
"""Factors after a step that was taken, and after one that was not (Marquardt 1963)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GaussianFits:
    """What was fitted to each stamp.

    Attributes
    ----------
    flux, x, y, x_fwhm, y_fwhm : ndarray, (n,), float64
        Parameters of `photutils.psf.GaussianPSF`; places are pixels of the stamp.
    settled : ndarray, (n,), bool
        Whether the fit came to its end; the other arrays mean nothing elsewhere.
    """

    flux: Floats
    x: Floats
    y: Floats
    x_fwhm: Floats
    y_fwhm: Floats
    settled: npt.NDArray[np.bool_]


def fit_gaussians(stamps: Floats, x: Floats, y: Floats, *, fwhm: float) -> GaussianFits:
    """Fit a Gaussian along the axes to each stamp by least squares.

    The model and its derivatives are those of `photutils.psf.GaussianPSF`, every pixel counts the
    same, and the minimum is that which `photutils.psf.PSFPhotometry` finds. The steps are damped
    (Levenberg 1944, Quarterly of Applied Mathematics 2, 164; Marquardt 1963, Journal of the Society
    for Industrial and Applied Mathematics 11, 431), each star with a damping of its own.

    Parameters
    ----------
    stamps : ndarray, (n, side, side), float64
        Finite.
    x, y : ndarray, (n,), float64
        Where the stars are, pixels of the stamps.
    fwhm : float
        First guess of the width, pixels.
    """
    count, side = len(stamps), stamps.shape[-1]
    v, u = (grid.reshape(1, -1).astype(float) for grid in np.mgrid[:side, :side])
    data = stamps.reshape(count, -1)
    found = np.stack([np.ones(count), x, y, np.full(count, fwhm), np.full(count, fwhm)], axis=1)
    # With places and widths given, the best flux follows at once.
    shape = _draw(u, v, found)[0]
    found[:, 0] = (data * shape).sum(axis=1) / (shape * shape).sum(axis=1)
    settled = np.zeros(count, dtype=bool)
    damping = np.full(count, FIRST_DAMPING)
    going = np.flatnonzero(found[:, 0] > 0)
    for _ in range(MOST_STEPS):
        if not going.size:
            break
        step, before = _step(u, v, data[going], found[going], damping[going])
        tried = found[going] + step
        possible = (np.abs(tried[:, 1:3] - side / 2) <= side).all(axis=1)
        possible &= (tried[:, 3:] > fwhm / WIDEST).all(axis=1)
        possible &= (tried[:, 3:] < fwhm * WIDEST).all(axis=1)
        tried[~possible] = found[going][~possible]
        left = data[going] - _draw(u, v, tried)[0]
        after = (left * left).sum(axis=1)
        scale = np.stack([np.abs(tried[:, 0]), *[np.sqrt(tried[:, 3] * tried[:, 4])] * 4], axis=1)
        small = possible & (np.abs(step) <= SETTLED * scale).all(axis=1)
        # At the bottom, sums of squares differ by roundoff alone.
        better = possible & ((after <= before) | small)
        found[going[better]] = tried[better]
        damping[going] *= np.where(better, DAMPING_DOWN, DAMPING_UP)
        np.maximum(damping, LEAST_DAMPING, out=damping)
        # A small step may be one that was damped to nothing.
        done = small & (damping[going] < 1)
        settled[going[done]] = True
        going = going[~done & (damping[going] < MOST_DAMPING)]
    return GaussianFits(**dict(zip(PARAMETERS, found.T, strict=True)), settled=settled)


def _step(
    u: Floats, v: Floats, data: Floats, found: Floats, damping: Floats
) -> tuple[Floats, Floats]:
    """Return the next step of each star, (n, 5), and the sum of squares before it, (n,)."""
    model, slopes = _draw(u, v, found)
    left = data - model
    # Not by BLAS, whose sums hang on how many threads it has.
    normal = np.einsum("nip,njp->nij", slopes, slopes)
    # Where the model does not depend on a parameter, the matrix must not become singular.
    diagonal = np.maximum(np.einsum("nii->ni", normal), np.finfo(float).tiny)
    scale = np.sqrt(diagonal)
    normal /= scale[:, :, None] * scale[:, None, :]
    normal += damping[:, None, None] * np.eye(len(PARAMETERS))
    towards = np.einsum("nip,np->ni", slopes, left) / scale
    step = np.linalg.solve(normal, towards[..., None])[..., 0] / scale
    return step, (left * left).sum(axis=1)


def _draw(u: Floats, v: Floats, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the pixels of each star, (n, pixels), and their derivatives, (n, 5, pixels)."""
    from photutils.psf import GaussianPSF

    places = (one[:, None] for one in parameters.T)
    slopes = np.stack(GaussianPSF.fit_deriv(u, v, *places, 0.0)[: len(PARAMETERS)], axis=1)
    return parameters[:, :1] * slopes[:, 0], slopes
