"""A core that breaks for real, in the way that the fill value says: for tests of the worker."""

import ctypes
import os
import signal
import sys
import time
import warnings

import numpy as np

SEGFAULT, ABORT, EXIT, HANG, ALLOCATE, SCRIBBLE = range(1, 7)
MODIFY, LOOK, RAISE, WARN, KILL, BUSY = range(7, 13)
FAR = 64
"""Bytes beyond the array at which it is written and read."""


class BreakingCore:
    """Adds up what it is given, after breaking."""

    name = "breaking"
    version = "0.1"
    capabilities = {"kernels": {"square"}}  # noqa: RUF012 - as a third party would write it

    def drizzle(self, exposures, params):
        """Break as asked for, or return data and weights as they are."""
        data = exposures[0].data
        end = data.__array_interface__["data"][0] + data.nbytes
        how = int(params.fillval or 0)
        if how == SEGFAULT:
            ctypes.memset(8, 0, 1)
        elif how == ABORT:
            print("about to abort", file=sys.stderr, flush=True)
            os.abort()
        elif how == EXIT:
            os._exit(3)
        elif how == HANG:
            time.sleep(1000)
        elif how == BUSY:
            while True:
                pass
        elif how == ALLOCATE:
            hoard = []
            while True:
                hoard.append(bytearray(1 << 24))
        elif how == SCRIBBLE:
            ctypes.memset(end + FAR, 7, 1)
        elif how == MODIFY:
            ctypes.memset(end - 1, 7, 1)
        elif how == LOOK:
            seen = np.frombuffer(ctypes.string_at(end + FAR, 4), dtype=np.float32)
            return {"sci": data + seen, "wht": exposures[0].weight_map}
        elif how == RAISE:
            raise SystemExit("no more")
        elif how == WARN:
            warnings.warn("take care", UserWarning, stacklevel=1)
            print("x" * 100_000)
        elif how == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"sci": np.array(data), "wht": np.array(exposures[0].weight_map)}
