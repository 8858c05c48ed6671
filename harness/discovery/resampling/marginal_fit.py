"""DAOFIND's fit of a star's marginals, for the checks of `cdriz.arrxyround`.

Stetson 1987 (PASP 99, 191, section III) fits the sums of a star's rows and columns, each weighted
towards the middle, with the sums of the kernel, by least squares: height of the star and sky. The
centre follows from the first derivative, roundness is twice the difference of the heights in x and
y over their sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FEWEST = 3
"""Points of a marginal, below which height, position and sky cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal:
    """Fit of one marginal.

    Attributes
    ----------
    height : float
        Of the star, in units of the kernel.
    offset : float
        Pixels, of the star's centre from the middle of the kernel.
    """

    height: float
    offset: float


def fit_marginals(
    image: Any,
    x: float,
    y: float,
    sky: float,
    kernel: Any,
    variance_x: float,
    variance_y: float,
    lowest: float,
    highest: float,
) -> tuple[float, float, float] | None:
    """Return (x, y, roundness) of the star at a pixel, None where there is no fit.

    Parameters
    ----------
    image : ndarray, (ny, nx)
    x, y : float
        Pixel at which it was found, 0-based.
    sky : float
        Subtracted from the image.
    kernel : ndarray, (my, mx)
        Gaussian, less its mean.
    variance_x, variance_y : float
        Squares of the Gaussian's sigmas, pixels^2.
    lowest, highest : float
        Values between which a pixel is good; a bad one within the kernel forbids the fit.
    """
    my, mx = kernel.shape
    rows = int(y - my // 2) + np.arange(my)
    columns = int(x - mx // 2) + np.arange(mx)
    part = image[np.ix_(rows, columns)].astype(np.float64)
    if (part < lowest).any() or (part > highest).any():
        return None
    along = _fit(part - sky, kernel, variance_x)
    across = _fit((part - sky).T, kernel.T, variance_y) if along is not None else None
    if along is None or across is None:
        return None
    roundness = 2 * (along.height - across.height) / (along.height + across.height)
    return math.floor(x) + along.offset, math.floor(y) + across.offset, roundness


def _triangle(count: int) -> Floats:
    """Return weights that fall from the middle of a side to its ends."""
    middle = count // 2
    return middle + 1.0 - np.abs(np.arange(count) - middle)


def _fit(values: Floats, kernel: Floats, variance: float) -> Marginal | None:
    """Fit the sums over y, as a function of x."""
    count = values.shape[1]
    model, data = (_triangle(values.shape[0]) @ one for one in (kernel, values))
    weight = _triangle(count)
    total = weight.sum()
    if count < FEWEST:
        return None
    spread = weight @ model**2 - (weight @ model) ** 2 / total
    if spread <= 0:
        return None
    height = (weight @ (model * data) - (weight @ model) * (weight @ data) / total) / spread
    if height <= 0:
        return None
    sky = (weight @ data - height * (weight @ model)) / total
    # d model / dx of a Gaussian is model * (middle - x) / variance.
    step = count // 2 - np.arange(count)
    slope = model * step
    fitted = height * (weight @ model) + sky * total
    excess = weight @ (model * slope) - (weight @ (data * slope) - weight @ slope * fitted)
    offset = excess / (height * (weight @ slope**2) / variance)
    half = count / 2 - 0.5
    if abs(offset) > half:
        moment = weight @ data
        offset = (weight @ (data * step)) / moment if moment else 0.0
        offset = 0.0 if abs(offset) > half else offset
    return Marginal(height=float(height), offset=float(offset))
