"""Checks of drizzle runs at all kinds of places, and of weights whose sums are whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import BENT, BEYOND, COARSE, ORIENTED, SLIVERS, anywhere
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import counts, returned_figures
from harness.discovery.resampling.placing import place, with_holes
from harness.discovery.resampling.runs import even_weight, products, run, size
from harness.model import KERNELS

DRAWN = 20
"""Places that are drawn for each kernel."""
WHOLE = (0.25, 0.5, 0.25, 1.0, 2.0)
"""Weights of images whose sums are exact: 0.25, 0.75, 1, 2 and 4."""


def place_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _edges()
    yield from _coarse()
    yield from _corners()
    yield from _anywhere()
    yield from _whole_sums()


def _edges() -> Iterator[Check]:
    yield products(
        "edges/square",
        "What an edge of the output cuts off changes nothing of the rest, however the image lies.",
        {name: run(placing, "square", image(placing)) for name, placing in ORIENTED.items()},
    )
    yield products(
        "edges/square-slivers",
        "Of a line that an edge of the output cuts, what is left is not lost, however little.",
        {name: run(placing, "square", image(placing)) for name, placing in SLIVERS.items()},
    )
    for kernel in KERNELS:
        yield products(
            f"bent/{kernel}",
            "Of a line whose ends lie beyond the output, what lies on it is not lost.",
            {name: run(placing, kernel, image(placing)) for name, placing in BENT.items()},
        )
    for kernel in ("square", "turbo"):
        for group, places in {
            "edges-counts": ORIENTED, "beyond-counts": BEYOND, "bent-counts": BENT
        }.items():  # fmt: skip
            yield Check(
                name=f"{group}/{kernel}",
                statement="add_image returns how many lines and pixels gave nothing.",
                requests={
                    name: run(placing, kernel, image(placing, weight=even_weight(placing)))
                    for name, placing in places.items()
                },
                judge=counts,
                summary=returned_figures,
            )


def _corners() -> Iterator[Check]:
    """Yield checks of images of whose outer lines and columns one position alone is known."""
    placing = place((6.373, 7.219))
    holes: dict[str, tuple[tuple[Any, ...], ...]] = {}
    for row in (0, -1):
        holes[f"row-{row}-last"] = ((row, slice(None, -1)),)
        holes[f"row-{row}-first"] = ((row, slice(1, None)),)
        holes[f"column-{row}-last"] = ((slice(None, -1), row),)
        holes[f"column-{row}-first"] = ((slice(1, None), row),)
    for kernel in ("square", "point"):
        requests = {
            name: run(placing, kernel, image(with_holes(placing, *some), pixfrac=0.6))
            for name, some in holes.items()
        }
        yield products(
            f"nan-corners/{kernel}",
            "A line or column of which one position is known gives what that pixel gives.",
            requests,
        )


def _coarse() -> Iterator[Check]:
    for kernel in KERNELS:
        for planes in (0, 1):
            yield Check(
                name=f"coarse-counts/{kernel}{'-variance' if planes else ''}",
                statement="Pixels from which no centre of the output is reached are missed.",
                requests={
                    name: run(placing, kernel, image(placing, planes=planes,
                                                     weight=even_weight(placing)))
                    for name, placing in COARSE.items()
                },
                judge=counts,
                summary=returned_figures,
            )  # fmt: skip


def _anywhere() -> Iterator[Check]:
    for number, kernel in enumerate(KERNELS):
        for planes in (0, 1):
            places = anywhere(20 * number + planes, DRAWN)
            suffix = "-variance-dq" if planes else ""
            yield products(
                f"anywhere/{kernel}{suffix}",
                "Wherever an image lies, it gives what its kernel is defined as.",
                {
                    name: run(placing, kernel, image(placing, pixfrac=size(kernel, 0.91),
                                                     planes=planes, dq=bool(planes), limits=limits))
                    for name, (placing, limits) in places.items()
                },
            )  # fmt: skip
            yield Check(
                name=f"anywhere-counts/{kernel}{suffix}",
                statement="add_image returns how many lines and pixels gave nothing.",
                requests={
                    name: run(placing, kernel, image(placing, planes=planes, limits=limits,
                                                     weight=even_weight(placing)))
                    for name, (placing, limits) in places.items()
                },
                judge=counts,
                summary=returned_figures,
            )  # fmt: skip


def _whole_sums() -> Iterator[Check]:
    """Yield the checks that no sum of weights is special."""
    placing = place((6.5, 7.0))
    for planes in (0, 1):
        requests = {}
        for kernel in ("square", "point", "turbo"):
            some = [
                image(placing, number=number, planes=planes, dq=bool(planes),
                      weight=np.full(placing.pixmap.shape[:2], weight, dtype=np.float32))
                for number, weight in enumerate(WHOLE)
            ]  # fmt: skip
            requests[kernel] = run(placing, kernel, *some)
        yield products(
            f"sums-whole/{'variance-dq' if planes else 'plain'}",
            "Images are averaged by their weights, where these sum to whole numbers, too.",
            requests,
        )
