"""`drizzle-harness sweep`: the sampling experiment."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT."""
NOTHING_DONE = 1


@click.command()
@click.argument("frames", nargs=-1)
@click.option("--scene", default="", help="A synthetic scene instead of frames.")
@click.option("--scale", "scales", multiple=True, required=True, help="Output scales, arcsec.")
@click.option("--pixfrac", "pixfracs", multiple=True, default=("0.1:1.0:0.1",), show_default=True)
@click.option("--kernel", "kernels", multiple=True, default=("square",), show_default=True)
@click.option("--core", "cores", multiple=True, default=("drizzlepac",), show_default=True)
@click.option("--weighting", default="EXP", show_default=True, help="EXP, IVM, ERR or uniform.")
@click.option("--region", default="", help='"RA DEC SIZE" in degrees and arcsec; else all overlap.')
@click.option("--limit", default=0.2, show_default=True, help="Advisory RMS/median of weights.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; else one per processor.")
@click.option("--scheduler", default="", help="Address of a dask scheduler, tcp://...")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds a point.")
@click.option("--products", is_flag=True, help="Write the drizzled images as FITS, whole.")
@click.option("--whole", is_flag=True, help="Drizzle whole frames, not the --region alone.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write sweep.html.")
@click.option("--mixed", is_flag=True, help="Let targets and filters differ.")
@click.option("--quiet", is_flag=True, help="No progress bar, no summary.")
@click.pass_context
def sweep(
    ctx: click.Context,
    frames: tuple[str, ...],
    scene: str,
    scales: tuple[str, ...],
    pixfracs: tuple[str, ...],
    kernels: tuple[str, ...],
    cores: tuple[str, ...],
    weighting: str,
    region: str,
    limit: float,
    out: Path,
    jobs: int | None,
    scheduler: str,
    time_limit: float | None,
    products: bool,
    whole: bool,
    report: bool,
    mixed: bool,
    quiet: bool,
) -> None:
    """Drizzle FRAMES (files, folders, patterns) on a grid of pixfracs and scales, and advise.

    Axes are values, lists (0.5,0.8) or ranges with both ends (0.1:1.0:0.1), and may be repeated.
    DIR/journal.jsonl keeps each finished point: the same command goes on where it was stopped.
    """
    from harness.model import FULL_COVERAGE
    from harness.report.page import SLOW, check_installed
    from harness.sweep.axis import parse_axis, parse_names
    from harness.sweep.checks import can_clip, check_cores, check_plan
    from harness.sweep.gather import expand_frames
    from harness.sweep.plan import SweepPlan, parse_region
    from harness.sweep.start import start_forkserver

    if report:
        check_installed()
    plan = SweepPlan(
        scales=parse_axis(scales, "scale"),
        pixfracs=parse_axis(pixfracs, "pixfrac"),
        kernels=parse_names(kernels, "kernel"),  # type: ignore[arg-type]
        cores=parse_names(cores, "core"),
        scene=scene,
        files=expand_frames(frames),
        weighting=weighting,  # type: ignore[arg-type]
        rms_limit=limit,
        region=parse_region(region) if region else FULL_COVERAGE,
    )
    check_cores(check_plan(plan))
    if not scheduler:
        # What the processes import takes longer than all that is done here until they are needed.
        start_forkserver()
    from harness.report.sweep.page import write_sweep_report
    from harness.sweep.execution import Execution
    from harness.sweep.run import run_sweep

    if not (whole or products) and can_clip(plan):
        plan = dataclasses.replace(plan, clipped=True)
    execution = Execution(
        jobs=jobs,
        scheduler=scheduler,
        time_limit=time_limit,
        products=out / "products" if products else None,
        mixed=mixed,
        quiet=quiet,
        modules=SLOW if report else (),
    )
    try:
        record = run_sweep(plan, out, execution)
    except KeyboardInterrupt:
        click.echo(
            f"\ninterrupted: finished points are in {out / 'journal.jsonl'}; "
            "the same command goes on from there",
            err=True,
        )
        ctx.exit(INTERRUPTED)
    if report:
        page = write_sweep_report(record, out)
    done = [point for point in record.points if point.state == "done"]
    if not quiet:
        click.echo(
            f"{len(done)} of {len(record.points)} points in {record.timing['total']:.1f} s: "
            f"{out / 'sweep.ecsv'}"
        )
        click.echo(record.advice.summary)
        for caveat in record.advice.caveats:
            click.echo(f"note: {caveat}", err=True)
        if report:
            click.echo(f"report: {page}")
    for point in record.points:
        if point.state in ("failed", "crashed"):
            click.echo(
                f'{point.state}: {point.core} {point.kernel} {point.scale:g}" pixfrac '
                f"{point.pixfrac:g}: {point.reason}",
                err=True,
            )
    if not done:
        ctx.exit(NOTHING_DONE)
