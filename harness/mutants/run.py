"""The whole run: build once, draw a sample, compile, run, keep."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import UsageError
from harness.mutants.build import Build, build
from harness.mutants.compile import Workshop
from harness.mutants.equivalents import check_killed, find_shipped, load_equivalents
from harness.mutants.journal import DEAD, DROPPED, Fate, Journal
from harness.mutants.mutation import Mutation, list_mutations
from harness.mutants.sample import stratify
from harness.mutants.source import Sources, fetch_sources
from harness.mutants.suite import Runner

MakeRunner = Callable[[Build, Path, Path], Runner]
"""(build, folder of a job, extension without a mutation) to what runs the suite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be mutated.

    Attributes
    ----------
    spec : str
        Requirement, sdist or folder.
    count : int
        Mutants that are run; those that change nothing are replaced.
    seed : int
    jobs : int
    files, functions : tuple of str
        Shell patterns of the names of files and functions that are mutated; all where empty. With
        "!" before it, a pattern excludes.
    extension : str
        Which extension of the package; the only one where empty.
    equivalents : Path or None
        Of judgements; the one that comes with the harness for these sources where not given.
    """

    spec: str
    count: int
    seed: int = 0
    jobs: int = 1
    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    extension: str = ""
    equivalents: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A mutation and what became of it.

    Attributes
    ----------
    mutation : Mutation
    fate : Fate
    equivalent : str
        Why nothing can differ; "" where it was not judged so.
    """

    mutation: Mutation
    fate: Fate
    equivalent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All mutants of a run, in the order of the sources.

    Attributes
    ----------
    sources : Sources
    build : Build
    plan : Plan
    total : int
        Mutations that the sources allow.
    mutants : tuple of Mutant
        Those that were dropped included.
    """

    sources: Sources
    build: Build
    plan: Plan
    total: int
    mutants: tuple[Mutant, ...]

    @property
    def tried(self) -> tuple[Mutant, ...]:
        """Those that were run and are not equivalent."""
        return tuple(
            one for one in self.mutants if one.fate.state not in DROPPED and not one.equivalent
        )

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Those that no check saw, and that are not equivalent."""
        return tuple(one for one in self.tried if one.fate.state == "survived")

    @property
    def score(self) -> float:
        """Dead mutants among those that were run and are not equivalent; NaN where none was."""
        tried = self.tried
        dead = sum(one.fate.state in DEAD for one in tried)
        return dead / len(tried) if tried else float("nan")


def run_mutants(
    plan: Plan, out: Path, make_runner: MakeRunner, *, tell: Callable[[str], None] = print
) -> Report:
    """Make mutants of a core, run a suite on each, and report; what the journal has is not redone.

    Parameters
    ----------
    plan : Plan
    out : Path
        Folder for sources, environment, build and journal.
    make_runner : callable
        Called once for each job.
    tell : callable, optional
        Gets a line of progress for each mutant.

    Raises
    ------
    UsageError
        If nothing is left to be mutated.
    CoreError
        If the package cannot be built, or the suite not be run on it.
    SpecificationError
        If an entry of the equivalents is stale, or its mutant is killed.
    """
    out.mkdir(parents=True, exist_ok=True)
    out = out.resolve()
    sources = fetch_sources(plan.spec, out)
    built = build(sources, out, extension=plan.extension)
    tell(f"{built.name}: {built.extension} of {len(built.units)} C sources")
    workshops = [Workshop(built, out / f"job-{number}") for number in range(max(plan.jobs, 1))]
    everything = [
        mutation
        for source in workshops[0].mutable()
        for mutation in list_mutations(source, workshops[0].read(source))
    ]
    judged = plan.equivalents or find_shipped(sources.sha256)
    reasons = load_equivalents(judged, sources.sha256, everything) if judged else {}
    # What Python cannot reach is not mutated: nothing that any check does would show it.
    chosen = [
        one for one in everything if _is_meant(one, plan) and one.function not in workshops[0].dead
    ]
    if not chosen:
        raise UsageError(
            f"no mutation in files {plan.files or 'of any name'}, "
            f"functions {plan.functions or 'of any name'}",
            where=plan.spec,
            allowed=", ".join(workshops[0].mutable()),
        )
    journal = Journal(out, sources.sha256)
    try:
        work = _Work(plan, built, out, journal, make_runner, tell)
        mutants = work.run(workshops, chosen)
    finally:
        journal.close()
    order = {one.id: place for place, one in enumerate(everything)}
    mutants = sorted(mutants, key=lambda one: order[one.mutation.id])
    mutants = [replace(one, equivalent=reasons.get(one.mutation.id, "")) for one in mutants]
    if judged:
        # (A time limit that is passed may be the machine's fault.)
        killed = [one.mutation.id for one in mutants if one.fate.state in ("killed", "crashed")]
        check_killed(reasons, killed, judged)
    return Report(
        sources=sources, build=built, plan=plan, total=len(chosen), mutants=tuple(mutants)
    )


def _is_meant(mutation: Mutation, plan: Plan) -> bool:
    return _matches(Path(mutation.file).name, plan.files) and _matches(
        mutation.function, plan.functions
    )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name matches a pattern, if there are any, and none that begins with "!"."""
    wanted = [one for one in patterns if not one.startswith("!")]
    unwanted = [one[1:] for one in patterns if one.startswith("!")]
    return (not wanted or any(fnmatchcase(name, one) for one in wanted)) and not any(
        fnmatchcase(name, one) for one in unwanted
    )


class _Work:
    """The places of the sample, each filled with the next mutation of its function that counts."""

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
