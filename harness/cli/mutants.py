"""`drizzle-harness mutants`: what a suite of checks sees of one-token faults in a C core."""

from __future__ import annotations

import functools
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.mutants.build import Build
    from harness.mutants.suite import Runner

ALL_DEAD, ALIVE = 0, 1
"""Exit codes: no survivor; survivors."""
RESAMPLING = "harness.discovery.resampling.suite:Suite"
"""The quick checks, kept warm."""


@click.command()
@click.argument("sdist")
@click.option("--n", "count", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sample.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--suite", default="gate", show_default=True, help="gate, checks, own or a command.")
@click.option("--core", default="", help="Name of the core; by default that of the package.")
@click.option("--file", "files", multiple=True, help="Files to mutate; !PATTERN excludes.")
@click.option("--function", "functions", multiple=True, help="Functions; !PATTERN excludes.")
@click.option("--extension", default="", help="Extension module, where the package has several.")
@click.option(
    "--equivalents",
    type=click.Path(path_type=Path, exists=True),
    help="TOML file of judgements; by default the one that comes along for these sources.",
)
@click.option("--limit", type=click.FloatRange(min=0, min_open=True), help="Seconds a mutant.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for build and journal.")
def mutants(
    sdist: str,
    count: int,
    seed: int,
    jobs: int,
    suite: str,
    core: str,
    files: tuple[str, ...],
    functions: tuple[str, ...],
    extension: str,
    equivalents: Path | None,
    limit: float | None,
    out: Path | None,
) -> None:
    """Make one-token mutants of the C sources of SDIST and run a suite on each.

    SDIST is a requirement ("drizzle==3.0.0"), an sdist, or a folder. Suites: "checks", the quick
    checks of resampling; "gate", these and then the gate in its quick profile on what they let
    live; "own", the package's own tests; or any command, which is run with the mutated package
    first on PYTHONPATH and kills by its exit code. What is done is kept in OUT/journal.jsonl.
    Exit code 0: all are dead; 1: some survived.
    """
    from harness.mutants.mutation import check_installed
    from harness.mutants.plan import Plan
    from harness.mutants.report import check_judgements
    from harness.mutants.run import run_mutants
    from harness.mutants.table import describe

    # Told before the core is built, which takes minutes.
    check_installed()
    plan = Plan(
        spec=sdist,
        count=count,
        seed=seed,
        jobs=jobs,
        files=files,
        functions=functions,
        extension=extension,
        equivalents=equivalents,
    )
    plain_name = "".join(one if one.isalnum() or one in ".-" else "_" for one in sdist)
    folder = out or Path(f"mutants-{plain_name}")
    make = functools.partial(_make_runner, suite=suite, core=core, limit=limit)
    report = run_mutants(plan, folder, make, tell=click.echo)
    click.echo(describe(report))
    check_judgements(report)
    sys.exit(ALIVE if report.survivors else ALL_DEAD)


def _make_runner(
    build: Build, folder: Path, plain: Path, *, suite: str, core: str, limit: float | None
) -> Runner:
    from harness.mutants.command import Chain, Command
    from harness.mutants.own import own_command
    from harness.mutants.package import MutantPackage
    from harness.mutants.warm import Warm

    name = core or build.name
    if suite in ("gate", "checks"):
        warm = Warm(build, RESAMPLING, [name], folder=folder / "warm", plain=plain, limit=limit)
        _tell_known(warm.known)
        if suite == "checks":
            return warm
        gate = Command(
            build, _gate_command(name), folder=folder, plain=plain, limit=limit,
            digest=f"gate {warm.digest}",
        )  # fmt: skip
        return Chain(warm, gate)
    if suite == "own":
        MutantPackage(build, folder)
        command, left_out = own_command(build, folder)
        if left_out:
            click.echo(f"left out, for they fail on the core itself: {', '.join(left_out)}")
        return Command(build, command, folder=folder, plain=plain, limit=limit)
    return Command(build, shlex.split(suite), folder=folder, plain=plain, limit=limit)


def _gate_command(core: str) -> list[str]:
    from harness.cli.gate import suite_paths

    paths = suite_paths()
    # The checks of resampling have been made by then.
    left_out = [f"--ignore={Path(path) / 'test_resampling.py'}" for path in paths]
    return [
        sys.executable, "-m", "pytest", *paths, *left_out, "--core", core, "--profile", "quick",
        "--import-mode=importlib", "-x", "-q", "-p", "no:cacheprovider", "-rfE",
    ]  # fmt: skip


def _tell_known(known: dict[str, dict[str, Any]]) -> None:
    if known:
        click.echo(
            f"{len(known)} checks fail on the core itself, as they must, in the same way, on every "
            f"mutant: {', '.join(known)}"
        )
