"""Whole requests."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.cores.request import NO_LIMITS, BlotRequest, DrizzleRequest, Previous, RawImage
from harness.discovery.strategies import geometry, images, parameters, weights
from harness.discovery.strategies.choice import number, once_in, pick
from harness.discovery.strategies.scope import SOME, WILD, Scope

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

MANY = (33, 34, 65)
"""Images: one more than a context plane holds, and one more than two do."""
OUTPUT_SIDE = 10
EARLIER = (1, 1, 31, 32, 33, 64)
"""Images in a product that is gone on with: up to, and beyond, the last bit of a plane."""
WILD_KERNELS = ("SQUARE", "tophat", "lanczos5", "")
WILD_INTERPOLATIONS = ("lanczos3", "lanczos5", "spline3", "POLY5", "bogus", "")


def drizzle_requests(scope: Scope = WILD) -> SearchStrategy[DrizzleRequest]:
    """Return a strategy for drizzle runs within a scope; by default anything at all.

    Examples shrink to one image of 2x2 ones, drizzled where it is with the square kernel.

    Parameters
    ----------
    scope : Scope, optional
        What may be drawn.

    Returns
    -------
    hypothesis strategy
        Of `DrizzleRequest`.
    """
    from hypothesis import strategies as st

    return st.composite(_draw_drizzle)(scope)


def sound_requests(**borders: Any) -> SearchStrategy[DrizzleRequest]:
    """Return a strategy for drizzle runs that are valid by the documentation of the cores.

    Parameters
    ----------
    **borders
        Fields of `Scope`. What is wild or empty in it stays off.
    """
    wild = {name: False for name in Scope.__dataclass_fields__ if name.startswith("wild")}
    return drizzle_requests(Scope(**{**borders, **wild, "empty": False}))


def blot_requests(scope: Scope = WILD) -> SearchStrategy[BlotRequest]:
    """Return a strategy for blots within a scope; by default anything at all.

    Parameters
    ----------
    scope : Scope, optional
        What may be drawn.

    Returns
    -------
    hypothesis strategy
        Of `BlotRequest`.
    """
    from hypothesis import strategies as st

    return st.composite(_draw_blot)(scope)


def _draw_drizzle(draw: DrawFn, scope: Scope) -> DrizzleRequest:
    if scope.wild_parameters:
        scope = scope.some([number(draw, 0, 3) for _ in SOME])
    kernel = pick(draw, scope.kernels)
    if scope.wild_parameters and once_in(draw, 16):
        kernel = pick(draw, WILD_KERNELS)
    count = number(draw, *scope.images)
    if scope.many and once_in(draw, 16):
        count = pick(draw, MANY)
    variances = number(draw, 0, 2) if scope.variance else 0
    has_dq = scope.dq and once_in(draw, 2)
    output = geometry.draw_shape(draw, scope, OUTPUT_SIDE, image=False)
    first = _draw_image(draw, scope, output, variances, has_dq)
    drawn = [first]
    # Of many images one is drawn and moved: what counts there is how many they are.
    for index in range(1, count):
        if count > 3:
            step = np.resize([index % 3 / 2, index % 2 / 2], first.pixmap.shape[-1])
            moved = np.ascontiguousarray(first.pixmap.astype(np.float64) + step)
            drawn.append(replace(first, pixmap=moved))
        else:
            drawn.append(_draw_image(draw, scope, output, variances, has_dq))
    if scope.placement == "contained":
        output = _shape_around(drawn, output)
    return DrizzleRequest(
        images=tuple(drawn),
        kernel=kernel,
        shape=None if scope.wild_parameters and once_in(draw, 16) else output,
        fillval=parameters.draw_fill(draw, scope),
        previous=_draw_previous(draw, scope, output, variances) if scope.previous else None,
        max_images=pick(draw, (None, None, 1, 40)) if scope.defaults else None,
    )


def _draw_image(
    draw: DrawFn,
    scope: Scope,
    output: tuple[int, int],
    variances: int,
    has_dq: bool,
) -> RawImage:
    shape = geometry.draw_shape(draw, scope)
    matrix, ratio = geometry.draw_mapping(draw)
    if max(shape) / ratio > 4 * OUTPUT_SIDE:
        # Large pixels: three of them already reach from one end of the output to the other.
        shape = (min(shape[0], 3), min(shape[1], 3))
    origin = geometry.draw_origin(draw, scope, shape, output, matrix)
    pixmap: Any = geometry.draw_pixmap(draw, scope, shape, output, matrix, origin)
    data = images.draw_data(draw, scope, shape)
    weight: Any = weights.draw_weight(draw, scope, shape)
    dq = images.draw_dq(draw, scope, shape) if has_dq else None
    if scope.layouts and once_in(draw, 2):
        data = images.relayout(draw, images.retype(draw, data))
        weight = images.relayout(draw, images.retype(draw, weight))
        pixmap = images.relayout(
            draw, images.retype(draw, pixmap, images.PIXMAP_TYPES), images.PIXMAP_LAYOUTS
        )
    if scope.defaults and once_in(draw, 4):
        weight = None
    image = RawImage(
        data=data,
        pixmap=pixmap,
        weight=weight,
        pixfrac=parameters.draw_pixfrac(draw, scope),
        pixel_scale_ratio=ratio,
        limits=parameters.draw_limits(draw, scope, shape) if scope.limits else NO_LIMITS,
        dq=dq,
        variance=images.draw_variance(draw, shape, variances) if variances else None,
    )
    return parameters.draw_parameters(draw, scope, image)


def _shape_around(drawn: list[RawImage], output: tuple[int, int]) -> tuple[int, int]:
    """Return an output shape that holds all images with a margin for bent corners and kernels."""
    highest = np.max([image.pixmap.max(axis=(0, 1)) for image in drawn], axis=0)
    largest = max(1.0 / (image.pixel_scale_ratio or 1.0) for image in drawn)
    margin = math.ceil(largest) + 1
    ny, nx = (max(output[1 - axis], math.ceil(highest[axis]) + margin) for axis in (1, 0))
    return ny, nx


def _draw_previous(
    draw: DrawFn, scope: Scope, output: tuple[int, int], variances: int
) -> Previous | None:
    if not once_in(draw, 4):
        return None
    generator = np.random.default_rng(number(draw, 0, 99))
    wht: Any = (generator.integers(0, 9, output) / 2).astype(np.float32)
    sci: Any = np.where(wht > 0, generator.integers(-400, 800, output) / 8, 0).astype(np.float32)
    earlier = pick(draw, EARLIER)
    planes, bit = divmod(earlier - 1, 32)
    ctx: Any = np.zeros((planes + 1, *output), dtype=np.int32)
    # The last image covers what the first ones leave: its bit may be the sign of an int32.
    ctx[planes] = np.where(wht > 0, np.uint32(1 << bit).astype(np.int32), 0)
    if scope.wild_parameters and once_in(draw, 4):
        ctx = pick(draw, (None, ctx[0], ctx[:, :1]))
    variance: Any = None
    if variances and not once_in(draw, 3):
        variance = tuple(np.ones(output, dtype=np.float32) for _ in range(variances))
    if scope.layouts and once_in(draw, 2):
        layouts = images.PIXMAP_LAYOUTS
        sci = images.relayout(draw, images.retype(draw, sci), layouts)
        wht = images.relayout(draw, images.retype(draw, wht), layouts)
        if ctx is not None:
            ctx = images.relayout(draw, ctx, layouts)
    return Previous(sci=sci, wht=wht, ctx=ctx, variance=variance, exptime=1.0, images=earlier)


def _draw_blot(draw: DrawFn, scope: Scope) -> BlotRequest:
    if scope.wild_parameters:
        scope = scope.some([number(draw, 0, 3) for _ in SOME])
    interp = pick(draw, scope.interpolations)
    if scope.wild_parameters and once_in(draw, 16):
        interp = pick(draw, WILD_INTERPOLATIONS)
    source = geometry.draw_shape(draw, scope, geometry.LARGEST_SIDE, image=False)
    target = geometry.draw_shape(draw, scope)
    matrix, _ = geometry.draw_mapping(draw)
    origin = geometry.draw_origin(draw, scope, target, source, matrix)
    pixmap: Any = geometry.draw_pixmap(draw, scope, target, source, matrix, origin)
    data = images.draw_data(draw, scope, source)
    if scope.layouts and once_in(draw, 2):
        data = images.relayout(draw, images.retype(draw, data))
        pixmap = images.relayout(
            draw, images.retype(draw, pixmap, images.PIXMAP_TYPES), images.PIXMAP_LAYOUTS
        )

    def value(sound: tuple[float, ...], wild: tuple[float, ...]) -> float:
        if scope.wild_parameters and once_in(draw, 8):
            return pick(draw, wild)
        return pick(draw, sound)

    return BlotRequest(
        data=data,
        pixmap=pixmap,
        interp=interp,
        fillval=value((0.0, -7.0), (np.nan, np.inf, 1e300)),
        iscale=value(parameters.FACTORS, parameters.WILD_FACTORS) if scope.iscale else 1.0,
        exptime=value(parameters.TIMES, parameters.WILD_TIMES) if scope.iscale else 1.0,
        sinscl=value((1.0,), (0.0, -1.0, np.nan, 0.5, 2.0)),
    )
