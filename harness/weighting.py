"""Weight maps: how much each pixel of an exposure counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError
from harness.model import WEIGHTINGS, Exposure, FloatImage, Weighting


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
        Weights; 0 for bad pixels.

    Raises
    ------
    UsageError
        If there is no such weighting, or the exposure lacks what it needs.

    References
    ----------
    `drizzlepac.imageObject.buildEXPmask`, `buildERRmask`, `buildIVMmask`, with their `wt_scl`
    but for its power of the output scale; DrizzlePac Handbook v2, section 7.3.
    """
    values = _values(exposure, weighting)
    good = np.isfinite(exposure.weight_map) & (exposure.weight_map > 0)
    if exposure.dq is not None:
        good &= (exposure.dq & ~np.uint32(bits)) == 0
    good &= np.isfinite(values) & (values > 0)
    return np.where(good, values, 0.0).astype(np.float32)


def with_weights(
    exposures: Sequence[Exposure], weighting: Weighting, *, bits: int = 0
) -> tuple[Exposure, ...]:
    """Return the exposures with weight maps made by `weigh`."""
    return tuple(
        dataclasses.replace(exposure, weight_map=weigh(exposure, weighting, bits=bits))
        for exposure in exposures
    )


def _values(exposure: Exposure, weighting: Weighting) -> npt.NDArray[np.float64]:
    where = f"exposure {exposure.name}[{exposure.chip}]"
    if weighting == "uniform":
        return np.ones(exposure.data.shape)
    if weighting == "EXP":
        return np.full(exposure.data.shape, exposure.exptime)
    if weighting == "ERR":
        if not exposure.variance:
            raise UsageError(
                "has no variance, which weighting ERR is made from",
                where=where,
                allowed="EXP, IVM, uniform",
                remedy="Read a frame with an ERR image, or choose another weighting",
            )
        with np.errstate(divide="ignore"):
            return exposure.exptime**2 / exposure.variance[0].astype(np.float64)
    if weighting == "IVM":
        flat = np.ones(exposure.data.shape) if exposure.flat is None else exposure.flat
        flat = flat.astype(np.float64)
        time = exposure.exptime
        variance = exposure.dark * time + exposure.sky * time * flat + exposure.read_noise**2
        if not np.all(variance > 0):
            raise UsageError(
                f"dark {exposure.dark}, sky {exposure.sky} and read noise {exposure.read_noise} "
                "give no variance, which weighting IVM is made from",
                where=where,
                allowed="EXP, ERR, uniform",
                remedy="Give the exposure its read noise, sky or dark",
            )
        return np.asarray((flat * time) ** 2 / variance)
    raise UsageError(
        f"no weighting is called {weighting!r}", where=where, allowed=", ".join(WEIGHTINGS)
    )
