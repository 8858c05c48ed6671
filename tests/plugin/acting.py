"""Cores that end a trial in every way there is."""

import ctypes
import time

from harness.cores.oracle import OracleCore


class Sound:
    """The oracle by another name."""

    name = "sound"
    version = "1.0"
    right = OracleCore()
    capabilities = right.capabilities

    def drizzle(self, exposures, params):
        """Drizzle rightly."""
        return self.right.drizzle(exposures, params)


class Lossy(Sound):
    """Loses flux."""

    name = "lossy"

    def drizzle(self, exposures, params):
        """Lose a tenth of the light."""
        product = super().drizzle(exposures, params)
        product.sci[:] *= 0.9
        return product


class Raising(Sound):
    """Raises."""

    name = "raising"

    def drizzle(self, exposures, params):
        """Fail."""
        raise ValueError("no luck")


class Dying(Sound):
    """Ends its process."""

    name = "dying"

    def drizzle(self, exposures, params):
        """Read where nothing is."""
        return ctypes.string_at(0)


class Hanging(Sound):
    """Does not come back."""

    name = "hanging"

    def drizzle(self, exposures, params):
        """Sleep for longer than anybody waits."""
        time.sleep(600)


class Double(Sound):
    """Takes the name of another."""

    name = "sound"
