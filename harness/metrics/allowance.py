"""How far a float32 core may honestly be from exact arithmetic, kernel by kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError

ROUNDOFF = 6e-8
"""One float32 rounding, 2**-24, relative to the largest value."""
FIXED_ROUNDINGS = 4
"""Roundings of one drop: its corners, its overlap, the division by its area, the product."""
ROUNDINGS_PER_ROOT_N = 2
"""Each of n contributions rounds sum and weight once; such errors grow as the root of n."""
GAUSSIAN = 1e-6
"""Fraction of the maximum: exp() and its scale factor are computed in float32 by the cores."""
LANCZOS_WEIGHT = 1e-6
"""Fraction of the maximum: the kernel comes from a float32 table."""
LANCZOS_SCIENCE = 5e-4
"""Fraction of the maximum: weights of both signs cancel in the denominator."""
LANCZOS_WEIGHT_FLOOR = 1e-3
"""Fraction of the largest weight below which that cancellation leaves no figure to judge."""
SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)
"""Smaller weights are denormal: they hold fewer digits, and science divided by them none."""

Contributions = int | npt.NDArray[np.integer[Any]]
"""How many drops fall on an output pixel: the largest number, or (ny, nx)."""


def weight_allowance(
    kernel: str, contributions: Contributions
) -> float | npt.NDArray[np.floating[Any]]:
    """Return the allowed difference of a weight as a fraction of the largest weight.

    Square, point and turbo: 6e-8 (4 + 2 sqrt(n)); gaussian 1e-6; lanczos 1e-6. The reasons stand
    beside the constants of this module.

    Parameters
    ----------
    kernel : str
        One of `harness.model.KERNELS`.
    contributions : int or ndarray, (ny, nx) or (n,), int
        Drops on an output pixel: the largest number, or of each pixel.

    Returns
    -------
    float, or ndarray, (ny, nx) or (n,), float64
        One figure, or for `square`, `point` and `turbo` one a pixel where `contributions` is an
        array.

    Raises
    ------
    MetricError
        For a kernel without an allowance.
    """
    if kernel in ("square", "point", "turbo"):
        root = np.sqrt(np.asarray(contributions, dtype=np.float64))
        allowance = ROUNDOFF * (FIXED_ROUNDINGS + ROUNDINGS_PER_ROOT_N * root)
        return float(allowance) if allowance.ndim == 0 else allowance
    constants = {"gaussian": GAUSSIAN, "lanczos2": LANCZOS_WEIGHT, "lanczos3": LANCZOS_WEIGHT}
    if kernel not in constants:
        raise MetricError(
            f"kernel {kernel!r} has no allowance",
            where="agreement",
            allowed="square, point, turbo, gaussian, lanczos2, lanczos3",
        )
    return constants[kernel]


def science_allowance(
    kernel: str, contributions: Contributions
) -> float | npt.NDArray[np.floating[Any]]:
    """Return the allowed difference of a science value as a fraction of the largest one.

    As `weight_allowance`, but 5e-4 for lanczos, and that only where the weight is above
    `science_weight_floor`.

    Parameters
    ----------
    kernel : str
        One of `harness.model.KERNELS`.
    contributions : int or ndarray, (ny, nx) or (n,), int
        Drops on an output pixel: the largest number, or of each pixel.

    Returns
    -------
    float, or ndarray, (ny, nx) or (n,), float64
        One figure, or for `square`, `point` and `turbo` one a pixel where `contributions` is an
        array.

    Raises
    ------
    MetricError
        For a kernel without an allowance.
    """
    if kernel in ("lanczos2", "lanczos3"):
        return LANCZOS_SCIENCE
    return weight_allowance(kernel, contributions)


def science_weight_floor(kernel: str) -> float:
    """Return the fraction of the largest weight at or below which science is not judged.

    Parameters
    ----------
    kernel : str
        One of `harness.model.KERNELS`.

    Returns
    -------
    float
        1e-3 for lanczos, else 0.
    """
    return LANCZOS_WEIGHT_FLOOR if kernel in ("lanczos2", "lanczos3") else 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Allowance:
    """What is allowed in each pixel of an image, of which no image is made.

    Attributes
    ----------
    allow : callable
        `weight_allowance` or `science_allowance`; takes kernel and contributions, (ny, nx) or (n,)
        or one, and returns as many.
    kernel : str
        One of `harness.model.KERNELS`.
    contributions : int or ndarray, (ny, nx)
        Drops on an output pixel.
    """

    allow: Callable[[str, Contributions], float | npt.NDArray[np.floating[Any]]]
    kernel: str
    contributions: Contributions


def least_allowance(allowance: Allowance) -> float:
    """Return what is allowed in any pixel, as a fraction of the largest value.

    Parameters
    ----------
    allowance : Allowance
        Of an image.

    Raises
    ------
    MetricError
        For a kernel without an allowance.
    """
    several = isinstance(allowance.contributions, np.ndarray)
    return float(allowance.allow(allowance.kernel, 0 if several else allowance.contributions))


def allowance_at(
    allowance: Allowance, rows: slice, pixels: npt.NDArray[np.integer[Any]]
) -> float | npt.NDArray[np.floating[Any]]:
    """Return what is allowed in some pixels, as a fraction of the largest value.

    Parameters
    ----------
    allowance : Allowance
        Of an image.
    rows : slice
        Rows of that image.
    pixels : ndarray, (n,), int
        Flat indices in those rows.

    Returns
    -------
    float, or ndarray, (n,), float64
    """
    drops = allowance.contributions
    if isinstance(drops, np.ndarray):
        drops = drops[rows].reshape(-1)[pixels]
    return allowance.allow(allowance.kernel, drops)
