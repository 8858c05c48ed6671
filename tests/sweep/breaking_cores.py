"""Cores that break in one way each, by module:attribute, for the processes of a sweep."""

import os
import time

import numpy as np


class NearestCore:
    """Drop each pixel whole into the output pixel under its centre; sound, and quick to load."""

    name = "nearest"
    version = "1"
    capabilities = {"kernels": {"square", "point"}, "flux_conserving": {"point"}}  # noqa: RUF012
    pause = 0.0

    def drizzle(self, exposures, params):
        """Combine exposures."""
        time.sleep(self.pause)
        ny, nx = params.grid.shape
        flux, weight = np.zeros(ny * nx), np.zeros(ny * nx)
        for exposure in exposures:
            at = np.rint(exposure.pixmap).astype(int)
            # As wide as the drop, so that pixfracs differ.
            reach = round(params.pixfrac)
            for dy in range(-reach, reach + 1):
                for dx in range(-reach, reach + 1):
                    x, y = at[..., 0] + dx, at[..., 1] + dy
                    use = (x >= 0) & (y >= 0) & (x < nx) & (y < ny)
                    index = (y * nx + x)[use]
                    w = exposure.weight_map[use]
                    weight += np.bincount(index, w, minlength=ny * nx)
                    flux += np.bincount(index, w * exposure.data[use], minlength=ny * nx)
        with np.errstate(invalid="ignore"):
            sci = flux / weight
        shaped = (ny, nx)
        return {
            "sci": sci.reshape(shaped).astype(np.float32),
            "wht": weight.reshape(shaped).astype(np.float32),
        }


class SlowCore(NearestCore):
    """Take long enough to be killed at work."""

    pause = 0.25


class StillbornCore(NearestCore):
    """End the process that loads it."""

    def __init__(self):
        os.abort()


class CrashingCore(NearestCore):
    """End the process at one point."""

    def drizzle(self, exposures, params):
        """Combine exposures, or abort."""
        if params.pixfrac == 0.5:
            os.abort()
        return super().drizzle(exposures, params)


class HangingCore(NearestCore):
    """Never come back from one point."""

    def drizzle(self, exposures, params):
        """Combine exposures, or sleep."""
        if params.pixfrac == 0.5:
            time.sleep(600)
        return super().drizzle(exposures, params)


class ScribblingCore(NearestCore):
    """Write into its input."""

    def drizzle(self, exposures, params):
        """Combine exposures after spoiling the first."""
        exposures[0].data[:] = 0
        return super().drizzle(exposures, params)
