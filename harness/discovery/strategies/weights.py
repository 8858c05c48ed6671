"""Weight maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.discovery.strategies.choice import number, once_in, pick
from harness.discovery.strategies.images import patch
from harness.discovery.strategies.scope import Scope

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

AnyArray = npt.NDArray[Any]

BAD_WEIGHTS = (np.nan, -1.0, np.inf, -np.inf, 1e-40, 3.4e38, 0.0)
EXTREME_WEIGHTS = (1e-12, 1e12, 1.0)


def draw_weight(draw: DrawFn, scope: Scope, shape: tuple[int, int]) -> AnyArray:
    """Draw a weight map: 0 to 4, and anything at all where the scope is wild.

    The wild ones also hold weights of ratios up to 1e24 and weights that cancel each other.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    scope : Scope
        What may be drawn.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray, (ny, nx), float32
        New.
    """
    if pick(draw, ("ones", "some")) == "ones":
        weight = np.ones(shape, dtype=np.float32)
    else:
        generator = np.random.default_rng(number(draw, 0, 999))
        lowest = 0 if scope.zero_weights else 1
        weight = (generator.integers(lowest, 9, shape) / 2).astype(np.float32)
    if scope.zero_weights and once_in(draw, 4) and weight.size:
        weight.flat[number(draw, 0, weight.size - 1)] = 0.0
    if scope.wild_weights:
        kind = pick(draw, ("sound", "bad", "extreme", "cancelling"))
        if kind == "bad":
            weight = patch(draw, weight, BAD_WEIGHTS)
        elif kind == "extreme":
            weight = patch(draw, weight, EXTREME_WEIGHTS)
        elif kind == "cancelling":
            y, x = np.indices(shape)
            weight = np.where((x + y) % 2, -weight, weight).astype(np.float32)
    return weight
