"""What spoils pixels: photon and read noise, cosmic rays, bad pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.rows import row_blocks

Array = npt.NDArray[np.float64]

MEDIAN_CHARGE = 1500.0
"""Electrons that a cosmic ray leaves in an HST detector (WFC3 Instrument Handbook, 5.4.10)."""
CHARGE_SPREAD = 0.7
"""Width of the charge's distribution, natural logarithm."""
MEAN_TRACK = 3.0
"""Mean length of a track, pixels; the length is drawn from an exponential."""
BAD_VALUE = 1.0e4
"""Electrons that a bad pixel adds: enough that one which is not masked shows in every metric."""


def add_noise(electrons: Array, read_noise: float, generator: np.random.Generator) -> Array:
    """Draw Poisson noise for what was collected, and add Gaussian read noise.

    Parameters
    ----------
    electrons : ndarray, (ny, nx), float64
        Expected electrons: stars, sky and dark.
    read_noise : float
        Electrons.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, (ny, nx), float64
        Electrons.
    """
    drawn = np.empty(electrons.shape)
    for rows in row_blocks(electrons.shape):
        drawn[rows] = generator.poisson(np.maximum(electrons[rows], 0.0))
    for rows in row_blocks(electrons.shape):
        drawn[rows] += generator.normal(0.0, read_noise, drawn[rows].shape)
    return drawn


def strike_cosmic_rays(
    shape: tuple[int, int], expected: float, generator: np.random.Generator
) -> Array:
    """Draw cosmic-ray tracks.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    expected : float
        Mean number of hits in the frame.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, (ny, nx), float64
        Electrons added; zero where nothing hit.
    """
    charge = np.zeros(shape)
    for _ in range(int(generator.poisson(expected))):
        y, x = generator.uniform(0, shape[0]), generator.uniform(0, shape[1])
        angle = generator.uniform(0, 2 * np.pi)
        length = 1.0 + generator.exponential(MEAN_TRACK - 1.0)
        total = MEDIAN_CHARGE * np.exp(CHARGE_SPREAD * generator.normal())
        steps = np.arange(0.0, length, 0.25)
        rows = np.floor(y + steps * np.sin(angle)).astype(int)
        columns = np.floor(x + steps * np.cos(angle)).astype(int)
        inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
        np.add.at(charge, (rows[inside], columns[inside]), total / steps.size)
    return charge


def choose_bad_pixels(
    shape: tuple[int, int], fraction: float, generator: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Draw which pixels are bad; they belong to the detector, so all exposures share them.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of a chip.
    fraction : float
        Of all pixels, on average.
    generator : numpy Generator
        Of the detector, see `harness.scenes.seeds`.

    Returns
    -------
    ndarray, (ny, nx), bool
        True where bad.
    """
    return np.asarray(generator.uniform(0, 1, shape) < fraction)
