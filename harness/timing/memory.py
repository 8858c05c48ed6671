"""How much memory a call takes at its peak."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

CLEAR_REFS = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
RESET_PEAK = "5"
"""What to write into `CLEAR_REFS` to set the peak resident size back to the present one (proc(5),
Linux 4.0)."""
KIB_PER_MB = 1e6 / 1024

RESET = "growth of VmHWM, reset before the call"
RECORD = "growth of ru_maxrss, the peak of the process"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakMemory:
    """What one call added to the resident memory of the process at its peak.

    Attributes
    ----------
    megabytes : float or None
        10^6 bytes over what was resident before, the result included, the arguments not; None
        where it could not be seen.
    method : str
        How it was measured, or why it was not.
    seconds : float
        Wall time of the call.
    """

    megabytes: float | None
    method: str
    seconds: float


def measure_peak_memory(call: Callable[[], Any]) -> tuple[PeakMemory, Any]:
    """Call a function and measure the memory that it takes.

    On Linux the kernel's peak is set back before the call, and the free memory that the allocator
    holds is returned first, for the call would use it unseen. What the kernel counts is correct
    within some hundred kilobytes. Elsewhere only a call that takes more than anything before it
    in the process raises the peak that `getrusage` tells; for all others there is no value.

    Parameters
    ----------
    call : callable
        Without arguments.

    Returns
    -------
    tuple of PeakMemory and object
        And what the call returned.

    Raises
    ------
    OSError
        If the kernel sets the peak back and does not tell it.
    """
    _return_free_memory()
    before = _reset_peak()
    if before is None:
        return _measure_by_record(call)
    start = perf_counter()
    result = call()
    seconds = perf_counter() - start
    grown = max(_read_status("VmHWM") - before, 0)
    return PeakMemory(megabytes=grown / KIB_PER_MB, method=RESET, seconds=seconds), result


def _measure_by_record(call: Callable[[], Any]) -> tuple[PeakMemory, Any]:
    resource: Any
    try:
        import resource
    except ImportError:  # Windows
        resource = None

    def peak() -> float:
        # Kilobytes, but bytes on macOS.
        unit = 1024 if sys.platform == "darwin" else 1
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / unit if resource else 0.0

    before = peak()
    start = perf_counter()
    result = call()
    seconds = perf_counter() - start
    grown = peak() - before
    if grown > 0:
        # The resident size before the call was at or below the old peak, so this is too little.
        return PeakMemory(
            megabytes=grown / KIB_PER_MB, method=f"{RECORD}: at least", seconds=seconds
        ), result
    why = "not measured: the peak of this process lies above and cannot be set back here"
    return PeakMemory(megabytes=None, method=why, seconds=seconds), result


def _reset_peak() -> int | None:
    """Set the peak back and return the present resident size, KiB; None where that cannot be."""
    try:
        CLEAR_REFS.write_text(RESET_PEAK, encoding="ascii")
        return _read_status("VmRSS")
    except OSError:
        return None


def _read_status(name: str) -> int:
    for line in STATUS.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise OSError(f"no {name} in {STATUS}")


def _return_free_memory() -> None:
    if sys.platform == "linux":
        # glibc alone has malloc_trim; musl gives free memory back by itself.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
