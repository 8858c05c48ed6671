"""An image as a PNG: stretched, coloured, with the pixels that hold nothing marked."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Rgba = npt.NDArray[np.uint8]

NOISE_SHOWN = 3.0
"""The asinh stretch turns from linear to logarithmic at so many times the scatter of the sky."""
SKY_BELOW = 3.0
"""Times the scatter of the sky by which the darkest shown lies below it."""
PALETTE = 256
"""Colours that one byte a pixel can tell apart."""
COLOURS = PALETTE - 1
"""Steps of a colour map, which leave one colour for the pixels that hold nothing."""
MAD_PER_SIGMA = 0.6744897501960817
"""Median absolute deviation of a Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From pixel values to brightness; pictures that share one can be compared.

    Attributes
    ----------
    low, high : float
        Shown as darkest and brightest.
    softening : float
        Value above `low` at which it turns from linear to logarithmic (asinh); 0 for linear.
    """

    low: float
    high: float
    softening: float = 0.0

    def __call__(self, pixels: Floats) -> Floats:
        """Return brightness, 0 to 1, NaN as NaN."""
        span = self.high - self.low
        if not span > 0:
            return np.asarray(np.where(np.isfinite(pixels), 0.5, np.nan))
        above = np.clip(pixels, self.low, self.high) - self.low
        if self.softening > 0:
            return np.asarray(
                np.arcsinh(above / self.softening) / np.arcsinh(span / self.softening)
            )
        return np.asarray(above / span)


def find_linear(images: Sequence[Floats], percentile: float = 99.9) -> Stretch:
    """Return one stretch for several images, from 0 to a percentile of all their pixels."""
    every = _finite(images)
    high = float(np.percentile(every, percentile)) if every.size else 1.0
    return Stretch(low=0.0, high=high if high > 0 else 1.0)


def find_asinh(images: Sequence[Floats], percentile: float = 99.8) -> Stretch:
    """Return one stretch for several images that shows the noise of the sky and the stars.

    From `SKY_BELOW` sigma under the sky to a percentile of all their pixels.
    """
    every = _finite(images)
    if not every.size:
        return Stretch(low=0.0, high=1.0)
    sky = float(np.median(every))
    scatter = float(np.median(np.abs(every - sky))) / MAD_PER_SIGMA
    low = sky - SKY_BELOW * scatter
    high = max(float(np.percentile(every, percentile)), sky + SKY_BELOW * scatter)
    return Stretch(low=low, high=high, softening=NOISE_SHOWN * scatter)


def _finite(images: Sequence[Floats]) -> Floats:
    finite = [image[np.isfinite(image)] for image in images]
    return np.concatenate(finite).astype(np.float64) if finite else np.empty(0)


def colour(
    pixels: Floats, stretch: Stretch, colours: str, empty: tuple[int, int, int, int]
) -> Rgba:
    """Return an image as (ny, nx, 4) bytes, top row first, for a (y, x) array with y upwards.

    Parameters
    ----------
    pixels : ndarray, (ny, nx)
    stretch : Stretch
    colours : str
        Name of a matplotlib colour map.
    empty : tuple of int
        Red, green, blue and opacity of pixels that are NaN.
    """
    import matplotlib as mpl

    level = stretch(pixels)
    painted = mpl.colormaps[colours].resampled(COLOURS)(np.nan_to_num(level), bytes=True)
    painted[~np.isfinite(level)] = empty
    upright: Rgba = np.ascontiguousarray(painted[::-1])
    return upright


def tint(level: Floats, paint: tuple[int, int, int], outside: tuple[int, int, int, int]) -> Rgba:
    """Return an image in one paint whose opacity grows with the value; the page shows through.

    Parameters
    ----------
    level : ndarray, (ny, nx)
        0 to 1, y upwards; NaN for `outside`.
    paint : tuple of int
        Red, green and blue.
    outside : tuple of int
        Red, green, blue and opacity.
    """
    painted = np.empty((*level.shape, 4), dtype=np.uint8)
    painted[..., :3] = paint
    # The root lifts single empty pixels out of large blocks.
    painted[..., 3] = np.rint(255 * np.sqrt(np.nan_to_num(np.clip(level, 0.0, 1.0))))
    painted[~np.isfinite(level)] = outside
    upright: Rgba = np.ascontiguousarray(painted[::-1])
    return upright


def encode(image: Rgba) -> str:
    """Return a coloured image as the data URI of a PNG, of one byte a pixel if its colours allow.

    A palette makes the file a third as large, and takes a third of the time.
    """
    from PIL import Image

    stream = io.BytesIO()
    ny, nx = image.shape[:2]
    colours, index = np.unique(
        np.ascontiguousarray(image).view(np.uint32).reshape(ny, nx), return_inverse=True
    )
    if colours.size > PALETTE:
        Image.fromarray(image).save(stream, format="PNG")
    else:
        table = colours.view(np.uint8).reshape(-1, 4)
        indexed = Image.frombytes("P", (nx, ny), index.astype(np.uint8).tobytes())
        indexed.putpalette(table[:, :3].tobytes())
        indexed.save(stream, format="PNG", transparency=table[:, 3].tobytes())
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def bar(colours: str, steps: int = 64) -> str:
    """Return the colour bar of a map, dark end first, as the data URI of a PNG one pixel high."""
    levels = np.linspace(0.0, 1.0, steps)[np.newaxis]
    return encode(colour(levels, Stretch(low=0.0, high=1.0), colours, (0, 0, 0, 0)))


def ramp(paint: tuple[int, int, int], steps: int = 64) -> str:
    """Return the colour bar of `tint`, as the data URI of a PNG one pixel high."""
    return encode(tint(np.linspace(0.0, 1.0, steps)[np.newaxis], paint, (0, 0, 0, 0)))
