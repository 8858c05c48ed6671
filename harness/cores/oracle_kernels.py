"""Footprints on the output: which pixels each input pixel reaches, and with what fraction.

The kernels are written from their definitions: Fruchter & Hook 2002 (PASP 114, 144) for square,
and the AstroDrizzle documentation (parameter `final_kernel`) for the others. What it leaves open
was measured on impulses drizzled by drizzlepac 3.11 and drizzle 3.0 and is stated here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_drops import drop_corners
from harness.cores.oracle_overlap import RESOLUTION, overlap_fractions
from harness.errors import CoreError, UnsupportedCaseError
from harness.model import KERNELS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Profile = Callable[[Floats], Floats]

POINT_PIXFRAC = 1e-3
"""Up to this every kernel is the point kernel (documentation of `final_pixfrac`; the cores include
the limit itself)."""
FWHM_PER_SIGMA = 2.3548
"""FWHM of a Gaussian in sigma, as the cores round sqrt(8 ln 2): with all digits the weights would
differ by 1.1e-5 of their maximum and hide what is smaller."""
GAUSSIAN_SIGMAS, GAUSSIAN_REACH = 2.5, 1.2
"""A Gaussian reaches all pixels that meet the square of +-2.5 sigma, and at least that of +-1.2
input pixels (which is the larger one for every pixfrac up to 1.13). A pixel whose edge lies on
the side of the square is met by it at the upper end only."""
LANCZOS_STEP = 0.003
"""Input pixels. The documentation gives the function, sinc(t) sinc(t / order) for |t| < order; the
cores tabulate it and take the nearest entry. This is the step of the finer table, that of drizzle
3.0; the function itself differs from it by up to 2.1e-3 of the maximum, and drizzlepac 3.11 by
2.2e-2: its table has steps of 0.01, and holds in each entry the value of the next."""
LANCZOS_ORDER = {"lanczos2": 2, "lanczos3": 3}
TILE = 256
"""Input rows and columns in one tile: its footprint stays compact under any rotation."""
BATCH = 1 << 20
"""Entries (pixel of a drop) worked on at once: 8 MB an array."""
LARGEST_DROP = 512
"""Output pixels across; a larger drop means a pixmap that is torn, not one that is stretched."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Footprints:
    """Some drops that cover the same number of output pixels.

    Attributes
    ----------
    pixel : ndarray, (n,), int64
        Flat index of the input pixel of each drop.
    x, y : ndarray, (n,), int64
        Lower left output pixel of each drop; may lie outside the output.
    fraction : ndarray, (span_y, span_x, n), float64
        What each output pixel from there on gets of the drop.
    """

    pixel: Indices
    x: Indices
    y: Indices
    fraction: Floats


def footprints(exposure: Any, params: Any) -> Iterator[Footprints]:
    """Yield the footprints of all input pixels of weight that reach the output.

    Parameters
    ----------
    exposure : Exposure
        With `pixmap`, `weight_map`, `pixel_scale`.
    params : DrizzleParams
        `kernel`, `pixfrac`, `grid`.

    Raises
    ------
    UnsupportedCaseError
        For an unknown kernel.
    CoreError
        For a pixmap that is missing, of wrong shape, or torn; for a single row under the square
        kernel.
    """
    pixmap = checked_pixmap(exposure)
    ny, nx = pixmap.shape[:2]
    ratio = params.grid.pixel_scale / exposure.pixel_scale
    kernel = params.kernel
    if params.pixfrac <= POINT_PIXFRAC and kernel in KERNELS:
        kernel = "point"
    profile, reach = (None, 0.0) if kernel == "square" else _profile(kernel, params.pixfrac, ratio)
    for y0 in range(0, ny, TILE):
        for x0 in range(0, nx, TILE):
            rows, columns = slice(y0, min(y0 + TILE, ny)), slice(x0, min(x0 + TILE, nx))
            used = exposure.weight_map[rows, columns] != 0
            if not used.any():
                continue
            pixel = (np.arange(ny)[rows, None] * nx + np.arange(nx)[None, columns])[used]
            if profile is None:
                corners = drop_corners(pixmap, params.pixfrac, rows, columns)
                corners = corners.reshape(2, 4, -1) if used.all() else corners[:, :, used]
                yield from _square(pixel, corners, params.grid.shape)
            else:
                centres = pixmap[rows, columns][used].T
                yield from _separable(pixel, centres, profile, reach, params.grid.shape)


def checked_pixmap(exposure: Any) -> Floats:
    """Return the pixmap of an exposure, (ny, nx, 2) float64, (x, y) on the output.

    Raises
    ------
    CoreError
        If it is missing, or does not fit the data and the weight map.
    """
    where = f"oracle, exposure {getattr(exposure, 'name', '?')}"
    shape = exposure.weight_map.shape
    if exposure.pixmap is None:
        raise CoreError("no pixmap", where=where, remedy="Project the exposure onto the grid")
    pixmap = np.asarray(exposure.pixmap, dtype=np.float64)
    if pixmap.shape != (*shape, 2) or exposure.data.shape != shape:
        raise CoreError(
            f"data {exposure.data.shape}, weight map {shape} and pixmap {pixmap.shape} disagree",
            where=where,
            allowed="(ny, nx), (ny, nx) and (ny, nx, 2)",
        )
    return pixmap


def _profile(kernel: str, pixfrac: float, ratio: float) -> tuple[Profile, float]:
    """Return the kernel along one axis, as a function of output pixels, and how far it reaches."""
    if kernel == "point":
        # All weight goes to the pixel that contains the centre; on the edge between two, to the
        # upper one.
        return np.ones_like, 0.0
    if kernel == "turbo":
        size = pixfrac / ratio
        return lambda offset: _box_share(offset, size), size / 2
    if kernel == "gaussian":
        sigma = pixfrac / ratio / FWHM_PER_SIGMA
        peak = 1 / (sigma * math.sqrt(2 * math.pi))
        reach = max(GAUSSIAN_SIGMAS * sigma, GAUSSIAN_REACH / ratio)
        return lambda offset: peak * np.exp(-((offset / sigma) ** 2) / 2), reach
    if kernel in LANCZOS_ORDER:
        order = LANCZOS_ORDER[kernel]
        # The size of the kernel is fixed in input pixels: pixfrac plays no part.
        return lambda offset: _lanczos(offset * ratio, order), order / ratio
    raise UnsupportedCaseError(
        f"kernel {kernel!r}",
        where="oracle",
        allowed=", ".join(KERNELS),
    )


def kernel_reach(exposure: Any, params: Any, *, sigmas: bool = False) -> float:
    """Return how far a kernel that is a product along the axes reaches.

    Parameters
    ----------
    exposure : Exposure
    params : DrizzleParams
    sigmas : bool, optional
        In standard deviations of the Gaussian kernel, a pixel more, instead of output pixels.

    Raises
    ------
    UnsupportedCaseError
        For a kernel that is no such product.
    """
    ratio = params.grid.pixel_scale / exposure.pixel_scale
    _, reach = _profile(params.kernel, params.pixfrac, ratio)
    return (reach + 1) * ratio * FWHM_PER_SIGMA / params.pixfrac if sigmas else reach


def _box_share(offset: Floats, size: float) -> Floats:
    """Return the part of a centred box of `size` that falls on a pixel `offset` away."""
    upper = np.minimum(offset + 0.5, size / 2)
    lower = np.maximum(offset - 0.5, -size / 2)
    share = np.maximum(upper - lower, 0.0) / size
    share[share < RESOLUTION] = 0.0
    return np.asarray(share)


def _lanczos(offset: Floats, order: int) -> Floats:
    tabulated = np.floor(np.abs(offset) / LANCZOS_STEP + 0.5) * LANCZOS_STEP
    inside = tabulated < order
    return np.asarray(np.where(inside, np.sinc(tabulated) * np.sinc(tabulated / order), 0.0))


def _square(pixel: Indices, corners: Floats, shape: tuple[int, int]) -> Iterator[Footprints]:
    """Yield the overlaps of quadrilaterals, by the number of pixels that they span."""
    # Four times as fast as min and max along an axis of four.
    low = np.minimum(
        np.minimum(corners[:, 0], corners[:, 1]), np.minimum(corners[:, 2], corners[:, 3])
    )
    high = np.maximum(
        np.maximum(corners[:, 0], corners[:, 1]), np.maximum(corners[:, 2], corners[:, 3])
    )
    reaching = _reaches(low, high, shape)
    if not reaching.all():
        pixel, corners = pixel[reaching], corners[:, :, reaching]
        low, high = low[:, reaching], high[:, reaching]
    first = np.floor(low + 0.5)
    # A drop that ends on the edge of a pixel does not enter the next one.
    extent = np.maximum(np.ceil(high + 0.5) - first, 1)
    # Before they become integers, which have no place for the span of a drop of 1e300 pixels.
    _check_span(extent)
    span = extent.astype(np.int64)
    local = corners - (first - 0.5)[:, None]
    kinds = span[1] * (LARGEST_DROP + 2) + span[0]
    for kind in np.unique(kinds):
        span_y, span_x = divmod(int(kind), LARGEST_DROP + 2)
        of_kind = np.flatnonzero(kinds == kind)
        for some in _batches(of_kind, span_x * span_y):
            x0, y0 = first[:, some].astype(np.int64)
            fraction = overlap_fractions(local[0][:, some], local[1][:, some], span_x, span_y)
            yield Footprints(pixel=pixel[some], x=x0, y=y0, fraction=fraction)


def _separable(
    pixel: Indices, centres: Floats, profile: Profile, reach: float, shape: tuple[int, int]
) -> Iterator[Footprints]:
    """Yield kernels that are a product of one function of x and the same function of y."""
    reaching = _reaches(centres - reach, centres + reach, shape, touching=True)
    pixel, centres = pixel[reaching], centres[:, reaching]
    span = math.floor(2 * reach) + 2 if reach > 0 else 1
    _check_span(np.array([span], dtype=np.float64))
    steps = np.arange(span, dtype=np.float64)[:, None]
    for some in _batches(np.arange(len(pixel)), span * span):
        first = np.floor(centres[:, some] - reach + 0.5)
        last = np.floor(centres[:, some] + reach + 0.5)
        along = []
        for axis in (0, 1):
            pixel_centre = first[axis] + steps
            share = profile(pixel_centre - centres[axis, some])
            along.append(np.where(pixel_centre <= last[axis], share, 0.0))
        x0, y0 = first.astype(np.int64)
        fraction = along[1][:, None] * along[0][None]
        yield Footprints(pixel=pixel[some], x=x0, y=y0, fraction=fraction)


def _reaches(
    low: Floats, high: Floats, shape: tuple[int, int], *, touching: bool = False
) -> npt.NDArray[np.bool_]:
    """Tell which drops are finite and meet the output."""
    size = np.array([shape[1], shape[0]])[:, None] - 0.5
    meets = (high >= -0.5) & (low < size) if touching else (high > -0.5) & (low < size)
    return np.asarray(np.isfinite(low).all(axis=0) & np.isfinite(high).all(axis=0) & meets.all(0))


def _check_span(span: Floats) -> None:
    if span.size and span.max() > LARGEST_DROP:
        raise CoreError(
            f"a drop spans {span.max():g} output pixels",
            where="oracle",
            allowed=f"at most {LARGEST_DROP}",
            remedy="Check the pixmap for jumps, and the output scale",
        )


def _batches(index: Indices, entries: int) -> Iterator[Indices]:
    size = max(BATCH // entries, 1)
    for start in range(0, len(index), size):
        yield index[start : start + size]
