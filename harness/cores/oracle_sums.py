"""The sums of Fruchter & Hook's eqs. 4 and 5 over all drops, and the product that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_kernels import Footprints
from harness.model import ContextImage, DQImage, DrizzleParams, Exposure, OutputGrid
from harness.rows import row_blocks

Floats = npt.NDArray[np.float64]

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


class Sums:
    """The sums of Fruchter & Hook's eqs. 4 and 5 while they are running.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the output.
    exposures : sequence of Exposure
        Tell how many planes of context, and which images, there are.
    """

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
        """Add some drops of one exposure, in the box of output pixels that they span.

        Parameters
        ----------
        some : Footprints
            The drops.
        number : int
            Of the exposure, from 0.
        data, weight : ndarray, (input pixels,)
            Count rates and weights of the exposure, of which `some` names the pixels.
        variance : sequence of ndarray, (input pixels,)
        dq : ndarray, (input pixels,), uint32, or None
        """
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
        """Turn the sums into means, in their own memory.

        Parameters
        ----------
        params : DrizzleParams
            Grid and fill value.
        """
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
