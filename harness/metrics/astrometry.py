"""Where the stars are: centroids against the truth and against the oracle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.metrics.psf import FEWEST, MEDIAN_ERROR
from harness.metrics.selection import unmeasured
from harness.metrics.stars import StarFits
from harness.model import Measurement

OFFSET = "astrometry.offset"
SCATTER = "astrometry.scatter"
MAS = 1000.0


def measure_astrometry(
    fits: StarFits,
    expected: StarFits,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    region: str,
    *,
    pixel_scale: float,
) -> tuple[Measurement, Measurement]:
    """Measure the common offset of the stars and their scatter.

    Parameters
    ----------
    fits, expected : StarFits
        Of the product, and of what the oracle makes of the scene without noise.
    x, y : ndarray, (n,), float64
        True positions, output pixels.
    region : str
        Where the stars lie.
    pixel_scale : float
        Output scale, arcsec.

    Returns
    -------
    tuple of Measurement
        astrometry.offset (mas): length of the median difference to the oracle's centroids,
        expected 0; `extras` hold the medians against the truth, `x` and `y` in output pixels.
        astrometry.scatter (mas): rms distance from the truth about its median, per axis.
    """
    both = fits.good & expected.good
    count = int(np.count_nonzero(both))
    if count < FEWEST:
        reason = f"{count} stars could be fitted, {FEWEST} are needed"
        return (
            unmeasured(OFFSET, "mas", region, reason),
            unmeasured(SCATTER, "mas", region, reason),
        )
    to_mas = pixel_scale * MAS
    apart = np.stack([fits.x - expected.x, fits.y - expected.y])[:, both]
    seen = np.stack([fits.x - x, fits.y - y])[:, both]
    wanted = np.stack([expected.x - x, expected.y - y])[:, both]
    spread = float(np.std(apart, axis=1, ddof=1).max())
    off = np.median(seen, axis=1)
    return (
        Measurement(
            metric=OFFSET,
            value=float(np.hypot(*np.median(apart, axis=1))) * to_mas,
            unit="mas",
            region=region,
            sample_size=count,
            expected=0.0,
            uncertainty=MEDIAN_ERROR * spread / count**0.5 * to_mas,
            extras={"x": float(off[0]), "y": float(off[1])},
        ),
        Measurement(
            metric=SCATTER,
            value=_scatter(seen) * to_mas,
            unit="mas",
            region=region,
            sample_size=count,
            expected=_scatter(wanted) * to_mas,
            uncertainty=_scatter(apart) / (2 * count) ** 0.5 * to_mas,
        ),
    )


def _scatter(offsets: npt.NDArray[np.float64]) -> float:
    centred = offsets - np.median(offsets, axis=1, keepdims=True)
    return float(np.sqrt(np.mean(centred**2)))
