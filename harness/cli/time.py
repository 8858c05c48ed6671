"""`drizzle-harness time`: which of two cores is faster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.timing.comparison import Comparison
    from harness.timing.side import TimedSide

SLOWER, INCONCLUSIVE, NOT_TIMED = 1, 3, 4
"""Exit codes, the gravest of all workloads; 0 for SAME and FASTER."""
RELEASE = re.compile(r"git\+|[^:]*([=<>~!]=|[<>/]|\.whl$|\.tar\.gz$|\.zip$)[^:]*$|\.{1,2}$")
"""What a requirement with a version, a file, a folder or a git URL looks like, and the name of a
core, or "path/file.py:attribute", does not."""
GRAVITY = {"NOT_TIMED": NOT_TIMED, "SLOWER": SLOWER, "INCONCLUSIVE": INCONCLUSIVE}


@click.command("time")
@click.argument("baseline")
@click.argument("candidate")
@click.option("--baseline-python", default="", help="Interpreter of another environment.")
@click.option("--candidate-python", default="", help="Interpreter of another environment.")
@click.option("--kernel", "kernels", multiple=True, default=("square",), show_default=True)
@click.option("--pixfrac", type=click.FloatRange(0, 1), default=0.6, show_default=True)
@click.option("--size", type=click.IntRange(min=16), default=256, show_default=True, help="Pixels.")
@click.option("--frames", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--sensitivity", default=0.05, show_default=True, help="Slowdown not to be missed.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), help="Seconds at most.")
@click.option("--instructions", is_flag=True, help="Count them as well, with valgrind.")
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of the environments.")
@click.option("--record", type=click.Path(path_type=Path), help="Write the result as JSON.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.pass_context
def time_cores(
    ctx: click.Context,
    baseline: str,
    candidate: str,
    baseline_python: str,
    candidate_python: str,
    kernels: tuple[str, ...],
    pixfrac: float,
    size: int,
    frames: int,
    sensitivity: float,
    budget: float | None,
    instructions: bool,
    cache: Path | None,
    record: Path | None,
    quiet: bool,
) -> None:
    """Time the core CANDIDATE against BASELINE, in pairs in alternating processes.

    Both are named as for --core elsewhere, or as sides of an upgrade ("drizzle==2.2.0", a wheel,
    an sdist, a folder, a git URL), which are installed into environments of their own; the same
    name twice with two interpreters compares two environments. Exit code: 0 same or faster, 1
    slower, 2 asked wrongly, 3 not decided, 4 could not be installed or timed.
    """
    from harness.errors import EnvironmentBuildError, UsageError
    from harness.model import KERNELS
    from harness.timing.clock import compare_sides
    from harness.timing.comparison import ClockPlan
    from harness.timing.instructions import compare_instructions, find_valgrind
    from harness.timing.record import write_clock
    from harness.timing.side import make_case
    from harness.timing.workload import Workload

    for kernel in kernels:
        if kernel not in KERNELS:
            raise UsageError(f"no kernel {kernel!r}", where="--kernel", allowed=", ".join(KERNELS))
    if instructions:
        find_valgrind()
    try:
        sides = (
            _find_side(baseline, baseline_python, cache),
            _find_side(candidate, candidate_python, cache),
        )
    except EnvironmentBuildError as error:
        click.echo(f"error: {error}", err=True)
        ctx.exit(NOT_TIMED)
    cases = [
        make_case(Workload(kernel=kernel, pixfrac=pixfrac, size=size, frames=frames))  # type: ignore[arg-type] # checked above
        for kernel in kernels
    ]

    def tell(number: int, names: tuple[str, ...]) -> None:
        if not quiet and names:
            click.echo(f"block {number}: {len(names)} of {len(cases)} open", err=True)

    plan = ClockPlan(sensitivity=sensitivity, budget=budget)
    result = compare_sides(*sides, cases, plan, progress=tell)
    if record is not None:
        write_clock(result, record)
    for one in result.comparisons:
        click.echo(f"{one.speed}: {one.workload}: {one.message}{_memory(one)}")
    if instructions:
        for change in compare_instructions(*sides, cases):
            click.echo(
                f"instructions: {change.workload}: {change.baseline:.6g} to "
                f"{change.candidate:.6g} a call, {100 * (change.ratio - 1):+.2f} %"
            )
    speeds = {str(one.speed) for one in result.comparisons}
    ctx.exit(next((code for speed, code in GRAVITY.items() if speed in speeds), 0))


def _find_side(spec: str, python: str, cache: Path | None) -> TimedSide:
    """Return a core of this or another environment, or a release in one of its own."""
    from harness.timing.side import make_side

    if not RELEASE.match(spec):
        return make_side(spec, python=python)
    from harness.upgrade.clock import timed_side
    from harness.upgrade.environments import prepare_environment
    from harness.upgrade.pair import part_of
    from harness.upgrade.side import parse_side

    environment = prepare_environment(
        parse_side(spec, python=python), cache=cache, tell=lambda line: click.echo(line, err=True)
    )
    return timed_side(part_of(environment))


def _memory(one: Comparison) -> str:
    """Say what memory both took, and whether it grows."""
    if one.baseline is None or one.candidate is None:
        return ""
    old, new = one.baseline.peak_megabytes, one.candidate.peak_megabytes
    told = "" if old is None or new is None else f"; peak memory {old:.1f} to {new:.1f} MB"
    for side, name in ((one.baseline, "baseline"), (one.candidate, "candidate")):
        if side.grows:
            told += f"; the {name} keeps {side.growth:.0f} bytes of every call"
    return told
