"""The images of the checks: values of which no two are alike, so that no exchange goes unseen."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import RawImage
from harness.discovery.resampling.placing import Placing

AnyArray = npt.NDArray[Any]

SIZES = {"data": 11, "weight": 12, "variance": 13, "second": 14, "dq": 15}
"""Seeds of the kinds of values."""


@cache
def values(kind: str, shape: tuple[int, int], number: int) -> AnyArray:
    """Return the values of one image, not to be changed.

    Parameters
    ----------
    kind : {"data", "weight", "variance", "second", "dq"}
        Data between -3 and 13, weights between 0.3 and 2.3 with some zeros, variances between 1
        and 5, one bit of DQ for each pixel, some without.
    shape : tuple of int
        (ny, nx).
    number : int
        Of the image: each has its own.

    Returns
    -------
    ndarray, (ny, nx), float32, or uint32 for "dq"
        Read-only.
    """
    generator = np.random.default_rng(100 * SIZES[kind] + number)
    drawn = generator.random(shape)
    if kind == "dq":
        bits = generator.integers(0, 32, shape).astype(np.uint32)
        found: AnyArray = np.where(drawn < 0.2, 0, np.uint32(1) << bits).astype(np.uint32)
    elif kind == "weight":
        found = np.where(drawn < 0.1, 0.0, 0.3 + 2 * drawn).astype(np.float32)
    elif kind == "data":
        found = (16 * drawn - 3).astype(np.float32)
    else:
        found = (1 + 4 * drawn).astype(np.float32)
    found.setflags(write=False)
    return found


def image(
    placing: Placing, *, number: int = 0, planes: int = 0, dq: bool = False, **fields: Any
) -> RawImage:
    """Return one image at a place.

    Parameters
    ----------
    placing : Placing
    number : int, optional
        Of its values.
    planes : int, optional
        Number of variance images.
    dq : bool, optional
        Whether it has a DQ image.
    **fields
        Of `RawImage`, in place of these.
    """
    shape = (placing.pixmap.shape[0], placing.pixmap.shape[1])
    kinds = ("variance", "second")[:planes]
    made: dict[str, Any] = {
        "data": np.array(values("data", shape, number)),
        "weight": np.array(values("weight", shape, number)),
        "pixmap": placing.pixmap,
        "pixel_scale_ratio": placing.ratio,
        "variance": tuple(np.array(values(one, shape, number)) for one in kinds) or None,
        "dq": np.array(values("dq", shape, number)) if dq else None,
    }
    return RawImage(**{**made, **fields})
