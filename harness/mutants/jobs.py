"""The jobs of a run: each compiles the next mutation of the sample and runs the suite on it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.mutants.build import Build
from harness.mutants.compile import Workshop
from harness.mutants.journal import DROPPED, Fate, Journal
from harness.mutants.mutation import Mutation
from harness.mutants.plan import Plan
from harness.mutants.report import Mutant
from harness.mutants.sample import stratify
from harness.mutants.suite import Runner

MakeRunner = Callable[[Build, Path, Path], Runner]
"""(build, folder of a job, extension without a mutation) to what runs the suite."""


class Jobs:
    """The places of the sample, each filled with the next mutation of its function that counts.

    Parameters
    ----------
    plan : Plan
    built : Build
    out : Path
        Gets a folder for each job.
    journal : Journal
        What it has is not run again; each fate is added as soon as it is known.
    make_runner : callable
        Called once for each job.
    tell : callable
        Gets a line for each mutant that was run.
    """

    def __init__(
        self,
        plan: Plan,
        built: Build,
        out: Path,
        journal: Journal,
        make_runner: MakeRunner,
        tell: Callable[[str], None],
    ) -> None:
        self._plan, self._build, self._out = plan, built, out
        self._journal, self._make_runner, self._tell = journal, make_runner, tell
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._done: list[Mutant] = []
        self._places: Iterator[Iterator[Mutation]] = iter(())
        self._count = self._filled = 0

    def run(self, workshops: list[Workshop], chosen: list[Mutation]) -> list[Mutant]:
        """Run a sample of the mutations, one job for each workshop; return what became of them."""
        drawn = stratify(chosen, self._plan.count, self._plan.seed)
        places = [
            rest for wanted, some in drawn for rest in [iter(some)] * wanted
        ]  # places of one function share what is left of it
        random.Random(self._plan.seed).shuffle(places)  # noqa: S311 - an order, no secret
        self._places, self._count = iter(places), len(places)
        with ThreadPoolExecutor(len(workshops)) as pool:
            jobs = [pool.submit(self._fill, workshop, number)
                    for number, workshop in enumerate(workshops)]  # fmt: skip
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                self._stop.set()
                raise
        return self._done

    def _fill(self, workshop: Workshop, number: int) -> None:
        folder = self._out / f"job-{number}"
        suffix = Path(self._build.target).suffix
        runner = self._make_runner(self._build, folder, workshop.link_plain(folder / f"p{suffix}"))
        try:
            serial = 0
            while not self._stop.is_set():
                with self._lock:
                    place = next(self._places, None)
                if place is None:
                    return
                while not self._stop.is_set():
                    with self._lock:
                        mutation = next(place, None)
                    if mutation is None:
                        break
                    serial += 1
                    target = folder / f"mutant-{serial}{suffix}"
                    fate = self._settle(mutation, workshop, runner, target)
                    if fate.state not in DROPPED:
                        break
        except BaseException:
            self._stop.set()
            raise
        finally:
            runner.close()

    def _settle(self, mutation: Mutation, workshop: Workshop, runner: Runner, target: Path) -> Fate:
        with self._lock:
            fate = self._journal.find(mutation.id, runner.digest)
        fresh = fate is None
        if fate is None:
            fate = _try(mutation, workshop, runner, target)
        with self._lock:
            if fresh:
                self._journal.add(fate)
            self._done.append(Mutant(mutation=mutation, fate=fate))
            if fate.state not in DROPPED:
                self._filled += 1
            if fresh and fate.state not in DROPPED:
                self._tell(
                    f"[{self._filled}/{self._count}] {fate.state:9} {fate.seconds:5.1f} s  "
                    f"{mutation.function}  {mutation.id}" + (f"  by {fate.by}" if fate.by else "")
                )
        return fate


def _try(mutation: Mutation, workshop: Workshop, runner: Runner, target: Path) -> Fate:
    start = time.monotonic()
    compiled = workshop.compile(mutation, target)
    if compiled.path is None:
        assert compiled.refusal  # noqa: S101 - one of the two is there
        return Fate(id=mutation.id, state=compiled.refusal, seconds=time.monotonic() - start)
    try:
        outcome = runner.run(compiled.path)
    finally:
        compiled.path.unlink(missing_ok=True)
    return Fate(
        id=mutation.id,
        state=outcome.state,
        suite=runner.digest,
        by=outcome.by,
        message=outcome.message,
        seconds=round(time.monotonic() - start, 3),
    )
