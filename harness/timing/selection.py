"""Which cores are timed, and on which workloads."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from harness.cores.capability import capabilities_of
from harness.cores.oracle import OracleCore
from harness.cores.protocol import DrizzleCore
from harness.cores.registry import list_cores, load_core
from harness.errors import CoreError, UsageError
from harness.timing.workload import Workload


@functools.lru_cache(maxsize=1)
def select_cores(specs: tuple[str, ...] = ()) -> tuple[DrizzleCore, ...]:
    """Load the cores to be timed.

    Parameters
    ----------
    specs : tuple of str, optional
        As for `load_core`. Where there are none: every registered core that can be loaded and
        works in memory, but the oracle, which is timed by itself.

    Raises
    ------
    UsageError
        If a named core is not registered, or no core can be loaded.
    CoreError
        If a named core cannot be loaded.
    """
    if specs:
        return tuple(load_core(spec) for spec in dict.fromkeys(specs))
    found, reasons = [], []
    for name in list_cores():
        try:
            core = load_core(name)
        except CoreError as error:
            reasons.append(str(error))
            continue
        if not (capabilities_of(core).files or isinstance(core, OracleCore)):
            found.append(core)
    if not found:
        raise UsageError(
            f"no core can be timed ({'; '.join(reasons) or 'none works in memory'})",
            where="benchmarks",
            allowed="at least one core that works in memory",
            remedy="Install drizzle or drizzlepac, or name a core",
        )
    return tuple(found)


def pair_up(
    cores: Iterable[DrizzleCore], workloads: Iterable[Workload]
) -> list[tuple[DrizzleCore, Workload]]:
    """List the workloads with each core that can do them in memory, cores side by side."""
    able = [(core, capabilities_of(core)) for core in cores]
    return [
        (core, workload)
        for workload in workloads
        for core, capabilities in able
        if not capabilities.files
        and workload.kernel in capabilities.kernels
        and (not workload.planes or capabilities.variance or capabilities.dq)
    ]
