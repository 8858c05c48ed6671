"""Star fields and their truth: where the stars are on the sky and how bright they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import SceneError

Array = npt.NDArray[np.float64]

ISOLATION = 10.0
"""FWHM to the next star: a Gaussian fit within 3 FWHM then sees less than 1e-9 of it."""
BRIGHTEST_OVER_FAINTEST = 10.0
"""Range of the fluxes of an isolated grid, drawn evenly in the logarithm."""
LUMINOSITY_SLOPE = 0.3
"""dlogN/dm of a random field, as in globular clusters below the turn-off."""
FIELD_MAGNITUDES = 5.0
"""Range of a random field, magnitudes."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StarTruth:
    """The stars that a scene holds.

    Attributes
    ----------
    ra, dec : ndarray, (n,), float64
        ICRS, degrees.
    flux : ndarray, (n,), float64
        Electrons/s on the detector.
    isolated : ndarray, (n,), bool
        Whether the next star is farther than `ISOLATION` FWHM.
    fwhm : float
        Of the point-spread function on the sky, arcsec.
    sky : float
        Background, electrons/s in a pixel of nominal area.
    """

    ra: Array
    dec: Array
    flux: Array
    isolated: npt.NDArray[np.bool_]
    fwhm: float
    sky: float


def lay_isolated_grid(
    extent: tuple[float, float], fwhm: float, brightest: float, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Place stars on a square lattice, each at a random sub-pixel phase.

    Parameters
    ----------
    extent : tuple of float
        (width, height) to fill, arcsec.
    fwhm : float
        Arcsec; the lattice is wide enough for the jitter to leave every star isolated.
    brightest : float
        Largest flux, electrons/s.
    generator : numpy.random.Generator
        Source of phases and fluxes.

    Returns
    -------
    offsets : ndarray, (n, 2), float64
        (x, y) from the centre, arcsec.
    flux : ndarray, (n,), float64

    Raises
    ------
    SceneError
        If not one star has room.
    """
    jitter = ISOLATION * fwhm / 4
    spacing = ISOLATION * fwhm + 2 * jitter
    counts = [int(side / spacing) for side in extent]
    if min(counts) < 1:
        raise SceneError(
            f"the frame of {extent[0]:.3g} by {extent[1]:.3g} arcsec has no room for a star",
            where="isolated grid",
            allowed=f"frames of at least {spacing:.3g} arcsec",
            remedy="Ask for a larger shape",
        )
    axes = [(np.arange(count) - (count - 1) / 2) * spacing for count in counts]
    x, y = (axis.ravel() for axis in np.meshgrid(*axes))
    offsets = np.column_stack([x, y]) + generator.uniform(-jitter, jitter, (x.size, 2))
    return offsets, brightest * BRIGHTEST_OVER_FAINTEST ** -generator.uniform(0, 1, x.size)


def scatter_field(
    extent: tuple[float, float], count: int, brightest: float, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Scatter stars evenly, with a luminosity function that rises to the faint end.

    Parameters and returns are those of `lay_isolated_grid`; `count` is the number of stars.

    Returns
    -------
    tuple of ndarray, (count, 2) and (count,), float64
        Offsets and fluxes, as those of `lay_isolated_grid`.
    """
    offsets = (generator.uniform(0, 1, (count, 2)) - 0.5) * np.array(extent)
    steep = LUMINOSITY_SLOPE * FIELD_MAGNITUDES
    u = generator.uniform(0, 1, count)
    magnitude = np.log10(1 + u * (10**steep - 1)) / LUMINOSITY_SLOPE
    return offsets, brightest * 10 ** (-0.4 * magnitude)


def find_isolated(offsets: Array, fwhm: float) -> npt.NDArray[np.bool_]:
    """Tell which stars have no other within `ISOLATION` FWHM.

    Parameters
    ----------
    offsets : ndarray, (n, 2), float64
        Positions, arcsec.
    fwhm : float
        Arcsec.

    Returns
    -------
    ndarray, (n,), bool
        True for a star without neighbour.
    """
    from scipy.spatial import KDTree

    if len(offsets) < 2:
        return np.ones(len(offsets), dtype=bool)
    distance, _ = KDTree(offsets).query(offsets, k=2)
    return np.asarray(distance[:, 1] > ISOLATION * fwhm)


def place_on_sky(
    offsets: Array, centre: tuple[float, float], orientat: float
) -> tuple[Array, Array]:
    """Carry offsets along the detector's axes to the sky.

    Parameters
    ----------
    offsets : ndarray, (n, 2), float64
        (x, y) in the POSTARG frame, arcsec: y at position angle `orientat`, x to its right.
    centre : tuple of float
        (ra, dec), degrees.
    orientat : float
        Degrees east of north.

    Returns
    -------
    tuple of ndarray, (n,), float64
        Right ascension and declination, degrees, by the gnomonic projection.
    """
    wcs = _detector_frame(centre, orientat)
    ra, dec = wcs.wcs_pix2world(offsets[:, 0], offsets[:, 1], 0)
    return np.asarray(ra), np.asarray(dec)


def _detector_frame(centre: tuple[float, float], orientat: float) -> Any:
    from astropy.wcs import WCS

    turn = np.radians(orientat)
    frame = np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = list(centre)
    wcs.wcs.crpix = [1.0, 1.0]
    wcs.wcs.cd = frame / 3600.0
    wcs.wcs.set()
    return wcs
