"""A core that really does more work: after each call it repeats itself on some rows of it.

It is loaded in a process of its own (`harness.timing.side.TimedSide`), and told by the environment:
SLOWED_CORE is the target of the core, SLOWED_ROWS how many rows are repeated.
"""

import importlib
import os
from types import SimpleNamespace

import numpy as np

ARRAYS = ("data", "weight_map", "pixmap")


class SlowedCore:
    """A core and a part of it again.

    Parameters
    ----------
    core : DrizzleCore
    rows : int
        Rows of the first exposure that are drizzled once more, onto the rows of the output that
        they reach.
    """

    def __init__(self, core, rows):
        self.name = f"slowed {core.name}"
        self.version = core.version
        self.capabilities = core.capabilities
        self._core = core
        self._rows = rows
        self._again = {}

    def drizzle(self, exposures, params):
        """Drizzle, drizzle a part, and return the whole."""
        product = self._core.drizzle(exposures, params)
        if self._rows:
            if id(exposures) not in self._again:
                self._again[id(exposures)] = cut(exposures[0], params, self._rows)
            self._core.drizzle(*self._again[id(exposures)])
        return product


def cut(exposure, params, rows):
    """Return the first rows of an exposure, and parameters with the part of the grid they need."""
    part = {name: np.ascontiguousarray(getattr(exposure, name)[:rows]) for name in ARRAYS}
    height = int(np.ceil(part["pixmap"][..., 1].max())) + 2
    fields = ("exptime", "in_units", "pixel_scale")
    cropped = SimpleNamespace(
        **part, **{name: getattr(exposure, name) for name in fields}, dq=None, variance=()
    )
    grid = SimpleNamespace(
        shape=(height, params.grid.shape[1]), pixel_scale=params.grid.pixel_scale, wcs=None
    )
    taken = ("kernel", "pixfrac", "fillval", "weighting", "bits")
    return (cropped,), SimpleNamespace(**{name: getattr(params, name) for name in taken}, grid=grid)


def load():
    """Return the core that the environment names, with as many rows again as it says."""
    module, _, attribute = os.environ["SLOWED_CORE"].partition(":")
    core = getattr(importlib.import_module(module), attribute)()
    return SlowedCore(core, int(os.environ.get("SLOWED_ROWS", "0")))
