"""Whether two products are the same to the bit, to roundoff, or not, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.metrics.allowance import science_allowance, science_weight_floor, weight_allowance

Array = npt.NDArray[Any]

BOTH_SIDES = 2.0
"""Either side may be off by its allowance, in opposite directions."""
WEIGHT_FLOOR = 1e-6
"""Fraction of the largest weight at or below which science, context and DQ are not judged: an
overlap so small is roundoff itself."""
SQUARED = 6.0
"""Variances are of squared weights over the square of their sum: some roundings more."""
MAP_SIDE = 64
"""Most rows and columns of a map; larger products are told by the largest value of blocks."""
BLOT_ROUNDOFF = 2e-6
"""Of the largest value: a blot sums up to 121 products in float32."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Image:
    """An image of a product, on both sides.

    Attributes
    ----------
    name : str
        "wht", "sci", "ctx", "dq", "variance[0]".
    old, new : ndarray, (ny, nx) or (planes, ny, nx)
        What each side made.
    allowed : float
        |difference| that is roundoff, in the image's unit.
    judged : ndarray, (ny, nx) or (planes, ny, nx), bool, or None
        Where a difference counts; None for everywhere.
    """

    name: str
    old: Array
    new: Array
    allowed: float
    judged: Array | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Difference:
    """How an image differs.

    Attributes
    ----------
    name : str
        Of the image.
    kind : {"identical", "roundoff", "changed"}
    largest : float
        Largest |new - old| where it counts; infinite where only one is NaN.
    allowed : float
    index : tuple of int
        Where it is.
    old, new : float
        The values there.
    pixels : int
        How many are beyond what is allowed.
    gap : ndarray, (ny, nx) or (planes, ny, nx)
        |new - old|, 0 where it does not count.
    """

    name: str
    kind: str
    largest: float
    allowed: float
    index: tuple[int, ...]
    old: float
    new: float
    pixels: int
    gap: Array

    @property
    def message(self) -> str:
        """The difference in one sentence."""
        if self.kind == "identical":
            return f"{self.name} is the same to the bit"
        place = f"{self.name}{list(self.index)} is {self.new:.7g}, was {self.old:.7g}"
        if self.kind == "roundoff":
            return f"{place}: within the {self.allowed:.2g} of roundoff"
        return f"{place}: {self.pixels} pixels beyond the {self.allowed:.2g} of roundoff"


def product_images(
    kernel: str,
    contributions: int,
    largest_data: float,
    old: dict[str, Array | None],
    new: dict[str, Array | None],
) -> list[Image]:
    """Pair the images of two products, each with what is roundoff in it.

    Parameters
    ----------
    kernel : str
    contributions : int
        Most input pixels that one output pixel may get.
    largest_data : float
        Largest |science| value that goes in, in the unit of the products.
    old, new : dict of str to ndarray, (ny, nx), or None
        "wht", "sci", "ctx" (planes, ny, nx), "dq", "variance[k]"; None, or absent, where a side
        makes none.

    Returns
    -------
    list of Image
        In the order of `old`.
    """
    weights = [side.get("wht") for side in (old, new)]
    if weights[0] is None or weights[1] is None:
        both = [name for name in old if old[name] is not None and new.get(name) is not None]
        return [_image(name, old, new, BLOT_ROUNDOFF * largest_data, None) for name in both]
    peak = max(float(np.nanmax(np.abs(one), initial=0.0)) for one in weights if one is not None)
    weight_limit = BOTH_SIDES * float(weight_allowance(kernel, contributions)) * peak
    floor = max(science_weight_floor(kernel), WEIGHT_FLOOR) * peak
    same_shape = weights[0].shape == weights[1].shape
    judged = None
    if same_shape:
        judged = (np.abs(weights[0]) > floor) & (np.abs(weights[1]) > floor)
        # Where no weight is on either side, both must hold the same fill value. What falls on a
        # pixel on one side alone is the weight's matter; NaN is everyone's.
        judged |= (weights[0] == 0) & (weights[1] == 0)
        judged |= np.isnan(weights[0]) | np.isnan(weights[1])
    science_limit = BOTH_SIDES * float(science_allowance(kernel, contributions)) * largest_data
    images = []
    for name in old:
        one, other = old[name], new.get(name)
        if one is None or other is None:
            continue
        if name == "wht":
            images.append(_image(name, old, new, weight_limit, None))
        elif name == "sci":
            images.append(_image(name, old, new, science_limit, judged))
        elif name.startswith("variance"):
            largest = float(np.nanmax(np.abs(one), initial=0.0))
            limit = BOTH_SIDES * SQUARED * float(weight_allowance(kernel, contributions)) * largest
            images.append(_image(name, old, new, limit, judged))
        else:
            images.append(_image(name, old, new, 0.0, judged))
    return images


def _image(
    name: str,
    old: dict[str, Array | None],
    new: dict[str, Array | None],
    allowed: float,
    judged: Array | None,
) -> Image:
    one, other = old[name], new[name]
    assert one is not None and other is not None  # noqa: S101, PT018 - chosen so
    return Image(name=name, old=one, new=other, allowed=allowed, judged=judged)


def find_difference(image: Image) -> Difference:
    """Class the difference of one image."""
    if image.old.shape != image.new.shape:
        return Difference(
            name=f"shape of {image.name}", kind="changed", largest=np.inf, allowed=0.0, index=(),
            old=float(image.old.size), new=float(image.new.size), pixels=image.new.size,
            gap=np.zeros((1, 1)),
        )  # fmt: skip
    old, new = image.old.astype(np.float64), image.new.astype(np.float64)
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    with np.errstate(all="ignore"):
        gap = np.where(same, 0.0, np.abs(new - old))
    gap = np.where(np.isnan(gap), np.inf, gap)
    if not gap.any():
        return _class("identical", image, gap, 0)
    if image.judged is not None:
        gap = np.where(image.judged, gap, 0.0)
    beyond = int(np.count_nonzero(gap > image.allowed))
    return _class("changed" if beyond else "roundoff", image, gap, beyond)


def find_worst(images: Iterable[Image]) -> Difference:
    """Class the differences of all images, and return the first of the gravest class."""
    differences = [find_difference(image) for image in images]
    return next(
        (one for kind in ("changed", "roundoff") for one in differences if one.kind == kind),
        differences[0],
    )


def _class(kind: str, image: Image, gap: Array, pixels: int) -> Difference:
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
    return Difference(
        name=image.name,
        kind=kind,
        largest=float(gap[index]),
        allowed=image.allowed,
        index=index,
        old=float(image.old[index]),
        new=float(image.new[index]),
        pixels=pixels,
        gap=gap,
    )


def make_map(difference: Difference) -> dict[str, Any]:
    """Return a difference as rows of block-wise largest values, for records and figures."""
    gap = difference.gap
    flat = gap if gap.ndim == 2 else gap.max(axis=0)
    ny, nx = flat.shape
    block = -(-max(ny, nx) // MAP_SIDE)
    padded = np.zeros((-(-ny // block) * block, -(-nx // block) * block))
    padded[:ny, :nx] = np.where(np.isfinite(flat), flat, np.nan)
    cells = padded.reshape(padded.shape[0] // block, block, padded.shape[1] // block, block)
    unset = np.isnan(cells).any(axis=(1, 3))
    values = np.where(unset, np.nan, np.where(np.isnan(cells), 0.0, cells).max(axis=(1, 3)))
    rows = [[None if np.isnan(one) else float(f"{one:.4g}") for one in row] for row in values]
    return {"image": difference.name, "shape": [ny, nx], "block": block, "values": rows}
