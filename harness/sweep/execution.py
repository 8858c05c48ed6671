"""How a sweep is run: where, by how many processes, in which time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.sweep.cluster import ClusterPool
from harness.sweep.plan import SweepPlan
from harness.sweep.pool import LocalPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a sweep is run; none of it changes a result.

    Attributes
    ----------
    jobs : int or None
        Processes; None for one on each processor.
    scheduler : str
        Address of a dask scheduler; "" for processes of this machine.
    time_limit : float or None
        Seconds that one point may take, local processes only.
    products : Path or None
        Folder into which the drizzled images are written.
    mixed : bool
        Whether targets and filters may differ.
    quiet : bool
    method : str or None
        Start method of the processes.
    modules : tuple of str
        What the caller needs afterwards, to be imported while the processes are at work.
    """

    jobs: int | None = None
    scheduler: str = ""
    time_limit: float | None = None
    products: Path | None = None
    mixed: bool = False
    quiet: bool = False
    method: str | None = None
    modules: tuple[str, ...] = ()


def open_pool(plan: SweepPlan, execution: Execution) -> Any:
    """Return the pool of processes in which the points are run.

    Parameters
    ----------
    plan : SweepPlan
        What is asked for.
    execution : Execution
        How it is run.
    """
    if execution.scheduler:
        return ClusterPool(execution.scheduler)
    jobs = execution.jobs or available_processors()
    return LocalPool(
        min(jobs, len(plan.points())),
        time_limit=execution.time_limit,
        warm=plan.cores,
        method=execution.method,
    )


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
