"""`drizzle-harness upgrade`: whether one release may follow another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.upgrade.check import FAMILIES, USUAL

PASS, FAIL, USAGE, INCONCLUSIVE, COULD_NOT_RUN = range(5)
"""Exit codes."""
EXIT = {"PASS": PASS, "FAIL": FAIL, "INCONCLUSIVE": INCONCLUSIVE}
INSTRUCTIONS = "instructions"


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--profile", type=click.Choice(["quick", "standard", "full"]), default="quick")
@click.option("--with", "extras", multiple=True, help="Further requirement on both sides.")
@click.option("--with-old", multiple=True, help="Further requirement on the old side alone.")
@click.option("--with-new", multiple=True, help="Further requirement on the new side alone.")
@click.option(
    "--python", "pythons", multiple=True,
    help="Version or path of the interpreter; repeatable: one run, and folder, for each.",
)  # fmt: skip
@click.option("--core", default="", help="module:attribute of the core, for other packages.")
@click.option("--policy", type=click.Path(path_type=Path), help="What counts, and waivers (TOML).")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the record and the pages.")
@click.option(
    "--only", multiple=True, type=click.Choice(FAMILIES),
    help="Families to look at.",
)  # fmt: skip
@click.option("--no-clock", is_flag=True, help="Leave time and memory out.")
@click.option(
    "--instructions", is_flag=True, help="Count the instructions of both sides, with valgrind."
)
@click.option("--clock-budget", type=float, help="Seconds for the clock.")
@click.option("--frames-dir", type=click.Path(path_type=Path), help="Folder of real frames.")
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of the environments.")
@click.option("--installer", type=click.Choice(["auto", "uv", "pip"]), default="auto")
@click.option("--refresh", is_flag=True, help="Make the environments anew.")
@click.option("--no-report", is_flag=True, help="Write no HTML page.")
@click.option("-n", "processes", type=click.IntRange(1), default=1, help="How many processes.")
def upgrade(
    old: str,
    new: str,
    profile: str,
    extras: tuple[str, ...],
    with_old: tuple[str, ...],
    with_new: tuple[str, ...],
    pythons: tuple[str, ...],
    core: str,
    policy: Path | None,
    out: Path | None,
    only: tuple[str, ...],
    no_clock: bool,
    instructions: bool,
    clock_budget: float | None,
    frames_dir: Path | None,
    cache: Path | None,
    installer: str,
    refresh: bool,
    no_report: bool,
    processes: int,
) -> None:
    """Compare OLD and NEW: "drizzle==2.2.0", a wheel, an sdist, a folder, a git URL.

    Exit code 0: pass; 1: fail; 2: asked wrongly; 3: the clock could not decide; 4: a side could
    not be installed or does not run.
    """
    import os

    from harness.errors import CoreError, EnvironmentBuildError
    from harness.records import check_folder
    from harness.upgrade.installer import find_uv
    from harness.upgrade.interpreter import find_interpreter
    from harness.upgrade.plan import UpgradePlan
    from harness.upgrade.policy import load_policy
    from harness.upgrade.run import run_upgrade
    from harness.upgrade.side import parse_side

    if out is not None and not no_report:
        from harness.report.page import check_installed

        check_installed()
    families = tuple(only) or USUAL
    if no_clock:
        families = tuple(one for one in families if one not in ("clock", "memory"))
    if instructions and INSTRUCTIONS not in families:
        families = (*families, INSTRUCTIONS)
    if INSTRUCTIONS in families:
        from harness.timing.instructions import find_valgrind

        find_valgrind()
    uv: str | bool | None = True
    if installer == "pip":
        uv = None
    elif installer == "uv":
        uv = find_uv()
        if uv is None:
            raise click.UsageError("uv is not installed; install it, or leave --installer out")
    if frames_dir is None and "DRIZZLE_HARNESS_FRAMES" in os.environ:
        frames_dir = Path(os.environ["DRIZZLE_HARNESS_FRAMES"])
    rules = load_policy(policy)
    for python in pythons:
        # One that is not there is told before the first has run for minutes.
        find_interpreter(python, find_uv() if uv is True else uv or None)
    sides = [
        (
            parse_side(old, extras=(*extras, *with_old), python=python),
            parse_side(new, extras=(*extras, *with_new), python=python),
        )
        for python in pythons or ("",)
    ]
    if out is not None:
        # Told before the comparison has taken minutes, and not after.
        check_folder(out)
    codes = []
    for before, after in sides:
        plan = UpgradePlan(
            old=before,
            new=after,
            profile=profile,
            policy=rules,
            core=core,
            processes=processes,
            families=families,  # type: ignore[arg-type]
            frames_dir=frames_dir,
            cache=cache,
            uv=uv,
            refresh=refresh,
            clock_budget=clock_budget,
        )
        try:
            record = run_upgrade(plan, tell=lambda line: click.echo(line, err=True))
        except (EnvironmentBuildError, CoreError) as error:
            click.echo(f"error: {error}", err=True)
            codes.append(COULD_NOT_RUN)
            continue
        folder = out
        if out is not None and len(pythons) > 1:
            folder = out / f"python-{record['new']['python']}"
        _tell(record, folder, pages=not no_report)
        codes.append(EXIT[record["verdict"]])
    sys.exit(worst_of(codes))


def worst_of(codes: list[int]) -> int:
    """Return the exit code of several runs: what failed before what could not be told."""
    return next((one for one in (FAIL, COULD_NOT_RUN, INCONCLUSIVE, PASS) if one in codes), PASS)


def _tell(record: dict[str, object], out: Path | None, *, pages: bool) -> None:
    from harness.report.upgrade.summary import console_lines, write_outputs

    for line in console_lines(record):
        click.echo(line)
    if out is not None:
        for path in write_outputs(record, out, page=pages):
            click.echo(f"wrote {path}", err=True)
