"""The oracle: drizzle as a linear operator in float64, the truth that cores are judged by.

Written from Fruchter & Hook 2002 (PASP 114, 144), eqs. 3 to 5: with a the fraction of a drop on
an output pixel and w the weight of its input pixel, the output weight is W = sum a w and the
science value sum a w d / W. Variances follow exactly: sum (a w)^2 v / W^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_kernels import Footprints, footprints
from harness.errors import CoreError
from harness.model import (
    KERNELS,
    Capabilities,
    ContextImage,
    DQImage,
    DrizzledProduct,
    DrizzleParams,
    Exposure,
    OutputGrid,
)
from harness.rows import row_blocks

Floats = npt.NDArray[np.float64]

VERSION = "1"
"""Rises whenever a result of the oracle changes; records carry it."""
FLUX_CONSERVING = frozenset({"square", "point", "turbo"})
CONTEXT_BITS = 32
SMALLEST_WEIGHT = float(np.finfo(np.float32).smallest_subnormal) / 2
"""Half the smallest number of a float32 weight map. The far wings of a narrow Gaussian fall below
it and count as none, so that weight, science and context agree with each other."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OracleProduct:
    """What the oracle predicts, in float64.

    Attributes
    ----------
    sci : ndarray, (ny, nx), float64
        counts/s per input-pixel area; `fillval`, or NaN, where no weight fell.
    wht : ndarray, (ny, nx), float64
        Weight.
    contributions : ndarray, (ny, nx), int32
        How many input pixels gave each output pixel weight: n of the float32 tolerance.
    ctx : ndarray, (planes, ny, nx), int32
        Bit k of plane p is set where exposure 32 p + k gave weight.
    variance : tuple of ndarray, (ny, nx), float64
        One for each variance image that all exposures carry; 0 without weight.
    dq : ndarray, (ny, nx), uint32, or None
        OR over the input pixels that gave weight; None where no exposure carries one.
    grid : OutputGrid
    """

    sci: Floats
    wht: Floats
    contributions: npt.NDArray[np.int32]
    ctx: ContextImage
    variance: tuple[Floats, ...]
    dq: DQImage | None
    grid: OutputGrid


@dataclass(frozen=True, slots=True)
class OracleCore:
    """The oracle as a core, so that the same gate can judge it.

    Attributes
    ----------
    name : str
        "oracle".
    version : str
        Raised whenever the numbers change.
    """

    name: str = "oracle"
    version: str = VERSION

    @property
    def capabilities(self) -> Capabilities:
        """All kernels and images; lanczos as `drizzle` tabulates it (see `oracle_kernels`)."""
        return Capabilities(
            kernels=frozenset(KERNELS),
            flux_conserving=FLUX_CONSERVING,
            context=True,
            dq=True,
            variance=True,
            units=frozenset({"cps", "counts"}),
        )

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        """Combine exposures; see `combine`, of which this is the float32 form.

        Parameters
        ----------
        exposures : sequence of Exposure
            With pixmaps.
        params : DrizzleParams
            All kernels; pixfrac from 0 to 1.

        Returns
        -------
        DrizzledProduct
            float32; with context and, where the exposures have them, variance and DQ.

        Raises
        ------
        CoreError
            As `combine`.
        UnsupportedCaseError
            Likewise.
        """
        exact = combine(exposures, params)
        return DrizzledProduct(
            sci=exact.sci.astype(np.float32),
            wht=exact.wht.astype(np.float32),
            ctx=exact.ctx,
            variance=tuple(image.astype(np.float32) for image in exact.variance),
            dq=exact.dq,
            grid=exact.grid,
            provenance={
                "core": self.name,
                "version": self.version,
                "kernel": params.kernel,
                "pixfrac": params.pixfrac,
                "exposures": len(exposures),
            },
        )


def load() -> OracleCore:
    """Return the oracle (entry point of the group `drizzle_harness.cores`)."""
    return OracleCore()


def combine(exposures: Sequence[Exposure], params: DrizzleParams) -> OracleProduct:
    """Drizzle exposures exactly.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on `params.grid`. Pixels of weight zero, or whose drop has a corner (point,
        turbo, gaussian, lanczos: the centre) that is not finite, contribute nothing.
    params : DrizzleParams
        What is asked for.

    Returns
    -------
    OracleProduct

    Raises
    ------
    CoreError, UnsupportedCaseError
        See `oracle_kernels.footprints`; and where there is no exposure, or an exposure time that
        counts cannot be divided by.
    """
    if not exposures:
        raise CoreError("no exposures", where="oracle", remedy="Pass at least one")
    shape = params.grid.shape
    sums = _Sums(shape, exposures)
    for number, exposure in enumerate(exposures):
        data = count_rate(exposure.data, exposure).ravel()
        weight = exposure.weight_map.ravel()
        variance = [
            count_rate(image, exposure, power=2).ravel()
            for image in exposure.variance[: len(sums.variance)]
        ]
        dq = None if exposure.dq is None else exposure.dq.ravel()
        for some in footprints(exposure, params):
            sums.add(some, number, data, weight, variance, dq)
    return sums.divide(params)


def count_rate(image: Any, exposure: Exposure, power: int = 1) -> Any:
    """Return an image in counts/s, to the given power; without a copy where it already is.

    Parameters
    ----------
    image : ndarray, (ny, nx), or None
        In the unit of the exposure to that power.
    exposure : Exposure
        Tells unit and exposure time, s.
    power : int, optional
        2 for a variance.

    Raises
    ------
    CoreError
        If data in counts have no positive exposure time.
    """
    if exposure.in_units == "cps":
        return image
    if not exposure.exptime > 0:
        raise CoreError(
            f"exposure time {exposure.exptime} s",
            where=f"oracle, exposure {exposure.name}",
            allowed="a positive time for data in counts",
        )
    return image / np.float64(exposure.exptime) ** power


class _Sums:
    """The sums of Fruchter & Hook's eqs. 4 and 5 while they are running."""

    def __init__(self, shape: tuple[int, int], exposures: Sequence[Exposure]) -> None:
        planes = -(-len(exposures) // CONTEXT_BITS)
        images = min(len(exposure.variance) for exposure in exposures)
        self.science = np.zeros(shape)
        self.weight = np.zeros(shape)
        self.contributions = np.zeros(shape, dtype=np.int32)
        self.ctx = np.zeros((planes, *shape), dtype=np.int32)
        self.variance = tuple(np.zeros(shape) for _ in range(images))
        has_dq = any(exposure.dq is not None for exposure in exposures)
        self.dq = np.zeros(shape, dtype=np.uint32) if has_dq else None

    def add(
        self,
        some: Footprints,
        number: int,
        data: Any,
        weight: Any,
        variance: Sequence[Any],
        dq: Any,
    ) -> None:
        """Add some drops of one exposure, in the box of output pixels that they span."""
        if not some.pixel.size:
            return
        span_y, span_x = some.fraction.shape[:2]
        x0, y0 = int(some.x.min()), int(some.y.min())
        box = (int(some.y.max()) + span_y - y0, int(some.x.max()) + span_x - x0)
        corner = (some.y - y0) * box[1] + (some.x - x0)
        steps = np.arange(span_y)[:, None] * box[1] + np.arange(span_x)
        where = (steps[:, :, None] + corner).ravel()
        given = some.fraction * weight[some.pixel].astype(np.float64)
        # One room for what is made of the weights, term after term.
        term = np.abs(given)
        nothing = term < SMALLEST_WEIGHT
        given[nothing] = 0.0
        nonzero = np.logical_not(nothing, out=nothing)
        inside, target = _clip(x0, y0, box, self.weight.shape)

        def scatter(values: Floats) -> Floats:
            image = np.bincount(where, values.ravel(), minlength=box[0] * box[1])
            return np.asarray(image.reshape(box)[inside])

        self.weight[target] += scatter(given)
        self.science[target] += scatter(np.multiply(given, data[some.pixel], out=term))
        for total, image in zip(self.variance, variance, strict=True):
            np.multiply(given, given, out=term)
            term *= image[some.pixel]
            total[target] += scatter(term)
        np.copyto(term, nonzero)
        hits = scatter(term).astype(np.int32)
        self.contributions[target] += hits
        plane, bit = divmod(number, CONTEXT_BITS)
        self.ctx[(plane, *target)] |= np.where(hits > 0, _signed_bit(bit), np.int32(0))
        if dq is not None and self.dq is not None:
            flags = dq[some.pixel]
            marked = flags != 0
            if marked.any():
                flagged = nonzero[..., marked]
                image = np.zeros(box[0] * box[1], dtype=np.uint32)
                place = where.reshape(given.shape)[..., marked][flagged]
                np.bitwise_or.at(
                    image, place, np.broadcast_to(flags[marked], flagged.shape)[flagged]
                )
                self.dq[target] |= image.reshape(box)[inside]

    def divide(self, params: DrizzleParams) -> OracleProduct:
        """Turn the sums into means."""
        fill = np.nan if params.fillval is None else float(params.fillval)
        # In their own memory, for these images are the largest that there are.
        for rows in row_blocks(self.weight.shape):
            weight = self.weight[rows]
            covered = weight != 0
            square = weight**2
            parts = [(self.science[rows], weight, fill)]
            parts += [(image[rows], square, 0.0) for image in self.variance]
            for image, divisor, otherwise in parts:
                np.divide(image, divisor, out=image, where=covered)
                np.copyto(image, otherwise, where=~covered)
        return OracleProduct(
            sci=self.science,
            wht=self.weight,
            contributions=self.contributions,
            ctx=self.ctx,
            variance=self.variance,
            dq=self.dq,
            grid=params.grid,
        )


def _signed_bit(bit: int) -> np.int32:
    """Return bit `bit` of an int32, the last of which is the sign."""
    return np.int32(-(1 << 31) if bit == CONTEXT_BITS - 1 else 1 << bit)


def _clip(
    x0: int, y0: int, box: tuple[int, int], shape: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the part of a box inside the output, in its own and in output coordinates."""
    inside, target = [], []
    for start, length, limit in ((y0, box[0], shape[0]), (x0, box[1], shape[1])):
        low, high = max(start, 0), min(start + length, limit)
        high = max(high, low)
        inside.append(slice(low - start, high - start))
        target.append(slice(low, high))
    return (inside[0], inside[1]), (target[0], target[1])
