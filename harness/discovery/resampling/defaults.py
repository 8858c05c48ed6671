"""Checks of what is taken where nothing is given: the pixel scale ratio, and weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import CONTAINED, SPREAD, STRAIGHT, VARYING
from harness.discovery.resampling.images import image
from harness.discovery.resampling.placing import Placing, place
from harness.discovery.resampling.runs import products, run
from harness.model import KERNELS


def default_checks() -> Iterator[Check]:
    """Yield them all."""
    for planes in (0, 1):
        suffix = "-variance" if planes else ""
        for kernel in ("turbo", "gaussian", "lanczos2", "lanczos3"):
            yield products(
                f"ratio/{kernel}{suffix}",
                "Without a pixel scale ratio the one of the pixmap is taken.",
                {
                    name: run(placing, kernel,
                              image(placing, pixel_scale_ratio=None, planes=planes))
                    for name, placing in {**CONTAINED, **VARYING}.items()
                    if name in VARYING or placing.ratio != 1.0
                },
            )  # fmt: skip
        yield products(
            f"ratio-partial/turbo{suffix}",
            "Without a ratio that of the pixmap is taken, where it lies on the output.",
            {
                f"{name}-{x}-{y}": run(placing, "turbo", image(placing, pixel_scale_ratio=None,
                                                               planes=planes))
                for name, (x, y, placing) in _shifted({**VARYING, **LARGE}).items()
            },
        )  # fmt: skip
        yield products(
            f"ratio-spread/turbo{suffix}",
            "Without a ratio that of the pixmap is taken, in the middle of what is on the output.",
            {
                name: run(placing, "turbo", image(placing, pixel_scale_ratio=None, planes=planes))
                for name, placing in SPREAD.items()
            },
        )
    yield products(
        "default/ratio-of-one",
        "Without a pixel scale ratio the one of the pixmap is taken.",
        {
            f"{kernel}-{planes}": run(STRAIGHT, kernel, image(STRAIGHT, pixel_scale_ratio=None,
                                                              planes=planes))
            for kernel in KERNELS for planes in (0, 1)
        },
    )  # fmt: skip
    smallest = {
        f"{ny}x{nx}": place((5.3, 4.6), ratio=0.8, turn=30.0, shape=(ny, nx), output=(10, 11))
        for ny, nx in ((2, 2), (2, 3), (3, 2), (3, 3))
    }
    yield products(
        "default/ratio-of-few",
        "Without a pixel scale ratio the one of the pixmap is taken, of two pixels a side, too.",
        {name: run(placing, "turbo", image(placing, pixel_scale_ratio=None))
         for name, placing in smallest.items()},
    )  # fmt: skip
    yield products(
        "default/weight",
        "Without a weight map all weights are 1.",
        {
            f"{kernel}-{planes}": run(STRAIGHT, kernel, image(STRAIGHT, weight=None, planes=planes))
            for kernel in KERNELS for planes in (0, 1)
        },
    )  # fmt: skip


LARGE = {
    f"large-{turn}": place((9.6, 10.9), bend=4.1, turn=turn, shape=(24, 29), output=(23, 21))
    for turn in (15.0, 130.0, 250.0)
}
"""Images of which another pixel, of another size, lies in the middle where the middle moves."""


def _shifted(places: dict[str, Placing]) -> dict[str, tuple[int, int, Placing]]:
    """Return placings moved so that different parts of the image lie on the output."""
    moved = {}
    for name, placing in places.items():
        for x, y in ((-7, -2), (6, 3), (1, -7), (-3, 8), (7, 7), (-5, 5), (5, -5), (0, 4)):
            pixmap = placing.pixmap + np.array([x, y])
            moved[f"{name}-{x}-{y}"] = (x, y, replace(placing, pixmap=pixmap))
    return moved
