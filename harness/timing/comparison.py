"""What the clock is asked for, and what it found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.errors import UsageError

LOOKS = (6, 10, 15, 22, 30)
"""Blocks after which a decision is tried. Fewer than 6 leave Student's t so wide that a decision
is rare; 30 narrow the interval to a quarter of that after 6, and more take too long."""


class Speed(StrEnum):
    """How the candidate stands against the baseline."""

    FASTER = "FASTER"
    SAME = "SAME"
    SLOWER = "SLOWER"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_TIMED = "NOT_TIMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPlan:
    """What shall be seen, how surely, and what it may cost.

    Attributes
    ----------
    sensitivity : float
        Relative slowdown that must not pass unseen; SAME says that a change of this size, in
        either direction, is excluded.
    matters : float or None
        Relative change from which on FASTER and SLOWER are said, if it is significant, too; None
        for half the sensitivity.
    error : float
        Chance that a run calls any of its workloads FASTER or SLOWER though none is.
    looks : tuple of int
        Numbers of blocks after which a decision is tried; the last is where it ends.
    block_seconds : float
        Time in the core for the pairs of one workload in one block.
    fewest_pairs, most_pairs : int
        Pairs a block, whatever `block_seconds` asks for; rounded up to even numbers. Processes of
        one release differ by some 0.5 % and calls by 1.4 %, so more than a dozen pairs cost more
        than they tell.
    inner_seconds : float
        Shorter calls are repeated until a timing takes so long.
    budget : float or None
        Seconds after which no new block begins; None for no limit.
    time_limit : float
        Seconds for one answer of a process.
    cpu : int or None
        Processor for both sides; None leaves it to `choose_cpu`.
    pin : bool
        False lets the processes use all processors, for cores with threads.
    seed : int or None
        Of all random orders; None for a new one each time.
    """

    sensitivity: float = 0.05
    matters: float | None = None
    error: float = 0.01
    looks: tuple[int, ...] = LOOKS
    block_seconds: float = 0.2
    fewest_pairs: int = 6
    most_pairs: int = 12
    inner_seconds: float = 0.003
    budget: float | None = None
    time_limit: float = 120.0
    cpu: int | None = None
    pin: bool = True
    seed: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be planned.

        Raises
        ------
        UsageError
            If a number is out of its range.
        """
        if not 0.0 < self.sensitivity <= 10.0:
            _refuse("sensitivity", self.sensitivity, "above 0, up to 10 (0.05 is 5 %)")
        if self.matters is not None and not 0.0 < self.matters < self.sensitivity:
            _refuse("matters", self.matters, f"above 0, below the sensitivity {self.sensitivity}")
        if not 0.0 < self.error <= 0.2:
            _refuse("error", self.error, "above 0, up to 0.2 (0.01 is 1 %)")
        if not self.looks or self.looks[0] < 3 or list(self.looks) != sorted(set(self.looks)):
            _refuse("looks", self.looks, "growing numbers of blocks, from 3 on")
        if not 2 <= self.fewest_pairs <= self.most_pairs:
            _refuse(
                "fewest_pairs and most_pairs",
                (self.fewest_pairs, self.most_pairs),
                "2 or more, the first not above the second",
            )
        if self.budget is not None and not self.budget > 0:
            _refuse("budget", self.budget, "above 0 s")

    @property
    def least_change(self) -> float:
        """Relative change from which on FASTER and SLOWER are said."""
        return self.sensitivity / 2 if self.matters is None else self.matters


def _refuse(name: str, value: object, allowed: str) -> None:
    raise UsageError(f"{name} is {value}", where="clock", allowed=allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideTimes:
    """What the calls of one side took.

    Attributes
    ----------
    seconds : float
        Median over all calls of the time that decides: wall time, less what was spent waiting for
        a processor that others had.
    wall, processor : float
        Medians of the wall and the processor time, s.
    waited : float
        Share of the wall time that was spent waiting for a processor.
    peak_megabytes : float or None
        Peak memory of a call above what was held before, 10^6 bytes; None where it could not be
        seen.
    memory_method : str
        How it was measured, or why it was not.
    growth : float or None
        Bytes by which the process's memory grew with each call: the median over the blocks.
    grows : bool
        Whether it grew in every block.
    """

    seconds: float
    wall: float
    processor: float
    waited: float
    peak_megabytes: float | None = None
    memory_method: str = ""
    growth: float | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One workload on both sides.

    Attributes
    ----------
    workload : str
    speed : Speed
    ratio : float
        Candidate's time over the baseline's; above 1 is slower. NaN where nothing was timed.
    low, high : float
        Interval of the ratio at the confidence 1 - `ClockPlan.error`, valid at all looks at once.
    detectable : float
        Relative slowdown that this run would have called SLOWER with a chance of 90 %; infinite
        where nothing was timed.
    p_value : float
        Of no difference, corrected for the looks and (Holm) for the workloads.
    blocks, pairs : int
        How many; each block had processes of its own.
    ratios : tuple of float
        Ratio of each block.
    wall_ratio, processor_ratio : float
        The same estimate from wall time and from processor time alone.
    baseline, candidate : SideTimes or None
    message : str
        The verdict as a sentence, or why there is none.
    """

    workload: str
    speed: Speed
    ratio: float = math.nan
    low: float = 0.0
    high: float = math.inf
    detectable: float = math.inf
    p_value: float = 1.0
    blocks: int = 0
    pairs: int = 0
    ratios: tuple[float, ...] = ()
    wall_ratio: float = math.nan
    processor_ratio: float = math.nan
    baseline: SideTimes | None = None
    candidate: SideTimes | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResult:
    """All workloads of one run of the clock.

    Attributes
    ----------
    comparisons : tuple of Comparison
        In the order of the cases.
    plan : ClockPlan
    baseline, candidate : mapping
        "label", and as its process told: "name", "version", "python", "numpy".
    machine : mapping
        See `harness.timing.machine.describe_machine`; "cpu" is the processor that was used.
    seconds : float
        Of the whole run.
    """

    comparisons: tuple[Comparison, ...]
    plan: ClockPlan
    baseline: Mapping[str, Any] = field(default_factory=dict)
    candidate: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
