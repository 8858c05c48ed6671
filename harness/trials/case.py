"""Cases: what is drizzled, and how."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Kernel, Weighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Exposures and the way to drizzle them.

    Attributes
    ----------
    source : str
        "scene/NAME" for a synthetic scene, "frames/NAME" for a set of real frames.
    kernel : str
        Drizzle kernel.
    pixfrac : float
        Linear drop size, input pixels.
    scale : float
        Output scale as a fraction of the native one.
    weighting : {"EXP", "IVM", "ERR", "uniform"}
        How the weight maps are made.
    subset : int
        How many exposures of the source are used, from the first; 0 for all.
    again : bool
        Whether the core runs twice more: on the same exposures, and on them in reverse order.
    """

    source: str
    kernel: Kernel
    pixfrac: float
    scale: float
    weighting: Weighting = "EXP"
    subset: int = 0
    again: bool = False

    @property
    def id(self) -> str:
        """Name of the case in test ids, records and expected-failure patterns."""
        count = f"-n{self.subset}" if self.subset else ""
        again = "-again" if self.again else ""
        drops = f"{self.kernel}-p{self.pixfrac:g}-s{self.scale:g}"
        return f"{self.source}{count}-{drops}-{self.weighting}{again}"

    @property
    def group(self) -> str:
        """Cases of one group share exposures and pixmaps, so they run one after the other."""
        return f"{self.source}-{self.subset}-{self.scale:g}-{self.kernel}"
