"""What the process imports from which workers are forked, so that each need not."""

from __future__ import annotations

import contextlib
import importlib

MODULES = (
    "astropy.wcs",
    "photutils.psf",
    "scipy.ndimage",
    "scipy.sparse",
    "shapely",
    "harness.sweep.tasks",
    "harness.metrics.stars",
    "harness.cores.drizzlepac",
)

for _module in MODULES:
    with contextlib.suppress(ImportError):
        importlib.import_module(_module)
