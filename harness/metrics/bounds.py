"""Integrity of what is written where: the footprint, empty pixels, finite values, the inputs."""

from __future__ import annotations

import math

import numpy as np

from harness.errors import MetricError
from harness.metrics.selection import Image, Mask, check_selection
from harness.model import Measurement
from harness.rows import row_blocks

FOOTPRINT = "integrity.footprint"
FILL = "integrity.fill"
FINITE = "integrity.finite"

HALF_DIAGONAL = math.sqrt(0.5)
"""From the centre of an output pixel to its corner: one that only a corner of which is covered
has its centre that far outside."""
GAUSSIAN_REACH = 2.5
"""Standard deviations at which the cores cut the gaussian kernel."""
GAUSSIAN_LEAST_REACH = 1.2
"""Input pixels below which they do not let that reach fall."""
SIGMA_TO_FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))


def kernel_margin(kernel: str, pixfrac: float, scale_ratio: float) -> int:
    """Return how many output pixels beyond the outline of a frame may rightly carry weight.

    Parameters
    ----------
    kernel : str
        Square and point drops stay inside their input pixel, a turbo drop turns its corners out
        of a rotated one, gaussian and lanczos reach beyond it.
    pixfrac : float
        Size of the drop in input pixels.
    scale_ratio : float
        Output pixel over input pixel.

    Returns
    -------
    int
        Output pixels.

    Raises
    ------
    MetricError
        For an unknown kernel.
    """
    drop = pixfrac / scale_ratio
    gaussian = max(GAUSSIAN_REACH * pixfrac / SIGMA_TO_FWHM, GAUSSIAN_LEAST_REACH) / scale_ratio
    beyond = {
        "square": 0.0,
        "point": 0.0,
        "turbo": drop * (HALF_DIAGONAL - 0.5),
        # Half a diagonal more, because the cores round the reach to whole output pixels.
        "gaussian": gaussian + HALF_DIAGONAL,
        "lanczos2": 2.0 * drop + HALF_DIAGONAL,
        "lanczos3": 3.0 * drop + HALF_DIAGONAL,
    }
    if kernel not in beyond:
        raise MetricError(
            f"kernel {kernel!r} has no known reach", where=FOOTPRINT, allowed=", ".join(beyond)
        )
    return math.ceil(beyond[kernel] + HALF_DIAGONAL)


def measure_footprint(
    wht: Image, footprint: Mask, region: str = "footprint", *, margin: int = 1
) -> Measurement:
    """Count the pixels outside the footprint that carry a weight.

    Parameters
    ----------
    wht : ndarray, (ny, nx)
        Weight map.
    footprint : ndarray, (ny, nx), bool
        Pixels whose centre lies inside the outline of any exposure.
    region : str, optional
        Name of that footprint.
    margin : int, optional
        Output pixels around it that may carry weight, see `kernel_margin`.

    Returns
    -------
    Measurement
        integrity.footprint (pix); the sample is the pixels outside. `extras`: `x`, `y` of the
        first one at fault.

    Raises
    ------
    MetricError
        If shapes differ or the footprint is empty.
    """
    check_selection(footprint, region, wht=wht)
    allowed = _widen(footprint, margin)
    count = outside = 0
    first: dict[str, float] = {}
    for rows in row_blocks(wht.shape):
        outside += int(np.count_nonzero(~allowed[rows]))
        wrong = wht[rows] != 0
        wrong &= ~allowed[rows]
        count += int(np.count_nonzero(wrong))
        if not first and wrong.any():
            y, x = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            first = {"x": float(x), "y": float(rows.start + int(y))}
    return Measurement(
        metric=FOOTPRINT,
        value=float(count),
        unit="pix",
        region=region,
        sample_size=outside,
        expected=0.0,
        extras=first,
    )


def _widen(footprint: Mask, margin: int) -> Mask:
    """Add all pixels within a square of so many pixels to either side."""
    for axis in (0, 1):
        wider = footprint.copy()
        there, here = (np.moveaxis(image, axis, 0) for image in (footprint, wider))
        for step in range(1, margin + 1):
            here[step:] |= there[:-step]
            here[:-step] |= there[step:]
        footprint = wider
    return footprint


def measure_fill(
    sci: Image, wht: Image, mask: Mask, region: str, *, fillval: float | None
) -> Measurement:
    """Count the pixels without weight that do not hold the fill value.

    Parameters
    ----------
    sci, wht : ndarray, (ny, nx)
        The product.
    mask : ndarray, (ny, nx), bool
        The region; the whole output where all empty pixels are to be judged.
    region : str
        Its name.
    fillval : float or None
        What was asked for; None for NaN.

    Returns
    -------
    Measurement
        integrity.fill (pix); the sample is the pixels without weight.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    check_selection(mask, region, sci=sci, wht=wht)
    count = empty = 0
    wanted = np.asarray(np.nan if fillval is None else fillval, dtype=sci.dtype)
    for rows in row_blocks(mask.shape):
        values = sci[rows][mask[rows] & (wht[rows] == 0)]
        empty += values.size
        right = np.isnan(values) if np.isnan(wanted) else values == wanted
        count += int(values.size - np.count_nonzero(right))
    return Measurement(
        metric=FILL,
        value=float(count),
        unit="pix",
        region=region,
        sample_size=empty,
        expected=0.0,
    )


def measure_finite(sci: Image, wht: Image, mask: Mask, region: str) -> Measurement:
    """Count the weights that are not finite, and science values that are not under a weight.

    Parameters
    ----------
    sci, wht : ndarray, (ny, nx)
        The product.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.

    Returns
    -------
    Measurement
        integrity.finite (pix). `extras`: `weights` and `science`, the two counts.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    check_selection(mask, region, sci=sci, wht=wht)
    weights = science = size = 0
    for rows in row_blocks(mask.shape):
        finite = np.isfinite(wht[rows])
        size += int(np.count_nonzero(mask[rows]))
        weights += int(np.count_nonzero(mask[rows] & ~finite))
        under = mask[rows] & finite & (wht[rows] != 0)
        science += int(np.count_nonzero(under & ~np.isfinite(sci[rows])))
    return Measurement(
        metric=FINITE,
        value=float(weights + science),
        unit="pix",
        region=region,
        sample_size=size,
        expected=0.0,
        extras={"weights": float(weights), "science": float(science)},
    )
