"""Integrity of the images beside science and weight: context, data quality, variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError
from harness.metrics.allowance import (
    Contributions,
)
from harness.metrics.selection import Image, Mask, check_selection, unmeasured
from harness.metrics.weighted import compare_where_weighted
from harness.model import Measurement
from harness.rows import row_blocks

CONTEXT = "integrity.context"
DQ = "integrity.dq"
VARIANCE = "integrity.variance"

SQUARED_WEIGHTS = 2.0
"""The overlap enters a variance squared, so that its relative error counts twice."""

BITS_PER_PLANE = 32


def measure_context(
    ctx: npt.NDArray[np.int32] | None,
    mask: Mask,
    region: str,
    *,
    expected_ctx: npt.NDArray[np.int32],
    ambiguous: Mask | None = None,
) -> Measurement:
    """Count the context bits that differ from who really contributed.

    Bit k of plane p stands for exposure 32 p + k and is set exactly where that exposure has a
    weight above zero.

    Parameters
    ----------
    ctx : ndarray, (planes, ny, nx), int32, or None
        Context image of the product; a missing plane counts as zeros, so that 33 exposures in
        one plane are found out.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    expected_ctx : ndarray, (planes, ny, nx), int32
        Context image that the geometry predicts.
    ambiguous : ndarray, (ny, nx), bool, optional
        Pixels on which an exposure has a sliver below roundoff; they are not judged. Those
        where the contexts of slightly smaller and slightly larger drops differ.

    Returns
    -------
    Measurement
        integrity.context: number of wrong bits. `extras`: `missing`, `spurious`, `pixels` with a
        wrong bit, `planes`, `expected_planes`, and `x`, `y` of the first.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    if ctx is None:
        return unmeasured(CONTEXT, "", region, "the product has no context image; ask for one")
    check_selection(mask, region, ctx=ctx[0], expected_ctx=expected_ctx[0], ambiguous=ambiguous)
    judged = mask if ambiguous is None else mask & ~ambiguous
    missing = spurious = pixels = 0
    first: dict[str, float] = {}
    for rows in row_blocks(mask.shape):
        wrong_here = np.zeros((rows.stop - rows.start, mask.shape[1]), dtype=bool)
        for plane in range(max(len(ctx), len(expected_ctx))):
            seen, wanted = _plane(ctx, plane, rows), _plane(expected_ctx, plane, rows)
            if np.array_equal(seen, wanted):
                continue
            wrong = np.where(judged[rows], seen ^ wanted, np.uint32(0))
            missing += int(np.bitwise_count(wrong & wanted).sum())
            spurious += int(np.bitwise_count(wrong & seen).sum())
            wrong_here |= wrong != 0
        pixels += int(np.count_nonzero(wrong_here))
        if not first and wrong_here.any():
            first = _first_place(wrong_here, rows)
    return Measurement(
        metric=CONTEXT,
        value=float(missing + spurious),
        unit="",
        region=region,
        sample_size=int(np.count_nonzero(judged)),
        expected=0.0,
        extras={
            "missing": float(missing),
            "spurious": float(spurious),
            "pixels": float(pixels),
            "planes": float(len(ctx)),
            "expected_planes": float(len(expected_ctx)),
            **first,
        },
    )


def measure_dq(
    dq: npt.NDArray[np.uint32] | None,
    mask: Mask,
    region: str,
    *,
    expected_dq: npt.NDArray[np.uint32],
    ambiguous: Mask | None = None,
) -> Measurement:
    """Count the pixels whose data quality is not the OR of that of all contributors.

    Parameters
    ----------
    dq : ndarray, (ny, nx), uint32, or None
        Data-quality image of the product.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    expected_dq : ndarray, (ny, nx), uint32
        OR of the bits of all pixels with a weight and a drop on the output pixel.
    ambiguous : ndarray, (ny, nx), bool, optional
        Pixels with a contributor below roundoff; they are not judged.

    Returns
    -------
    Measurement
        integrity.dq (pix). `extras`: `missing` and `spurious` bits, `x`, `y` of the first.

    Raises
    ------
    MetricError
        If shapes differ or the region is empty.
    """
    if dq is None:
        return unmeasured(DQ, "pix", region, "the product has no data-quality image; ask for one")
    check_selection(mask, region, dq=dq, expected_dq=expected_dq, ambiguous=ambiguous)
    judged = mask if ambiguous is None else mask & ~ambiguous
    pixels = missing = spurious = 0
    first: dict[str, float] = {}
    for rows in row_blocks(mask.shape):
        if np.array_equal(dq[rows], expected_dq[rows]):
            continue
        wrong = np.where(judged[rows], dq[rows] ^ expected_dq[rows], 0)
        missing += int(np.bitwise_count(wrong & expected_dq[rows]).sum())
        spurious += int(np.bitwise_count(wrong & dq[rows]).sum())
        pixels += int(np.count_nonzero(wrong))
        if not first and wrong.any():
            first = _first_place(wrong != 0, rows)
    return Measurement(
        metric=DQ,
        value=float(pixels),
        unit="pix",
        region=region,
        sample_size=int(np.count_nonzero(judged)),
        expected=0.0,
        extras={"missing": float(missing), "spurious": float(spurious), **first},
    )


def measure_variance(
    variance: Image | None,
    wht: Image,
    mask: Mask,
    region: str,
    *,
    expected_variance: Image,
    expected_wht: Image,
    kernel: str,
    contributions: Contributions,
    variance_max: float | None = None,
    judged: Mask | None = None,
    weight_max: float | None = None,
) -> Measurement:
    """Measure the largest difference of a variance from the oracle's, over its allowance.

    The truth is sum(a^2 w^2 v) / (sum(a w))^2; a core that weights linearly is off by factors.

    Parameters
    ----------
    variance : ndarray, (ny, nx), or None
        One variance image of the product.
    wht : ndarray, (ny, nx)
        Its weight map; pixels with a denormal weight are not judged.
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name.
    expected_variance, expected_wht : ndarray, (ny, nx)
        What the oracle predicts (float64).
    kernel : str
        Decides the allowance: `science_allowance` times `SQUARED_WEIGHTS`.
    contributions : int or ndarray, (ny, nx)
        Drops on an output pixel.
    variance_max : float, optional
        Largest variance of the exposures in the unit of the product; that of
        `expected_variance` in the region where not given.
    judged : ndarray, (ny, nx), bool, optional
        As for `harness.metrics.agreement.measure_science_agreement`.
    weight_max : float, optional
        Likewise.

    Returns
    -------
    Measurement
        integrity.variance: up to 1 is roundoff. `extras` as for agreement.science.

    Raises
    ------
    MetricError
        If shapes differ, the region is empty, or the kernel is unknown.
    """
    if variance is None:
        return unmeasured(VARIANCE, "", region, "the product has no variance image; ask for one")
    check_selection(
        mask,
        region,
        variance=variance,
        wht=wht,
        expected_variance=expected_variance,
        expected_wht=expected_wht,
    )
    return compare_where_weighted(
        VARIANCE,
        variance,
        expected_variance,
        wht,
        expected_wht,
        mask,
        region,
        kernel=kernel,
        contributions=contributions,
        peak=variance_max,
        factor=SQUARED_WEIGHTS,
        without_peak="the expected variance is zero; give exposures with variance",
        judged=judged,
        weight_max=weight_max,
    )


def context_from_weights(weights: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Return the context image that single-exposure weight maps call for.

    Parameters
    ----------
    weights : ndarray, (exposures, ny, nx)
        Weight map of every exposure drizzled alone.

    Returns
    -------
    ndarray, (planes, ny, nx), int32
        Bit k of plane p is set where exposure 32 p + k has a weight above zero.

    Raises
    ------
    MetricError
        If the array is not three-dimensional.
    """
    if weights.ndim != 3:
        raise MetricError(
            f"the weights have {weights.ndim} dimensions",
            where=CONTEXT,
            allowed="(exposures, ny, nx)",
        )
    planes = max(1, -(-len(weights) // BITS_PER_PLANE))
    ctx = np.zeros((planes, *weights.shape[1:]), dtype=np.uint32)
    for index, weight in enumerate(weights):
        plane, bit = divmod(index, BITS_PER_PLANE)
        ctx[plane] |= (weight > 0).astype(np.uint32) << np.uint32(bit)
    return ctx.view(np.int32)


def _plane(ctx: npt.NDArray[np.int32], plane: int, rows: slice) -> npt.NDArray[np.uint32]:
    if plane < len(ctx):
        # Bit 31 makes an int32 negative, so bits are compared unsigned.
        part = np.ascontiguousarray(ctx[plane, rows]).astype(np.int32, copy=False)
        return part.view(np.uint32)
    return np.zeros((rows.stop - rows.start, ctx.shape[2]), dtype=np.uint32)


def _first_place(wrong: Mask, rows: slice) -> dict[str, float]:
    y, x = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    return {"x": float(x), "y": float(rows.start + int(y))}
