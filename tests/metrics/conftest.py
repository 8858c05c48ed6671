"""Images with stars whose width, place and flux are known."""

import numpy as np
import pytest

SIGMA_TO_FWHM = 2 * np.sqrt(2 * np.log(2))


def draw_stars(shape, x, y, flux, x_fwhm, y_fwhm=None):
    """Return Gaussians, sampled at pixel centres, that sum to their flux."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    x_sigma = np.asarray(x_fwhm) / SIGMA_TO_FWHM
    y_sigma = x_sigma if y_fwhm is None else np.asarray(y_fwhm) / SIGMA_TO_FWHM
    x_sigma, y_sigma = np.broadcast_to(x_sigma, len(x)), np.broadcast_to(y_sigma, len(x))
    image = np.zeros(shape)
    for one in range(len(x)):
        squares = ((columns - x[one]) / x_sigma[one]) ** 2 + ((rows - y[one]) / y_sigma[one]) ** 2
        peak = flux[one] / (2 * np.pi * x_sigma[one] * y_sigma[one])
        image += peak * np.exp(-squares / 2)
    return image


@pytest.fixture(scope="session")
def draw():
    """Give `draw_stars`."""
    return draw_stars


@pytest.fixture(scope="session")
def places():
    """Give twelve places (x, y), each at its own sub-pixel phase, on an image of 120 by 160."""
    generator = np.random.default_rng(5)
    row, column = np.divmod(np.arange(12), 4)
    phase = generator.uniform(-0.5, 0.5, (2, 12))
    return 25.0 + 35 * column + phase[0], 25.0 + 35 * row + phase[1]
