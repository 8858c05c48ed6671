"""Benchmarks over time: records of pytest-benchmark and of the clock, told apart by machine.

Times of different runs are compared with nothing but care: within one machine, one benchmark, and
with the scatter of runs of the same version beside the change between versions. Whether an upgrade
is slower is for the clock to say.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.timing.comparison import ClockResult

NOTABLE = 0.05
"""Relative change between versions from which on it is pointed out."""
SCATTERS = 3.0
"""And it must be as many times the scatter between runs of the same version."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Machine:
    """What tells one machine from another.

    Attributes
    ----------
    processor : str
        Model.
    processors : int
    system : str
        Operating system and architecture.
    node : str
        Host name; "" where machines of the same kind were asked to count as one.
    """

    processor: str
    processors: int
    system: str
    node: str

    @property
    def label(self) -> str:
        """How pages name it."""
        told = f"{self.processor}, {self.processors} processors, {self.system}"
        return f"{self.node}: {told}" if self.node else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One benchmark in one run.

    Attributes
    ----------
    name : str
        Test id without the folder, "test_drizzle.py::test_drizzle[drizzle-square-p0.6-256x1]".
    core, version : str
        Of the core that was timed, "" where the benchmark is of the harness itself; then `version`
        is the harness's.
    seconds : float
        Median of the rounds.
    quartiles : tuple of float
        First and third.
    rounds : int
    megabytes : float or None
        Peak memory.
    holes, rms : float or None
        coverage.hole_fraction and weight.rms_over_median of the product that was timed.
    """

    name: str
    core: str
    version: str
    seconds: float
    quartiles: tuple[float, float]
    rounds: int
    megabytes: float | None = None
    holes: float | None = None
    rms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One file of pytest-benchmark.

    Attributes
    ----------
    file : str
        Name of the file.
    date : datetime
        With its zone.
    machine : Machine
    python : str
        Version.
    commit : str
        Of the harness's or the user's repository, "" where there is none.
    dirty : bool
        Whether that was with changes.
    timings : tuple of Timing
    """

    file: str
    date: datetime
    machine: Machine
    python: str
    commit: str
    dirty: bool
    timings: tuple[Timing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The change of one benchmark from one version to the next on the same machine.

    Attributes
    ----------
    before, after : str
        Versions.
    ratio : float
        Median of the later runs over that of the earlier ones.
    scatter : float or None
        Relative scatter of runs of the same version (from the differences of neighbours), None if
        no version was run twice.
    """

    before: str
    after: str
    ratio: float
    scatter: float | None

    @property
    def notable(self) -> bool:
        """Whether it is larger than `NOTABLE` and than the known scatter explains."""
        change = abs(math.log(self.ratio))
        return (
            change > math.log1p(NOTABLE)
            and self.scatter is not None
            and change > SCATTERS * self.scatter
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One benchmark on one machine over its runs.

    Attributes
    ----------
    machine : Machine
    name, core : str
    points : tuple of tuple of Run and Timing
        By date.
    """

    machine: Machine
    name: str
    core: str
    points: tuple[tuple[Run, Timing], ...]

    @property
    def seconds(self) -> tuple[float, ...]:
        """Medians, by date."""
        return tuple(timing.seconds for _, timing in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRun:
    """One record of the clock, or that in a record of an upgrade.

    Attributes
    ----------
    file : str
        From which it was read.
    date : datetime
        When it was made.
    machine : Machine
        Where.
    result : ClockResult
        What it says.
    """

    file: str
    date: datetime
    machine: Machine
    result: ClockResult


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that some files hold, by date.

    Attributes
    ----------
    runs : tuple of Run
    clocks : tuple of ClockRun
    left_out : tuple of str
        Files that were found in a folder and hold no times.
    """

    runs: tuple[Run, ...]
    clocks: tuple[ClockRun, ...]
    left_out: tuple[str, ...] = ()


def find_series(history: History) -> tuple[Series, ...]:
    """Return every benchmark on every machine, machines and names in order."""
    found: dict[tuple[Machine, str], list[tuple[Run, Timing]]] = {}
    for run in history.runs:
        for timing in run.timings:
            found.setdefault((run.machine, timing.name), []).append((run, timing))
    return tuple(
        Series(machine=machine, name=name, core=points[-1][1].core, points=tuple(points))
        for (machine, name), points in sorted(found.items())
    )


def find_steps(series: Series) -> tuple[Step, ...]:
    """Return the changes from each version to the next, in order of time."""
    stretches: list[tuple[str, list[float]]] = []
    for _, timing in series.points:
        if not stretches or stretches[-1][0] != timing.version:
            stretches.append((timing.version, []))
        stretches[-1][1].append(timing.seconds)
    scatter = find_scatter([seconds for _, seconds in stretches])
    return tuple(
        Step(
            before=before,
            after=after,
            ratio=statistics.median(later) / statistics.median(earlier),
            scatter=scatter,
        )
        for (before, earlier), (after, later) in itertools.pairwise(stretches)
    )


def find_scatter(stretches: Sequence[Sequence[float]]) -> float | None:
    """Return the relative scatter of runs that should be alike; None if there are no two of them.

    From the differences of neighbours (von Neumann et al. 1941, Ann. Math. Statist. 12, 153), so
    that a slow drift of the machine does not count.
    """
    squares = [
        math.log(later / earlier) ** 2 / 2
        for seconds in stretches
        for earlier, later in itertools.pairwise(seconds)
    ]
    return math.sqrt(statistics.fmean(squares)) if squares else None
