"""Faults that no product shows: the clock finds them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.cores.capability import capabilities_of
from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError
from harness.faults.core import PREFIX
from harness.faults.expectation import CLOCK_CHECKS, Expectations
from harness.faults.matrix import Progress, Row, State, conclude
from harness.model import KERNELS
from harness.timing.clock import compare_sides
from harness.timing.comparison import ClockPlan, Comparison, Speed
from harness.timing.side import TimedSide, make_case
from harness.timing.workload import Workload

SLOWER, GROWTH = CLOCK_CHECKS
SENSITIVITY = 0.04
"""What the fault "slower" takes more: it must not pass unseen."""
SIZE = 256
LEAST_GROWTH = 0.5
"""Of the bytes of a product: what a call that keeps one leaves behind, at least. Less is what the
allocator shuffles."""
BYTES = 4


def run_clocked(
    spec: str,
    core: DrizzleCore,
    expectations: Expectations,
    *,
    faults: Sequence[str],
    plan: ClockPlan | None = None,
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Time a core with faults against itself.

    Parameters
    ----------
    spec : str
        The core, as for `harness.cores.registry.load_core`.
    core : DrizzleCore
        The same, loaded.
    expectations : Expectations
    faults : sequence of str
        Names of those that the clock judges.
    plan : ClockPlan, optional
        By default one that sees a slowdown of 4 %.
    progress : callable, optional
        Called with the fault and the workload before it is timed.

    Returns
    -------
    tuple of Row
        A fault that the clock could not decide about is NOT_SHOWN.
    """
    able = capabilities_of(core)
    if able.files:
        reason = "the clock times cores on arrays"
        return tuple(Row(fault=name, state=State.IMPOSSIBLE, reason=reason) for name in faults)
    plan = plan or ClockPlan(sensitivity=SENSITIVITY)
    workload = Workload(kernel=next(one for one in KERNELS if one in able.kernels), size=SIZE)
    case = make_case(workload)
    rows = []
    with tempfile.TemporaryDirectory(prefix="drizzle-faults-") as folder:
        for name in faults:
            if progress is not None:
                progress(name, f"the clock, {workload.id}")
            sides = (
                _write_side(Path(folder) / "right.py", spec),
                _write_side(Path(folder) / f"{name}.py", f"{PREFIX}:{name}:{spec}"),
            )
            try:
                (found,) = compare_sides(*sides, [case], plan).comparisons
            except CoreError as error:
                # What the other faults showed is not lost with it.
                rows.append(Row(fault=name, state=State.NOT_SHOWN, reason=str(error)))
                continue
            ny, nx = case.params.grid.shape
            row = Row(fault=name)
            note_clock(row, found, product_bytes=ny * nx * BYTES)
            if row.state is not State.NOT_SHOWN:
                conclude(row, expectations)
            rows.append(row)
    return tuple(rows)


def note_clock(row: Row, found: Comparison, *, product_bytes: int) -> None:
    """Note in the row of a fault what the clock found."""
    if found.speed is Speed.SLOWER:
        row.red[SLOWER] = found.message
    elif found.speed is Speed.NOT_TIMED:
        row.state, row.reason = State.NOT_SHOWN, found.message
        return
    else:
        row.green.add(SLOWER)
    candidate = found.candidate
    if candidate is None or candidate.growth is None:
        return
    if candidate.grows and candidate.growth > LEAST_GROWTH * product_bytes:
        row.red[GROWTH] = f"memory grows by {candidate.growth / 1e6:.2f} MB with each call"
    else:
        row.green.add(GROWTH)
    if found.speed is Speed.INCONCLUSIVE:
        row.green.discard(SLOWER)
        row.reason = found.message


def _write_side(path: Path, spec: str) -> TimedSide:
    path.write_text(
        f"from harness.cores.registry import load_core\n\ncore = load_core({spec!r})\n",
        encoding="utf-8",
    )
    return TimedSide(label=spec, target=f"{path}:core", python=sys.executable)
