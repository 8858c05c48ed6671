"""The whole run: build once, draw a sample, compile, run, keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError
from harness.mutants.build import build
from harness.mutants.compile import Workshop
from harness.mutants.equivalents import find_shipped, load_equivalents
from harness.mutants.jobs import Jobs, MakeRunner
from harness.mutants.journal import Journal
from harness.mutants.mutation import list_mutations
from harness.mutants.plan import Plan
from harness.mutants.report import Report, judge
from harness.mutants.source import fetch_sources


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
        If an entry of the equivalents is stale.
    FixtureError
        If the reasons of equivalence cannot be read.
    """
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
        one for one in everything if plan.means(one) and one.function not in workshops[0].dead
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
        jobs = Jobs(plan, built, out, journal, make_runner, tell)
        done = jobs.run(workshops, chosen)
    finally:
        journal.close()
    order = {one.id: place for place, one in enumerate(everything)}
    mutants, misjudged = judge(sorted(done, key=lambda one: order[one.mutation.id]), reasons)
    return Report(
        sources=sources,
        build=built,
        plan=plan,
        total=len(chosen),
        mutants=mutants,
        misjudged=misjudged,
        judgements=judged,
    )
