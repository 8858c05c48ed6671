"""A fault: one way in which a core is wrong, put around a core that is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from harness.model import DrizzledProduct, DrizzleParams, Exposure


class Drizzle(Protocol):
    """The call of the core that is right."""

    def __call__(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        """Combine exposures."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """One call of a faulty core.

    Attributes
    ----------
    exposures : tuple of Exposure
        As the caller gave them: not copies.
    params : DrizzleParams
    drizzle : callable
        The core that is right.
    kept : list
        What the faulty core keeps from call to call.
    """

    exposures: tuple[Exposure, ...]
    params: DrizzleParams
    drizzle: Drizzle
    kept: list[Any] = field(default_factory=list)

    def right(self) -> DrizzledProduct:
        """Return what the core makes of the call."""
        return self.drizzle(self.exposures, self.params)

    def each(self, change: Callable[[Exposure], dict[str, Any]]) -> DrizzledProduct:
        """Return what the core makes of exposures with some fields replaced."""
        changed = [dataclasses.replace(one, **change(one)) for one in self.exposures]
        return self.drizzle(changed, self.params)

    def weighted(self, weigh: Callable[[int, Exposure], Any]) -> DrizzledProduct:
        """Return what the core makes of other weights: of an exposure and its number."""
        changed = [
            dataclasses.replace(one, weight_map=weigh(number, one).astype(np.float32))
            for number, one in enumerate(self.exposures)
        ]
        return self.drizzle(changed, self.params)

    def asked(self, **changes: Any) -> DrizzledProduct:
        """Return what the core makes of other parameters."""
        return self.drizzle(self.exposures, dataclasses.replace(self.params, **changes))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fault:
    """One way to be wrong.

    Attributes
    ----------
    name : str
        Lower-case words and hyphens.
    statement : str
        What a core with the fault does, one sentence.
    wrong : callable
        `Call` to the wrong product.
    changes_input : bool
        Whether the core is given other exposures or parameters than the caller's; a core that
        reads files cannot be.
    needs : str
        The image that the core must make for the fault to be possible: "context", "dq",
        "variance" or "".
    """

    name: str
    statement: str
    wrong: Callable[[Call], DrizzledProduct]
    changes_input: bool = False
    needs: str = ""


def changed(product: DrizzledProduct, **images: Any) -> DrizzledProduct:
    """Return a product with some images replaced."""
    return dataclasses.replace(product, **images)
