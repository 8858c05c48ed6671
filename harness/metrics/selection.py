"""What every metric does first: check that images and region fit, and walk them in row blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import MetricError
from harness.model import Measurement
from harness.rows import count_rows, row_blocks

Image = npt.NDArray[Any]
"""A (ny, nx) image of any real type."""
Mask = npt.NDArray[np.bool_]
"""(ny, nx), true where a pixel belongs to the region."""


def check_selection(mask: Mask, region: str, **images: Image | None) -> None:
    """Raise unless all images have the shape of the mask and the mask selects something.

    Parameters
    ----------
    mask : ndarray, (ny, nx), bool
        The region.
    region : str
        Its name, for the message.
    **images : ndarray, (ny, nx), or None
        What is measured, by name.

    Raises
    ------
    MetricError
        Naming the image or the region, the shape found and the shape wanted.
    """
    where = f"region {region!r}"
    if mask.dtype != np.bool_ or mask.ndim != 2:
        raise MetricError(
            f"the mask is a {mask.ndim}-dimensional array of {mask.dtype}",
            where=where,
            allowed="a (ny, nx) array of bool",
            remedy="Make it with harness.geometry.region_mask",
        )
    for name, image in images.items():
        if image is not None and image.shape != mask.shape:
            raise MetricError(
                f"{name} has shape {image.shape}",
                where=where,
                allowed=f"the shape of the region mask, {mask.shape}",
                remedy="Measure a product on the grid for which the region was made",
            )
    if not mask.any():
        raise MetricError(
            "no output pixel lies in it",
            where=where,
            remedy="Choose a region that meets the output",
        )


def block_room(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return memory for one block of an image, flat float64, for who goes through all blocks.

    Fresh memory for every block costs more than the arithmetic: its pages are made, and cleared,
    again each time.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.

    Returns
    -------
    ndarray, (pixels of a block,), float64
        Not initialised.
    """
    return np.empty(count_rows(shape) * shape[-1])


def copy_into(room: npt.NDArray[np.float64], values: Image) -> npt.NDArray[np.float64]:
    """Copy values into room for them, and return the part that holds them, in their shape.

    Parameters
    ----------
    room : ndarray, (pixels,), float64
        At least as many as there are values.
    values : ndarray, (ny, nx)
        Of any real type.

    Returns
    -------
    ndarray, (ny, nx), float64
        A view of the room.
    """
    part = room[: values.size].reshape(values.shape)
    np.copyto(part, values)
    return part


def parts_in(image: Image, mask: Mask, rows: slice) -> Iterator[Image]:
    """Give the values of some rows of the region, in no order.

    Columns that lie wholly in the region come as one view; only what lies beside them is copied.

    Parameters
    ----------
    image : ndarray, (ny, nx)
        Of any real type.
    mask : ndarray, (ny, nx), bool
        The region.
    rows : slice
        Rows of both.

    Yields
    ------
    ndarray, (n, m) or (n,)
        Views and copies; together every pixel of the region once.
    """
    inside = mask[rows]
    whole = inside.all(axis=0)
    if whole.all():
        yield image[rows]
        return
    edges = np.flatnonzero(np.diff(whole.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    first, last = max(edges, key=np.ptp, default=(0, 0))
    if last > first:
        yield image[rows, first:last]
    for columns in (slice(0, first), slice(last, None)):
        some = image[rows, columns][inside[:, columns]]
        if some.size:
            yield some


def count_not_finite(image: Image, mask: Mask) -> int:
    """Count the pixels of the region that hold NaN or infinity.

    Parameters
    ----------
    image : ndarray, (ny, nx)
        Of any real type.
    mask : ndarray, (ny, nx), bool
        The region.
    """
    count = 0
    for rows in row_blocks(mask.shape):
        finite = np.isfinite(image[rows])
        if not finite.all():
            count += int(np.count_nonzero(mask[rows] & ~finite))
    return count


def peak_in(image: Image, mask: Mask) -> float:
    """Return the largest finite `|value|` in the region, 0 where there is none.

    Parameters
    ----------
    image : ndarray, (ny, nx)
        Of any real type.
    mask : ndarray, (ny, nx), bool
        The region.
    """
    peak, room = 0.0, block_room(mask.shape)
    for rows in row_blocks(mask.shape):
        peak = max(peak, peak_of(image[rows], mask[rows], room))
    return peak


def peak_of(values: Image, inside: Mask, room: npt.NDArray[np.float64]) -> float:
    """Return the largest finite `|value|` of one block, see `peak_in`.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        The block.
    inside : ndarray, (ny, nx), bool
        Its pixels in the region.
    room : ndarray, (pixels,), float64
        See `block_room`.
    """
    if not inside.all():
        some = room[: values.size].reshape(values.shape)
        some.fill(0.0)
        np.copyto(some, values, where=inside)
        values = some
    highest, lowest = float(values.max()), float(values.min())
    # NaN comes through both.
    if not (math.isfinite(highest) and math.isfinite(lowest)):
        values = values[np.isfinite(values)]
        highest, lowest = float(values.max(initial=0.0)), float(values.min(initial=0.0))
    return max(0.0, highest, -lowest)


def unmeasured(
    metric: str,
    unit: str,
    region: str,
    reason: str,
    *,
    sample_size: int = 0,
    expected: float | None = None,
) -> Measurement:
    """Return the measurement that says why there is no value, and what to do.

    Parameters
    ----------
    metric : str
        Its name.
    unit : str
        As in `Measurement`.
    region : str
        Where it was to be measured.
    reason : str
        Why there is no value, and what to do.
    sample_size : int, optional
        Pixels or stars that were there.
    expected : float, optional
        What the truth predicts; some specifications ask for a value only where there is one.
    """
    return Measurement(
        metric=metric,
        value=None,
        unit=unit,
        region=region,
        sample_size=sample_size,
        expected=expected,
        reason=reason,
    )
