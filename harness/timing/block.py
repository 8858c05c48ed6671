"""One block: two new processes, and pairs of calls in random order on each workload."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import CoreError
from harness.timing.comparison import ClockPlan
from harness.timing.process import TimedProcess, start_process
from harness.timing.side import TimedSide

LONGEST_PADDING = 4096
"""Bytes by which the environment is lengthened at random: the stack's alignment, and with it the
speed, depends on its length (Mytkowicz et al. 2009)."""
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BlockTimes:
    """The pairs of one workload in one block.

    Attributes
    ----------
    wall, processor, waited : ndarray, (pairs, 2), float64
        s; baseline, candidate.
    resident : ndarray, (pairs, 2), float64
        Bytes held after each timing; 0 where that cannot be told.
    inner : int
        Calls a timing; the times are of one call.
    memory : tuple of mapping
        "megabytes" and "method" of both sides, where it was measured.
    """

    wall: Array
    processor: Array
    waited: Array
    resident: Array
    inner: int = 1
    memory: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How often a workload is called: pairs a block, and calls a timing.

    Attributes
    ----------
    pairs : int
        Of timings, in a block.
    inner : int
        Calls, in a timing.
    """

    pairs: int
    inner: int


def find_running(times: BlockTimes) -> Array:
    """Return the time that decides: wall time less the wait for a processor.

    A process that is ready but does not run while others have the processor is slowed by the
    machine and not by its code. If it waits for its own threads, the processor time shows it, and
    what is left is never below that.

    Parameters
    ----------
    times : BlockTimes
        Of one block.

    Returns
    -------
    ndarray, (pairs, 2), float64
        Of baseline and candidate, s.
    """
    return np.maximum(times.wall - times.waited, np.minimum(times.processor, times.wall))


def choose_repeats(seconds: float, plan: ClockPlan) -> Repeats:
    """Return how often a call that takes so many seconds is to be made."""
    inner = max(1, math.ceil(plan.inner_seconds / max(seconds, 1e-9)))
    pairs = plan.block_seconds / (2 * inner * max(seconds, 1e-9))
    # Even, so that either order comes equally often.
    bounded = min(max(pairs, plan.fewest_pairs), plan.most_pairs)
    return Repeats(pairs=2 * math.ceil(bounded / 2), inner=inner)


class Sampler:
    """Takes blocks with real processes.

    Parameters
    ----------
    sides : tuple of TimedSide
        Baseline, candidate.
    cases : sequence of dict
        As `harness.timing.side.write_case` returns them.
    plan : ClockPlan
    cpu : int or None
    generator : Generator

    Attributes
    ----------
    opened : list of dict
        What the processes of both sides told when they were last opened.
    """

    def __init__(
        self,
        sides: tuple[TimedSide, TimedSide],
        cases: Sequence[dict[str, str]],
        plan: ClockPlan,
        cpu: int | None,
        generator: np.random.Generator,
    ) -> None:
        self.opened: list[dict[str, Any]] = [{}, {}]
        self._sides = sides
        self._cases = {case["name"]: case for case in cases}
        self._plan = plan
        self._cpu = cpu
        self._generator = generator
        self._repeats: dict[str, Repeats] = {}

    def __call__(self, names: Sequence[str]) -> dict[str, BlockTimes | str]:
        """Take one block of each workload; where one fails, the reason stands in its place.

        Raises
        ------
        CoreError
            If a core cannot be loaded at all.
        """
        order = [names[index] for index in self._generator.permutation(len(names))]
        found: dict[str, BlockTimes | str] = {}
        while order:
            # A core that failed may have left anything behind: the rest get new processes.
            with contextlib.ExitStack() as stack:
                processes = self._start(stack)
                while order:
                    name = order.pop(0)
                    try:
                        found[name] = self._take(processes, name)
                    except CoreError as error:
                        found[name] = str(error)
                        break
        return found

    def _start(self, stack: contextlib.ExitStack) -> tuple[TimedProcess, TimedProcess]:
        started: list[TimedProcess | None] = [None, None]
        for which in self._generator.permutation(2):
            padding = "x" * int(self._generator.integers(LONGEST_PADDING))
            process, self.opened[which] = stack.enter_context(
                start_process(
                    self._sides[which], cpu=self._cpu, variables={"DRIZZLE_PADDING": padding}
                )
            )
            started[which] = process
        first, second = started
        assert first is not None  # noqa: S101 - the permutation has both
        assert second is not None  # noqa: S101 - the permutation has both
        return first, second

    def _take(self, processes: tuple[TimedProcess, TimedProcess], name: str) -> BlockTimes:
        limit = self._plan.time_limit
        timing: dict[str, Any] = {"do": "time", "name": name, "inner": 1}
        for process in processes:
            process.ask({"do": "load", **self._cases[name]}, limit=limit)
        first = name not in self._repeats
        if first:
            warm = [process.ask(timing, limit=limit) for process in processes]
            self._repeats[name] = choose_repeats(
                max(one["wall"] - one["waited"] for one in warm), self._plan
            )
        repeats = self._repeats[name]
        timing["inner"] = repeats.inner
        told: list[list[dict[str, Any]]] = [[], []]
        halves = np.repeat([0, 1], repeats.pairs // 2)
        for leading in self._generator.permutation(halves):
            for which in (leading, 1 - leading):
                told[which].append(processes[which].ask(timing, limit=limit))

        def gather(key: str) -> Array:
            return np.array([[one[key] for one in side] for side in told], dtype=np.float64).T

        # Last, for it gives free memory back, which the calls after it would have to ask for.
        memory = (
            tuple(process.ask({"do": "memory", "name": name}, limit=limit) for process in processes)
            if first
            else ()
        )
        return BlockTimes(
            wall=gather("wall"),
            processor=gather("processor"),
            waited=gather("waited"),
            resident=gather("resident"),
            inner=repeats.inner,
            memory=memory,
        )
