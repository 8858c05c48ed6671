"""What the process imports from which workers are forked, so that each need not."""

from __future__ import annotations

import signal

from harness.sweep.start import import_each

MODULES = (
    "astropy.stats",
    "astropy.table",
    "astropy.wcs",
    "photutils.detection",
    "photutils.psf",
    "scipy.ndimage",
    "scipy.sparse",
    "scipy.spatial",
    "shapely",
    "harness.sweep.tasks",
    "harness.metrics.stars",
    "harness.cores.drizzlepac",
)

# Ctrl-C reaches the whole group; the parent decides.
signal.signal(signal.SIGINT, signal.SIG_IGN)
import_each(MODULES)
