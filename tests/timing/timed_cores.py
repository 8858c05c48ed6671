"""Cores for processes of their own: numpy and the standard library, as in any environment.

Those that advance a clock replace the one of their process, so that what they are found to take
does not depend on the machine.
"""

import itertools
import os
import signal
import sys
import time

import numpy as np


class QuietCore:
    """A core that does next to nothing."""

    name = "quiet"
    version = "1.0"

    def drizzle(self, exposures, params):
        """Return images of the right shape."""
        assert exposures[0].pixmap.shape == (*exposures[0].data.shape, 2)
        shape = params.grid.shape
        assert isinstance(shape, tuple)
        return {"sci": np.zeros(shape, np.float32), "wht": np.zeros(shape, np.float32)}


class PagesCore(QuietCore):
    """A core whose version is the size from which its arrays have pages of their own."""

    version = os.environ.get("MALLOC_MMAP_THRESHOLD_", "")


class ClockedCore(QuietCore):
    """A core whose calls take so many seconds of a clock that it moves itself.

    The noise is 1 % on each call and 0.5 % on each process. Seconds are many, so that what the
    system tells of real waiting does not count beside them.
    """

    version = "2.0"

    def __init__(self, seconds=1000.0):
        generator = np.random.default_rng(os.getpid())
        luck = generator.lognormal(0.0, 0.005)
        self._seconds = (seconds * luck * generator.lognormal(0.0, 0.01) for _ in itertools.count())
        self._now = 0.0
        time.perf_counter = lambda: self._now
        time.process_time = lambda: self._now

    def drizzle(self, exposures, params):
        """Let the clock go on."""
        self._now += next(self._seconds)
        return super().drizzle(exposures, params)


def slow_core():
    """Make a clocked core that takes a tenth longer."""
    return ClockedCore(1100.0)


def far_slower_core():
    """Make a clocked core that takes twice as long."""
    return ClockedCore(2000.0)


class LeakyCore(QuietCore):
    """A core that keeps 256 KiB of every call."""

    def __init__(self):
        self._kept = []

    def drizzle(self, exposures, params):
        """Keep some."""
        self._kept.append(np.ones(2**18, np.uint8))
        return super().drizzle(exposures, params)


class HungryCore(QuietCore):
    """A core that needs 40 MB on the way."""

    def drizzle(self, exposures, params):
        """Take it, and give it back."""
        np.ones(40_000_000, np.uint8)
        return super().drizzle(exposures, params)


class ChattyCore(QuietCore):
    """A core that writes on standard output, by Python and past it."""

    def drizzle(self, exposures, params):
        """Write."""
        print("drizzling")
        sys.stdout.flush()
        os.write(1, b"drizzled\n")
        return super().drizzle(exposures, params)


class RaisingCore(QuietCore):
    """A core that refuses the gaussian kernel."""

    def drizzle(self, exposures, params):
        """Raise on gaussian."""
        if params.kernel == "gaussian":
            raise ValueError("no such kernel")
        return super().drizzle(exposures, params)


class DyingCore(QuietCore):
    """A core that takes its process with it on the gaussian kernel."""

    def drizzle(self, exposures, params):
        """Die on gaussian."""
        if params.kernel == "gaussian":
            print("corrupted size vs. prev_size", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGABRT)
        return super().drizzle(exposures, params)


class HangingCore(QuietCore):
    """A core that never comes back."""

    def drizzle(self, exposures, params):
        """Sleep."""
        time.sleep(3600)


class CountedCore(QuietCore):
    """A core whose work is a loop of its own, twice as long for the turbo kernel."""

    def drizzle(self, exposures, params):
        """Add up in Python, where every instruction is ours."""
        total = 0
        for value in range(40_000 if params.kernel == "turbo" else 20_000):
            total += value
        assert total
        return super().drizzle(exposures, params)
