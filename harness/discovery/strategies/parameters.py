"""Parameters of a drizzle run: drops, times, units, limits, fill values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.cores.request import NO_LIMITS, Limits, RawImage
from harness.discovery.strategies.choice import hundredths, number, once_in, pick
from harness.discovery.strategies.scope import Scope

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

PIXFRACS = (1.0, 0.5, 0.8, 0.1, 0.01)
WILD_PIXFRACS = (0.0, 1e-3, 1e-6, 1.5, 10.0, -0.5, np.nan, np.inf, 1e6)
TIMES = (1.0, 10.0, 0.5, 1200.0)
WILD_TIMES = (0.0, 1e-30, 1e35, -1.0, np.nan, np.inf, 1e-320)
FILLS: tuple[float | str | None, ...] = (0.0, -7.0, np.nan, 1e30)
WILD_FILLS: tuple[float | str | None, ...] = ("INDEF", "", "-3", "nan", np.inf, 1e300, "rubbish")
RATIOS = (0.0, -1.0, np.nan, np.inf, 1e-30, 1e6)
UNITS = ("cps", "counts")
WILD_UNITS = ("electrons", "", "COUNTS", "cps ")
FACTORS = (1.0, 2.0, 0.25, 10.0)
WILD_FACTORS = (0.0, -1.0, np.nan, np.inf, 1e38)


def draw_pixfrac(draw: DrawFn, scope: Scope) -> float:
    """Draw the linear size of the drop; beyond 0.01 to 1 where the scope is wild."""
    if scope.wild_parameters and once_in(draw, 4):
        return pick(draw, WILD_PIXFRACS)
    return hundredths(draw, 1, 100, PIXFRACS)


def draw_fill(draw: DrawFn, scope: Scope) -> float | str | None:
    """Draw a fill value; None leaves it to the core."""
    values = FILLS
    if scope.defaults:
        values = (*values, None, "INDEF")
    if scope.wild_parameters:
        values = (*values, *values, *WILD_FILLS)
    return pick(draw, values)


def draw_limits(draw: DrawFn, scope: Scope, shape: tuple[int, int]) -> Limits:
    """Draw (xmin, xmax, ymin, ymax), inclusive and from zero, within the image unless wild."""
    if once_in(draw, 2) or 0 in shape:
        return NO_LIMITS
    limits: list[int | None] = []
    for size in (shape[1], shape[0]):
        low = number(draw, 0, size - 1)
        # A single row or column is a special case.
        high = low if low == size - 1 or once_in(draw, 6) else number(draw, low + 1, size - 1)
        if scope.wild_parameters:
            low += pick(draw, (0, 0, -3, 5, -(2**31), 10**6))
            high += pick(draw, (0, 0, 3, -5, 2**31 - 1 - high, -(10**6)))
        limits += [low, high]
    return limits[0], limits[1], limits[2], limits[3]


def draw_parameters(draw: DrawFn, scope: Scope, image: RawImage) -> RawImage:
    """Draw times, units and factors for an image."""

    def value(sound: tuple[Any, ...], wild: tuple[Any, ...]) -> Any:
        if scope.wild_parameters and once_in(draw, 6):
            return pick(draw, wild)
        return pick(draw, sound)

    ratio = image.pixel_scale_ratio
    if scope.wild_parameters and once_in(draw, 8):
        ratio = pick(draw, RATIOS)
    if scope.defaults and once_in(draw, 4):
        ratio = None
    return replace(
        image,
        pixel_scale_ratio=ratio,
        exptime=value(TIMES, WILD_TIMES),
        in_units=value(UNITS, WILD_UNITS),
        iscale=value(FACTORS, WILD_FACTORS) if scope.iscale else 1.0,
        weight_scale=value(FACTORS, WILD_FACTORS) if scope.weight_scale else 1.0,
    )
