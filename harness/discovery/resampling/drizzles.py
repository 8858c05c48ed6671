"""Checks of drizzle runs: places, sums, positions that are not known, contexts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import Previous
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import CONTAINED, EDGES, PARTIAL
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import counts, returned_figures
from harness.discovery.resampling.kernels import kernel_checks
from harness.discovery.resampling.placing import place, with_holes
from harness.discovery.resampling.runs import even_weight, products, run, size
from harness.model import KERNELS

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
    yield from kernel_checks()
    yield from _partial()
    yield from _sums()
    yield from _holes()
    yield from _contexts()


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
