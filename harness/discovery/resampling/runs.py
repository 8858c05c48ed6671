"""Requests of drizzle runs, and the check of their products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage, Request
from harness.discovery.resampling.check import Check, Judge
from harness.discovery.resampling.judge import product_figures, whole_product
from harness.discovery.resampling.placing import Placing


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


def even_weight(placing: Placing) -> Any:
    """Return a weight map without zeros: whether pixels of weight zero miss is not documented."""
    return np.full(placing.pixmap.shape[:2], 1.5, dtype=np.float32)
