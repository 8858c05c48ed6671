"""What is to be found in every product of a case, from the oracle's."""

from __future__ import annotations

from dataclasses import dataclass

from harness.metrics.coverage import Holes
from harness.metrics.weight import Spread
from harness.trials.stars import StarExpectation


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Expectation:
    """What is expected of a product.

    Attributes
    ----------
    weight_max : float
        Largest |weight| of the output.
    holes : Holes
    spreads : tuple of Spread
        Of all weights and of the positive ones; both, and the holes, where all exposures overlap.
    stars : StarExpectation or None
        For scenes with isolated stars, and for frames in which stars are found.
    """

    weight_max: float
    holes: Holes
    spreads: tuple[Spread, Spread]
    stars: StarExpectation | None
