"""Checks of drizzle runs: kernels, places, sums, positions that are not known, contexts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, Previous, RawImage, Request
from harness.discovery.resampling.check import Check, Judge
from harness.discovery.resampling.geometry import (
    CONTAINED,
    EDGES,
    PARTIAL,
    Placing,
    place,
    with_holes,
)
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import (
    counts,
    product_figures,
    returned_figures,
    whole_product,
)
from harness.model import KERNELS

PIXFRACS = (1.0, 0.59, 0.17)
OVERLAPPING = (CONTAINED["straight"], place((6.673, 6.919)), place((5.973, 7.519)))
SMALL: dict[str, Any] = {"shape": (4, 3), "output": (9, 12)}
EVERY = slice(None)
HOLES: dict[str, tuple[Any, ...]] = {
    "corner": ((0, 0),),
    "first-row": ((0, EVERY),),
    "last-rows": ((slice(-2, None), EVERY),),
    "first-columns": ((EVERY, slice(2)),),
    "last-column": ((EVERY, -1),),
    "frame": ((0, EVERY), (-1, EVERY), (EVERY, 0), (EVERY, -1)),
    "x-of-first-row": ((0, EVERY, 0),),
    "y-of-first-row": ((0, EVERY, 1),),
    "x-of-last-column": ((EVERY, -1, 0),),
    "y-of-last-column": ((EVERY, -1, 1),),
    "y-of-frame": ((0, EVERY, 1), (-1, EVERY, 1), (EVERY, 0, 1), (EVERY, -1, 1)),
    "ragged": ((0, slice(5)), (1, slice(2)), (-1, slice(3, None)), (slice(4), -1)),
}
INSIDE: dict[str, tuple[Any, ...]] = {
    "middle": ((3, 4),),
    "row": ((2, slice(2, 6)),),
    "x-alone": ((3, 4, 0),),
    "y-alone": ((3, 4, 1),),
    "low": ((1, 1),),
    "high": ((5, 6),),
}


def drizzle_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _kernels()
    yield from _aligned()
    yield from _partial()
    yield from _sums()
    yield from _holes()
    yield from _contexts()


def products(
    name: str, statement: str, requests: Mapping[Any, Request], *, judge: Judge = whole_product
) -> Check:
    """Return the check that whole products are right."""
    return Check(
        name=name, statement=statement, requests=requests, judge=judge, summary=product_figures
    )


def run(
    placing: Placing, kernel: str, *images: RawImage, fillval: Any = -7.0, **fields: Any
) -> DrizzleRequest:
    """Return the request for some images on the output of a placing."""
    return DrizzleRequest(
        images=images, kernel=kernel, shape=placing.output, fillval=fillval, **fields
    )


def size(kernel: str, pixfrac: float) -> float:
    """Return the pixfrac, or 1 for the kernels to which it means nothing."""
    return 1.0 if kernel.startswith("lanczos") else pixfrac


def _kernels() -> Iterator[Check]:
    for kernel in KERNELS:
        plain, full = {}, {}
        for number, (name, placing) in enumerate(CONTAINED.items()):
            pixfrac = size(kernel, PIXFRACS[number % 3])
            plain[name] = run(placing, kernel, image(placing, pixfrac=pixfrac))
            one = image(placing, pixfrac=pixfrac, planes=2, dq=True)
            full[name] = run(placing, kernel, one)
        statement = f"Images on the output give what the {kernel} kernel is defined as."
        yield products(f"kernel/{kernel}", statement, plain)
        yield products(f"kernel/{kernel}-variance-dq", statement, full)
    straight = CONTAINED["straight"]
    for planes, dq in ((1, False), (0, True)):
        yield products(
            f"kernel/{'dq' if dq else 'variance'}-alone",
            "Variance and DQ are made apart from each other.",
            {
                kernel: run(straight, kernel, image(straight, pixfrac=size(kernel, 0.9),
                                                    planes=planes, dq=dq))
                for kernel in KERNELS
            },
        )  # fmt: skip
    yield products(
        "kernel/lanczos-pixfrac",
        "The size of lanczos is that of input pixels, whatever pixfrac is.",
        {
            f"{kernel}-{planes}": run(straight, kernel, image(straight, pixfrac=0.7,
                                                              planes=planes))
            for kernel in ("lanczos2", "lanczos3") for planes in (0, 1)
        },
    )  # fmt: skip
    for planes in (0, 1):
        yield products(
            f"kernel/gaussian-large{'-variance-dq' if planes else ''}",
            "The gaussian kernel ends at 2.5 sigma, and not within 1.2 input pixels.",
            {
                f"{name}-{pixfrac}": run(placing, "gaussian",
                                         image(placing, pixfrac=pixfrac, planes=planes,
                                               dq=bool(planes)))
                for name, placing in CONTAINED.items() for pixfrac in (1.0, LARGE)
            },
        )  # fmt: skip
    for pixfrac in (0.001, 0.0011, 0.0):
        yield products(
            f"kernel/pixfrac-{pixfrac}",
            "Up to a pixfrac of 0.001 every kernel is the point kernel.",
            {
                f"{kernel}-{planes}": run(straight, kernel, image(straight, pixfrac=pixfrac,
                                                                  planes=planes))
                for kernel in ("square", "turbo") for planes in (0, 1)
            },
        )  # fmt: skip
    yield products(
        "kernel/pixfrac-0.001-between",
        "A point falls on one pixel, however close to the next one.",
        {
            f"{kernel}-{planes}": run(BETWEEN, kernel, image(BETWEEN, pixfrac=0.001, planes=planes))
            for kernel in ("square", "turbo")
            for planes in (0, 1)
        },
    )


def _aligned() -> Iterator[Check]:
    """Yield checks of shifts by whole pixels: each drop is one pixel of the output."""
    places = {
        "inside": ALIGNED,
        "over-left": place((1.5, 7.0)),
        "over-right": place((11.5, 8.0)),
        "over-bottom": place((6.5, 1.0)),
        "over-top": place((5.5, 13.0)),
        "mirrored": place((6.5, 7.0), flip=True),
    }
    for fillval in (None, "NaN", 0.0):
        for planes in (0, 1):
            yield products(
                f"aligned/{fillval}{'-variance-dq' if planes else ''}",
                "Shifted by whole pixels, an image is a copy, and nothing beside it is touched.",
                {
                    f"{kernel}-{name}": run(placing, kernel,
                                            image(placing, planes=planes, dq=bool(planes),
                                                  weight=even_weight(placing)),
                                            fillval=fillval)
                    for kernel in ("square", "point", "turbo") for name, placing in places.items()
                },
            )  # fmt: skip


ALIGNED = place((6.5, 7.0))
"""Output positions that are whole numbers: the middle of 8 columns and 7 rows lies so."""
BETWEEN = place((7.0003, 7.4997))
"""Output positions that lie closer to the edge of a pixel than half the smallest drop is wide."""
LARGE = 1.7
"""A pixfrac at which the gaussian kernel reaches beyond its smallest extent."""


def _partial() -> Iterator[Check]:
    for kernel in KERNELS:
        for planes in (0, 1):
            suffix = "-variance-dq" if planes else ""
            requests = {
                name: run(placing, kernel, image(placing, pixfrac=size(kernel, 0.83),
                                                 planes=planes, dq=bool(planes)))
                for name, placing in PARTIAL.items()
            }  # fmt: skip
            yield products(
                f"partial/{kernel}{suffix}",
                "What lies on the output of images that lie beyond it, too, is not lost.",
                requests,
            )
            everywhere = {
                name: run(
                    placing, kernel, image(placing, planes=planes, weight=even_weight(placing))
                )
                for name, placing in {**CONTAINED, **PARTIAL, **EDGES}.items()
            }
            yield Check(
                name=f"counts/{kernel}{'-variance' if planes else ''}",
                statement="add_image returns how many lines and pixels gave nothing.",
                requests=everywhere,
                judge=counts,
                summary=returned_figures,
            )


def even_weight(placing: Placing) -> Any:
    """Return a weight map without zeros: whether pixels of weight zero miss is not documented."""
    return np.full(placing.pixmap.shape[:2], 1.5, dtype=np.float32)


def _sums() -> Iterator[Check]:
    for kernel in KERNELS:
        for planes in (0, 2):
            some = [
                image(placing, number=number, planes=planes, dq=bool(planes),
                      pixfrac=size(kernel, 0.77))
                for number, placing in enumerate(OVERLAPPING)
            ]  # fmt: skip
            yield products(
                f"sums/{kernel}{'-variance-dq' if planes else ''}",
                "Images that overlap are averaged by their weights.",
                {"three": run(OVERLAPPING[0], kernel, *some)},
            )
    placing = OVERLAPPING[1]
    yield products(
        "sums/previous",
        "An output that is gone on with keeps what it holds, by its weight.",
        {
            kernel: run(placing, kernel, image(placing, pixfrac=size(kernel, 0.77)),
                        previous=_earlier(placing.output))
            for kernel in KERNELS
        },
    )  # fmt: skip


def _earlier(shape: tuple[int, int]) -> Previous:
    generator = np.random.default_rng(5)
    wht = np.where(generator.random(shape) < 0.3, 0, 1 + generator.random(shape))
    sci = np.where(wht > 0, 5 * generator.random(shape) - 2, -7.0)
    return Previous(
        sci=sci.astype(np.float32),
        wht=wht.astype(np.float32),
        ctx=(wht > 0).astype(np.int32)[None] * 5,
        exptime=3.0,
        images=3,
    )


def _holes() -> Iterator[Check]:
    straight, turned = CONTAINED["straight"], CONTAINED["turned"]
    for group, holes in {"nan-edges": HOLES, "nan-inside": INSIDE}.items():
        for kernel in KERNELS:
            for planes in (0, 1):
                requests = {}
                for name, some in holes.items():
                    placing = with_holes(turned if planes else straight, *some)
                    one = image(placing, pixfrac=size(kernel, 0.6), planes=planes, dq=bool(planes))
                    requests[name] = run(placing, kernel, one)
                suffix = "-variance-dq" if planes else ""
                yield products(
                    f"{group}/{kernel}{suffix}",
                    "Pixels whose position is NaN give nothing, all others what they give anyhow.",
                    requests,
                )
                requests = {
                    name: replace(
                        one, images=(replace(one.images[0], weight=even_weight(straight)),)
                    )
                    for name, one in requests.items()
                }
                yield Check(
                    name=f"{group}-counts/{kernel}{suffix}",
                    statement="Pixels whose position is NaN are counted as missed.",
                    requests=requests,
                    judge=counts,
                    summary=returned_figures,
                )


def _contexts() -> Iterator[Check]:
    small = place((4.373, 3.219), **SMALL)
    for planes in (0, 1):
        requests = {}
        for kernel in KERNELS:
            some = [
                image(place((4.373 + 0.13 * k, 3.219 + 0.09 * k), **SMALL), number=k, planes=planes)
                for k in range(35)
            ]
            requests[kernel] = run(small, kernel, *some)
        yield products(
            f"context/35-images{'-variance' if planes else ''}",
            "The image number k sets bit k % 32 of plane k / 32 where it gives weight.",
            requests,
        )
    for planes in (0, 1):
        one = image(small, planes=planes)
        assert one.weight is not None  # noqa: S101 - `image` gives one
        negative = replace(one, weight=-one.weight)
        yield products(
            f"context/off{'-variance' if planes else ''}",
            "Without a context all else is the same.",
            {kernel: run(small, kernel, replace(negative, weight=one.weight), context=False)
             for kernel in KERNELS},
        )  # fmt: skip
