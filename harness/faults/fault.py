"""A fault: one way in which a core is wrong, put around a core that is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from harness.exposure_sequence import ExposureSequence
from harness.model import DrizzledProduct, DrizzleParams, Exposure


class Drizzle(Protocol):
    """The call of the core that is right."""

    def __call__(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        """Combine exposures."""


class Altered(ExposureSequence):
    """Exposures of which each is altered when it is asked for, so that those of a stream stay one.

    Parameters
    ----------
    exposures : sequence of Exposure
    alter : callable
        Number and exposure to the fields that are replaced.
    """

    def __init__(
        self, exposures: Sequence[Exposure], alter: Callable[[int, Exposure], dict[str, Any]]
    ) -> None:
        self._exposures = exposures
        self._alter = alter

    def __len__(self) -> int:
        return len(self._exposures)

    def open(self, number: int) -> Exposure:
        """Return an exposure, altered.

        Parameters
        ----------
        number : int
            0-based.
        """
        exposure = self._exposures[number]
        return dataclasses.replace(exposure, **self._alter(number, exposure))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """One call of a faulty core.

    Attributes
    ----------
    exposures : sequence of Exposure
        As the caller gave them: not copies, perhaps a stream.
    params : DrizzleParams
    drizzle : callable
        The core that is right.
    kept : list
        What the faulty core keeps from call to call.
    """

    exposures: Sequence[Exposure]
    params: DrizzleParams
    drizzle: Drizzle
    kept: list[Any] = field(default_factory=list)

    def right(self) -> DrizzledProduct:
        """Return what the core makes of the call."""
        return self.drizzle(self.exposures, self.params)

    def each(self, change: Callable[[Exposure], dict[str, Any]]) -> DrizzledProduct:
        """Return what the core makes of exposures with some fields replaced.

        Parameters
        ----------
        change : callable
            Takes an exposure, returns the fields to replace by name.
        """
        return self.drizzle(Altered(self.exposures, lambda _, one: change(one)), self.params)

    def weighted(self, weigh: Callable[[int, Exposure], Any]) -> DrizzledProduct:
        """Return what the core makes of other weights: of an exposure and its number.

        Parameters
        ----------
        weigh : callable
            Takes the 0-based number of an exposure and the exposure, returns its weights, (ny, nx).
        """

        def alter(number: int, one: Exposure) -> dict[str, Any]:
            return {"weight_map": weigh(number, one).astype(np.float32)}

        return self.drizzle(Altered(self.exposures, alter), self.params)

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
    """Return a product with some images replaced.

    Parameters
    ----------
    product : DrizzledProduct
        Stays as it is.
    **images : ndarray
        New images by field name, shapes as in `DrizzledProduct`.
    """
    return dataclasses.replace(product, **images)
