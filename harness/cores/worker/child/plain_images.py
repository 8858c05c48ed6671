"""What cores take that make science, weight and context images and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

CONTEXT_BITS = 32
UNFILLED = ("NONE", "INDEF", "")
"""Fill values that leave a pixel as it was."""


def is_unfilled(fillval: Any) -> bool:
    """Tell whether pixels without weight stay as they were."""
    return str(fillval).upper() in UNFILLED


def check_plain(session: Any, request: Any, needed: tuple[str, ...]) -> None:
    """Refuse what such cores have no argument for.

    Parameters
    ----------
    session : Session
    request : DrizzleRequest
    needed : tuple of str
        Fields of an image that must be given.
    """
    if request.shape is None:
        session.unsupported("shape")
    if not request.context:
        session.unsupported("context")
    previous = request.previous
    if previous is not None and (previous.dq is not None or previous.variance):
        session.unsupported("dq and variance")
    for image in request.images:
        for name in needed:
            if getattr(image, name) is None:
                session.unsupported(name)
        for name in ("dq", "variance"):
            if getattr(image, name) is not None:
                session.unsupported(name)
        if image.iscale != 1.0:
            session.unsupported("iscale")


def make_outputs(session: Any, request: Any) -> Any:
    """Return science, weight, context (planes, ny, nx), and the number of earlier images."""
    previous = request.previous
    shape = tuple(request.shape)
    first = previous.images if previous else 0
    count = len(request.images) if request.max_images is None else request.max_images
    # The context of AstroDrizzle always holds all images.
    planes = max(first + max(count, len(request.images)) - 1, 0) // CONTEXT_BITS + 1
    ctx = np.zeros((planes, *shape), dtype=np.int32)
    if previous is None:
        # With NaN, as AstroDrizzle and later releases of drizzle begin, a pixel that nothing was
        # written to is told from one to which something without weight was.
        empty = np.nan if is_unfilled(request.fillval) else 0.0
        sci = session.guard(np.full(shape, empty, dtype=np.float32))
        wht = session.guard(np.zeros(shape, dtype=np.float32))
    else:
        sci, wht = previous.sci, previous.wht
        if previous.ctx is not None:
            ctx[: 1 if previous.ctx.ndim == 2 else len(previous.ctx)] = previous.ctx
    return sci, wht, session.guard(ctx), first
