"""How many instructions a call takes: what no other process on the machine can change.

Counted by valgrind's callgrind, on a processor that it simulates, some fifty times slower than the
real one. The child marks each call by a function of the C library that nothing else calls, at which
callgrind writes its count down, so the start of the interpreter and the import of the core are in
none of them. A count says nothing of caches and memory: it settles whether the *work* of the code
changed, not how long it takes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.errors import CoreError, UsageError
from harness.timing.process import start_process
from harness.timing.side import TimedCase, TimedSide, write_cases

CALLS = 3
"""Calls that are counted, after one to warm up. The least of them is kept: now and then an
allocator asks the system for more."""
MARK = "getpgid"
"""What `harness.timing.child.serve` calls around each."""
LIMIT = 1200.0
"""Seconds for one answer under valgrind; drizzlepac alone takes minutes to import."""
STEADY = {"PYTHONHASHSEED": "0", "PYTHONMALLOC": "malloc"}
"""Dictionaries would collide otherwise each time; and with Python's own allocator a loop that takes
and gives back one object costs a seventh more instructions wherever the last place of a pool is
the free one, which the mere names of files decide. With both, counts of the same code repeat to the
last instruction (measured on Python 3.11, 3.12 and 3.13)."""
INTEREST = 0.005
"""Relative change of a count from which on it is called one. Another place of the code, or of its
data, moves counts of the same work by some 0.1 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionChange:
    """The instructions of one workload on both sides.

    Attributes
    ----------
    workload : str
    baseline, candidate : float
        Instructions of one call.
    """

    workload: str
    baseline: float
    candidate: float

    @property
    def ratio(self) -> float:
        """Candidate's count over the baseline's."""
        return self.candidate / self.baseline

    @property
    def changed(self) -> bool:
        """Whether the counts differ by more than `INTEREST`."""
        return abs(self.ratio - 1) > INTEREST


def compare_instructions(
    baseline: TimedSide,
    candidate: TimedSide,
    cases: Sequence[TimedCase],
    *,
    together: bool = False,
) -> tuple[InstructionChange, ...]:
    """Count the instructions of both sides on some workloads.

    Parameters
    ----------
    baseline, candidate : TimedSide
    cases : sequence of TimedCase
    together : bool, optional
        Count both sides at the same time; it changes no count.

    Raises
    ------
    UsageError
        If valgrind is not installed.
    CoreError
        If a core fails, or valgrind cannot run it.
    """
    sides = (baseline, candidate)
    if together:
        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(count_instructions, sides, (cases, cases)))
    else:
        counts = [count_instructions(side, cases) for side in sides]
    return tuple(
        InstructionChange(workload=case.name, baseline=old, candidate=new)
        for case, old, new in zip(cases, *counts, strict=True)
    )


def count_instructions(side: TimedSide, cases: Sequence[TimedCase]) -> tuple[int, ...]:
    """Return the instructions of one call of each case.

    Parameters
    ----------
    side : TimedSide
    cases : sequence of TimedCase

    Raises
    ------
    UsageError
        If valgrind is not installed.
    CoreError
        If the core fails, or valgrind cannot run it.
    """
    valgrind = find_valgrind()
    with tempfile.TemporaryDirectory(prefix="drizzle-count-") as name:
        folder = Path(name)
        target = folder / "count"
        options = ("--tool=callgrind", f"--callgrind-out-file={target}", f"--dump-before={MARK}")
        with start_process(
            side, cpu=None, command=(valgrind, *options), variables=STEADY, limit=LIMIT
        ) as (process, _):
            for case in write_cases(cases, folder):
                process.ask({"do": "load", **case}, limit=LIMIT)
                marking = {"do": "mark", "name": case["name"], "calls": CALLS}
                process.ask(marking, limit=LIMIT)
        # Every case left one count of what was before it, and one of each call.
        found = []
        for number in range(len(cases)):
            first = number * (CALLS + 1) + 2
            counts = [read_count(Path(f"{target}.{first + call}"), side) for call in range(CALLS)]
            found.append(min(counts))
    return tuple(found)


def find_valgrind() -> str:
    """Return the path of valgrind.

    Raises
    ------
    UsageError
        If it is not installed; the message says how to get it.
    """
    found = shutil.which("valgrind")
    if found is None:
        raise UsageError(
            "valgrind is not installed",
            where="--instructions",
            remedy="Install it from the system's packages (apt-get install valgrind, dnf install "
            "valgrind; on macOS it does not run), or leave the option out: the clock does not "
            "need it",
        )
    return found


def read_count(path: Path, side: TimedSide) -> int:
    """Return the instructions in one of callgrind's files.

    Parameters
    ----------
    path : Path
        The file.
    side : TimedSide
        For the message.

    Raises
    ------
    CoreError
        If there is no count in it.
    """
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for line in text.splitlines():
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1])
    raise CoreError(
        "callgrind left no count",
        where=f"{side.label}, {path.name}",
        remedy=f"See whether `valgrind --tool=callgrind {side.python} --version` runs at all",
    )
