"""What callers give beside plain images: each argument as a change of a plain request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import (
    DrizzleRequest,
    Previous,
    RawImage,
    make_pixmap,
)
from harness.upgrade.geometries import SHAPE, Array, Geometry, image_on


def list_arguments(
    finer: Geometry,
) -> Iterator[tuple[str, str, Callable[[DrizzleRequest], DrizzleRequest]]]:
    """Give name, meaning and a function that puts the argument into a plain request."""

    def images(count: int, **fields: Any) -> Callable[[DrizzleRequest], DrizzleRequest]:
        return lambda plain: replace(
            plain,
            images=tuple(
                replace(plain.images[0], **_varied(plain.images[0], number) | fields)
                for number in range(count)
            ),
        )

    ones = np.ones(SHAPE, dtype=np.float32)
    holes = np.where(np.indices(SHAPE).sum(axis=0) % 5 == 0, 0, ones).astype(np.float32)
    block = ones.copy()
    block[5:12, 6:14] = 0
    dq = (1 << (np.arange(ones.size) % 20)).astype(np.uint32).reshape(SHAPE)
    yield "three-images", "three images at fractions of a pixel", images(3)
    yield "forty-images", "so many that the context has two planes", images(40)
    yield "counts", "counts of an exposure of 7 s", images(2, in_units="counts", exptime=7.0)
    yield "short-counts", "counts of 0.25 s", images(2, in_units="counts", exptime=0.25)
    yield "long-rates", "rates of an exposure of 1000 s", images(2, exptime=1000.0)
    yield "weights-zero", "pixels of weight zero", images(2, weight=holes)
    yield "weights-zero-block", "a block of pixels of weight zero", images(1, weight=block)
    yield "weights-zero-first", "weights of zero that a later image fills", _zero_first(holes)
    yield "weight-scale", "a factor on the weights", images(2, weight_scale=3.0)
    yield "iscale", "a factor on the data", images(2, iscale=2.5)
    yield "pixel-scale-ratio", "kernels of half a pixel", images(1, pixel_scale_ratio=0.5)
    yield "pixfrac-zero", "drops without size", images(1, pixfrac=0.0)
    yield "pixfrac-tiny", "drops of a thousandth", images(1, pixfrac=0.0011)
    yield "limits", "a box of input pixels", images(2, limits=(3, 15, 4, 11))
    yield "fill-zero", "fill value 0", lambda plain: replace(images(1)(plain), fillval=0.0)
    yield "fill-number", "fill value -7", lambda plain: replace(images(1)(plain), fillval=-7.0)
    yield "fill-text", "fill value INDEF", lambda plain: replace(images(1)(plain), fillval="INDEF")
    yield "resumed", "onto the output of an earlier run", _resumed
    yield "no-context", "without a context image", lambda plain: replace(plain, context=False)
    yield (
        "defaults",
        "weights and scale left to the core",
        images(1, weight=None, pixel_scale_ratio=None),
    )
    yield "dq", "data quality bits", images(2, dq=dq)
    yield "variance", "variance images", images(2, variance=(ones, 2 * ones))
    yield "nan-data", "NaN among the data", images(2, data=np.where(holes, ones, np.float32("nan")))
    yield (
        "finer",
        "onto half the pixel scale, two images",
        lambda plain: replace(
            plain,
            images=(image_on(finer), image_on(finer, seed=1)),
            shape=finer.shape,
        ),
    )


def _varied(image: RawImage, number: int) -> dict[str, Any]:
    """Return what tells the images of one run apart."""
    return {
        "data": image.data * np.float32(number + 1),
        "pixmap": image.pixmap + 0.37 * number % 1.1,
    }


def _zero_first(holes: Array) -> Callable[[DrizzleRequest], DrizzleRequest]:
    """Let the first image have no weight where the second has some, pixel on pixel."""

    def change(plain: DrizzleRequest) -> DrizzleRequest:
        image = replace(plain.images[0], pixmap=make_pixmap(SHAPE) + 1.0)
        first = replace(image, weight=holes * np.float32(2.0))
        second = replace(image, data=image.data * np.float32(3.0), weight=image.weight)
        return replace(plain, images=(first, second))

    return change


def _resumed(plain: DrizzleRequest) -> DrizzleRequest:
    assert plain.shape is not None  # noqa: S101 - every probe has one
    generator = np.random.default_rng(7)
    previous = Previous(
        sci=generator.uniform(1, 2, plain.shape).astype(np.float32),
        wht=generator.uniform(1, 2, plain.shape).astype(np.float32),
        ctx=np.ones((1, *plain.shape), dtype=np.int32),
        exptime=10.0,
        images=1,
    )
    return replace(plain, previous=previous)
