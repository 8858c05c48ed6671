"""Weight maps: how much each pixel of an exposure counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError
from harness.model import WEIGHTINGS, Exposure, FloatImage, Weighting
from harness.rows import SMALL_BLOCK, row_blocks

Values = Callable[[slice], npt.NDArray[np.float64] | float]
"""Gives the weights of good pixels in some rows, or the one that they all have."""


def weigh(exposure: Exposure, weighting: Weighting, *, bits: int = 0) -> FloatImage:
    """Make the weight map of an exposure, with the formulas of AstroDrizzle.

    Parameters
    ----------
    exposure : Exposure
        Pixels whose `weight_map` is not positive and finite stay without weight.
    weighting : {"EXP", "IVM", "ERR", "uniform"}
        EXP: the exposure time t. ERR: (t / ERR)^2, where ERR^2 is the first variance image, in
        the unit of the data: for counts the inverse variance of the rate; for rates t^2 times
        that, as AstroDrizzle has it. IVM: (flat t)^2 / (dark t + sky t flat + read_noise^2),
        the inverse variance of the sky-limited rate. uniform: 1.
    bits : int, optional
        DQ bits that still count as good.

    Returns
    -------
    ndarray, (ny, nx), float32
        Weights; 0 for bad pixels. The exposure's own map where it holds the same already.

    Raises
    ------
    UsageError
        If there is no such weighting, or the exposure lacks what it needs.

    References
    ----------
    `drizzlepac.imageObject.buildEXPmask`, `buildERRmask`, `buildIVMmask`, with their `wt_scl`
    but for its power of the output scale; DrizzlePac Handbook v2, section 7.3.
    """
    values, known = _values(exposure, weighting), exposure.weight_map
    weights: FloatImage | None = None
    for rows in row_blocks(known.shape, SMALL_BLOCK):
        some = values(rows)
        good = np.isfinite(known[rows]) & (known[rows] > 0)
        if exposure.dq is not None:
            good &= (exposure.dq[rows] & ~np.uint32(bits)) == 0
        good &= np.isfinite(some) & (np.asarray(some) > 0)
        made = np.zeros(good.shape, dtype=np.float32)
        np.copyto(made, some, where=good, casting="same_kind")
        # As integers, so that -0 is not 0 and NaN is NaN.
        if weights is None and (made.view(np.uint32) != known[rows].view(np.uint32)).any():
            weights = np.empty(known.shape, dtype=np.float32)
            weights[: rows.start] = known[: rows.start]
        if weights is not None:
            weights[rows] = made
    return known if weights is None else weights


def with_weights(
    exposures: Sequence[Exposure], weighting: Weighting, *, bits: int = 0
) -> tuple[Exposure, ...]:
    """Return the exposures with weight maps made by `weigh`.

    Parameters
    ----------
    exposures : sequence of Exposure
        Stay as they are.
    weighting : str
        See `weigh`.
    bits : int, optional
        DQ bits that still count as good.

    Raises
    ------
    UsageError
        As `weigh`.
    """
    return tuple(
        dataclasses.replace(exposure, weight_map=weigh(exposure, weighting, bits=bits))
        for exposure in exposures
    )


def _values(exposure: Exposure, weighting: Weighting) -> Values:
    where = f"exposure {exposure.name}[{exposure.chip}]"
    time = exposure.exptime
    if weighting == "uniform":
        return lambda rows: 1.0
    if weighting == "EXP":
        return lambda rows: time
    if weighting == "ERR":
        if not exposure.variance:
            raise UsageError(
                "has no variance, which weighting ERR is made from",
                where=where,
                allowed="EXP, IVM, uniform",
                remedy="Read a frame with an ERR image, or choose another weighting",
            )
        return lambda rows: _inverse(time**2, exposure.variance[0][rows])
    if weighting == "IVM":

        def sky_limited(rows: slice) -> npt.NDArray[np.float64]:
            flat = np.ones(1) if exposure.flat is None else exposure.flat[rows].astype(np.float64)
            variance = exposure.dark * time + exposure.sky * time * flat + exposure.read_noise**2
            if not np.all(variance > 0):
                raise UsageError(
                    f"dark {exposure.dark}, sky {exposure.sky} and read noise "
                    f"{exposure.read_noise} give no variance, which weighting IVM is made from",
                    where=where,
                    allowed="EXP, ERR, uniform",
                    remedy="Give the exposure its read noise, sky or dark",
                )
            return np.asarray((flat * time) ** 2 / variance)

        return sky_limited
    raise UsageError(
        f"no weighting is called {weighting!r}", where=where, allowed=", ".join(WEIGHTINGS)
    )


def _inverse(factor: float, variance: FloatImage) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(factor / variance.astype(np.float64))
