"""Where the stars are: centroids against the truth and against the oracle."""

from __future__ import annotations

import numpy as np

from harness.metrics.psf import FEWEST, MEDIAN_ERROR
from harness.metrics.selection import unmeasured
from harness.metrics.stars import Floats, StarFits
from harness.model import Measurement

OFFSET = "astrometry.offset"
SCATTER = "astrometry.scatter"
MAS = 1000.0


def measure_offset(
    fits: StarFits,
    expected: StarFits,
    region: str,
    *,
    pixel_scale: float,
    truth: tuple[Floats, Floats] | None = None,
    fewest: int = FEWEST,
) -> Measurement:
    """Measure the common offset of the stars.

    Parameters
    ----------
    fits, expected : StarFits
        Of the product, and of what the oracle makes of the scene without noise.
    region : str
        Where the stars lie.
    pixel_scale : float
        Output scale, arcsec.
    truth : tuple of ndarray, (n,), float64, optional
        True positions (x, y), output pixels.
    fewest : int, optional
        Stars below which nothing is measured; 1 is enough where the expectation is of the very
        same pixels.

    Returns
    -------
    Measurement
        astrometry.offset (mas): length of the median difference to the oracle's centroids,
        expected 0; `extras` hold `pixels`, the same in output pixels, and the medians against the
        truth, `x` and `y` in output pixels.
    """
    both = fits.good & expected.good
    count = int(np.count_nonzero(both))
    if count < fewest:
        # What the truth has is missed; what it has not either is not.
        known = 0.0 if np.count_nonzero(expected.good) >= fewest else None
        return unmeasured(OFFSET, "mas", region, _too_few(count, fewest), expected=known)
    to_mas = pixel_scale * MAS
    apart = np.stack([fits.x - expected.x, fits.y - expected.y])[:, both]
    length = float(np.hypot(*np.median(apart, axis=1)))
    extras = {"pixels": length}
    if truth is not None:
        off = np.median(np.stack([fits.x - truth[0], fits.y - truth[1]])[:, both], axis=1)
        extras |= {"x": float(off[0]), "y": float(off[1])}
    error = None
    if count >= FEWEST:
        spread = float(np.std(apart, axis=1, ddof=1).max())
        error = MEDIAN_ERROR * spread / count**0.5 * to_mas
    return Measurement(
        metric=OFFSET,
        value=length * to_mas,
        unit="mas",
        region=region,
        sample_size=count,
        expected=0.0,
        uncertainty=error,
        extras=extras,
    )


def measure_scatter(
    fits: StarFits,
    expected: StarFits,
    truth: tuple[Floats, Floats],
    region: str,
    *,
    pixel_scale: float,
) -> Measurement:
    """Measure how far the positions of stars scatter about the truth.

    Parameters
    ----------
    fits, expected, truth, region, pixel_scale
        As for `measure_offset`.

    Returns
    -------
    Measurement
        astrometry.scatter (mas): rms distance from the truth about its median, per axis;
        `extras` hold `pixels`, the same in output pixels.
    """
    both = fits.good & expected.good
    count = int(np.count_nonzero(both))
    if count < FEWEST:
        return unmeasured(SCATTER, "mas", region, _too_few(count, FEWEST))
    to_mas = pixel_scale * MAS
    x, y = truth
    seen = np.stack([fits.x - x, fits.y - y])[:, both]
    wanted = np.stack([expected.x - x, expected.y - y])[:, both]
    apart = np.stack([fits.x - expected.x, fits.y - expected.y])[:, both]
    return Measurement(
        metric=SCATTER,
        value=_scatter(seen) * to_mas,
        unit="mas",
        region=region,
        sample_size=count,
        expected=_scatter(wanted) * to_mas,
        uncertainty=_scatter(apart) / (2 * count) ** 0.5 * to_mas,
        extras={"pixels": _scatter(seen)},
    )


def _too_few(count: int, fewest: int) -> str:
    return f"{count} stars could be fitted, {fewest} are needed"


def _scatter(offsets: Floats) -> float:
    centred = offsets - np.median(offsets, axis=1, keepdims=True)
    return float(np.sqrt(np.mean(centred**2)))
