"""The command line: `drizzle-harness COMMAND`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from harness import __version__
from harness.errors import HarnessError

USAGE = 2
"""Exit code for what was asked wrongly."""


class Commands(click.Group):
    """A group that tells the harness's errors in one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of the harness becomes a message and exit code 2."""
        try:
            result: object = super().invoke(ctx)
        except HarnessError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(USAGE)
        return result


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="drizzle-harness")
def main() -> None:
    """Judge drizzle cores: quality, performance, upgrades."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def cores(as_json: bool) -> None:
    """List the cores with their versions and capabilities."""
    from harness.cores.registry import describe_cores

    described = describe_cores()
    if as_json:
        rows = [
            {
                "name": one.name,
                "version": one.version,
                "kernels": sorted(one.capabilities.kernels) if one.capabilities else [],
                "images": _images(one.capabilities),
                "error": one.reason,
            }
            for one in described
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("core", "version", "kernels", "images", "input")
    for one in described:
        if one.capabilities is None:
            table.add_row(one.name, "-", f"[red]{one.reason}[/red]", "", "")
            continue
        able = one.capabilities
        images = ", ".join(_images(able))
        source = "files" if able.files else "arrays"
        table.add_row(one.name, one.version, ", ".join(sorted(able.kernels)), images, source)
    Console().print(table)


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--core", "names", multiple=True, required=True, help="Core to judge; repeatable.")
@click.option("--profile", type=click.Choice(["quick", "standard", "full"]), default="quick")
@click.option("--frames-dir", type=click.Path(path_type=Path), help="Folder of real frames.")
@click.option("--record", type=click.Path(path_type=Path), help="Write all verdicts as JSON.")
@click.option("-n", "processes", type=int, default=1, help="How many processes.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def gate(
    names: tuple[str, ...],
    profile: str,
    frames_dir: Path | None,
    record: Path | None,
    processes: int,
    pytest_args: tuple[str, ...],
) -> None:
    """Run the quality gate; further arguments go to pytest, its exit code comes back."""
    import subprocess

    # A process of its own: pytest rewrites the modules of its plugins, which are loaded here.
    args = [
        sys.executable,
        "-m",
        "pytest",
        *_suite(),
        "--profile",
        profile,
        "--import-mode=importlib",
    ]
    for name in names:
        args += ["--core", name]
    if frames_dir is not None:
        args += ["--frames-dir", str(frames_dir)]
    if record is not None:
        args += ["--gate-record", str(record)]
    if processes > 1:
        args += ["-n", str(processes)]
    sys.exit(subprocess.call([*args, *pytest_args]))


@main.command()
def specifications() -> None:
    """List what is demanded, with the limits and their reasons."""
    from harness.gates.specification import load_specifications
    from harness.gates.wording import describe_limit

    for one in load_specifications():
        click.echo(f"{one.name} ({one.level}): {describe_limit(one.limit)}\n    {one.reason}")


@main.command()
def scenes() -> None:
    """List the synthetic scenes."""
    from harness.scenes import list_scenes, load_scene

    for name in list_scenes():
        click.echo(f"{name}: {load_scene(name).description}")


@main.command()
@click.option("--frames-dir", type=click.Path(path_type=Path), help="Folder of real frames.")
def frames(frames_dir: Path | None) -> None:
    """List the sets of real frames, and which can be had without the network."""
    from harness.frames.locate import available_sets
    from harness.frames.manifest import list_frame_sets, load_manifest

    there = set(available_sets(frames_dir))
    for name in list_frame_sets():
        state = "here" if name in there else "archive only"
        click.echo(f"{name} ({state}): {load_manifest(name).description}")


def _images(able: object) -> list[str]:
    return [name for name in ("context", "dq", "variance") if getattr(able, name, False)]


def _suite() -> list[str]:
    """Return where the gate's tests are: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "suite"
    return [str(installed if installed.is_dir() else package.parent / "tests" / "gate")]
