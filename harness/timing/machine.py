"""On what machine something was timed."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, Any]:
    """Return what tells one machine from another, and how busy it is.

    Returns
    -------
    dict
        "node", "system", "machine" (architecture), "processor" (model, where it can be told),
        "processors" (how many), and "load" (the average over a minute; None on Windows).
    """
    return {
        "node": platform.node(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _find_model() or platform.processor(),
        "processors": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def choose_cpu() -> int | None:
    """Return the last processor that this process may use; None where that cannot be told.

    Interrupts and the rest of the session are mostly on the first.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


def _find_model() -> str:
    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "")
