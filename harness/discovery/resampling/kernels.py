"""Checks of kernels: each is what it is defined as, whatever its size and place."""

from __future__ import annotations

from collections.abc import Iterator

from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import CONTAINED
from harness.discovery.resampling.images import image
from harness.discovery.resampling.placing import place
from harness.discovery.resampling.runs import even_weight, products, run, size
from harness.model import KERNELS

PIXFRACS = (1.0, 0.59, 0.17)
ALIGNED = place((6.5, 7.0))
"""Output positions that are whole numbers: the middle of 8 columns and 7 rows lies so."""
BETWEEN = place((7.0003, 7.4997))
"""Output positions that lie closer to the edge of a pixel than half the smallest drop is wide."""
LARGE = 1.7
"""A pixfrac at which the gaussian kernel reaches beyond its smallest extent."""


def kernel_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _kernels()
    yield from _aligned()


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
