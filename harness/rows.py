"""Images in blocks of whole rows, so that what is computed of an image needs no second one."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_PIXELS = 1 << 18
"""Pixels in a block of rows: two megabytes in float64, which a cache of the second level holds."""
SMALL_BLOCK = 1 << 16
"""Pixels in a block of which several arrays are made, one from the other."""


def count_rows(shape: tuple[int, ...], pixels: int | None = None) -> int:
    """Return how many rows of an image make a block of about `pixels` pixels: one at least.

    Parameters
    ----------
    shape : tuple of int
        Of which the last two are (ny, nx).
    pixels : int, optional
        `BLOCK_PIXELS` where not given.
    """
    wanted = BLOCK_PIXELS if pixels is None else pixels
    return min(max(1, wanted // max(1, shape[-1])), shape[-2])


def row_blocks(shape: tuple[int, ...], pixels: int | None = None) -> Iterator[slice]:
    """Cut an image into blocks of whole rows of about `pixels` pixels.

    Parameters
    ----------
    shape : tuple of int
        Of which the last two are (ny, nx).
    pixels : int, optional
        `BLOCK_PIXELS` where not given.
    """
    rows = max(1, count_rows(shape, pixels))
    for start in range(0, shape[-2], rows):
        yield slice(start, min(start + rows, shape[-2]))
