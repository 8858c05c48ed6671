"""From whatever a core returned to a checked `DrizzledProduct`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError
from harness.model import Capabilities, DrizzledProduct, DrizzleParams, Exposure

CONTEXT_BITS = 32


def wrap_product(
    core: DrizzleCore,
    capabilities: Capabilities,
    returned: Any,
    exposures: Sequence[Exposure],
    params: DrizzleParams,
    provenance: Mapping[str, Any],
) -> DrizzledProduct:
    """Check what a core returned and make it a product.

    Parameters
    ----------
    core : DrizzleCore
    capabilities : Capabilities
        Those of the core; an image that they promise must be there, and no other.
    returned : object or mapping
        With `sci`, `wht`, and perhaps `ctx`, `variance`, `dq`, `provenance`.
    exposures : sequence of Exposure
    params : DrizzleParams
    provenance : mapping
        What the harness knows; it prevails over what the core says.

    Raises
    ------
    CoreError
        If an image is missing, or has the wrong shape or type.
    """
    where = f"product of core {core.name} {core.version}"
    shape = tuple(params.grid.shape)
    sci = _take(returned, "sci")
    wht = _take(returned, "wht")
    _check_image("sci", sci, shape, np.float32, where)
    _check_image("wht", wht, shape, np.float32, where)
    ctx = _take(returned, "ctx")
    _check_promise("ctx", "context", ctx is not None, capabilities.context, where)
    if ctx is not None:
        planes = (len(exposures) - 1) // CONTEXT_BITS + 1
        _check_image("ctx", ctx, (planes, *shape), np.int32, where)
    dq = _take(returned, "dq")
    has_dq = any(exposure.dq is not None for exposure in exposures)
    _check_promise("dq", "dq", dq is not None, capabilities.dq and has_dq, where)
    if dq is not None:
        _check_image("dq", dq, shape, np.uint32, where)
    told = _take(returned, "provenance") or {}
    if not isinstance(told, Mapping):
        raise CoreError(f"provenance is a {type(told).__name__}", where=where, allowed="a mapping")
    return DrizzledProduct(
        sci=sci,
        wht=wht,
        grid=params.grid,
        ctx=ctx,
        variance=_check_variance(returned, exposures, capabilities, shape, where),
        dq=dq,
        provenance={**told, **provenance},
    )


def _take(returned: Any, name: str) -> Any:
    if isinstance(returned, Mapping):
        return returned.get(name)
    return getattr(returned, name, None)


def _check_variance(
    returned: Any,
    exposures: Sequence[Exposure],
    capabilities: Capabilities,
    shape: tuple[int, ...],
    where: str,
) -> tuple[npt.NDArray[np.float32], ...]:
    variance = _take(returned, "variance")
    variance = () if variance is None else variance
    if not isinstance(variance, tuple | list):
        raise CoreError(
            f"variance is a {type(variance).__name__}",
            where=where,
            allowed="a tuple of images, one for each variance image of the exposures",
        )
    allowed = len(exposures[0].variance) if capabilities.variance else 0
    if len(variance) != allowed:
        raise CoreError(
            f"has {len(variance)} variance images",
            where=where,
            allowed=f"{allowed}, by its capabilities and the variance images of the exposures",
        )
    for plane, image in enumerate(variance):
        _check_image(f"variance[{plane}]", image, shape, np.float32, where)
    return tuple(variance)


def _check_image(name: str, image: Any, shape: tuple[int, ...], kind: Any, where: str) -> None:
    allowed = f"a numpy array of {np.dtype(kind)} of shape {shape}"
    if not isinstance(image, np.ndarray):
        raise CoreError(f"{name} is a {type(image).__name__}", where=where, allowed=allowed)
    if image.shape != shape or image.dtype != kind:
        raise CoreError(
            f"{name} is {image.dtype} of shape {image.shape}", where=where, allowed=allowed
        )


def _check_promise(name: str, capability: str, found: bool, promised: bool, where: str) -> None:
    if found and not promised:
        raise CoreError(
            f"returned {name}, which nothing called for",
            where=where,
            allowed=f"{name} where capability {capability!r} is set and the exposures have what "
            "it is made from",
            remedy="Correct the capabilities or the core",
        )
    if promised and not found:
        raise CoreError(
            f"returned no {name}, but its capability {capability!r} is set",
            where=where,
            remedy="Correct the capabilities or the core",
        )
