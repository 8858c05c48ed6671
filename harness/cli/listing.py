"""What there is: cores, specifications, scenes, frames."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.errors import UsageError


@click.command()
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
            table.add_row(one.name, "-", "[red]cannot be loaded[/red]", "", "")
            continue
        able = one.capabilities
        images = ", ".join(_images(able))
        source = "files" if able.files else "arrays"
        table.add_row(one.name, one.version, ", ".join(sorted(able.kernels)), images, source)
    Console().print(table)
    for one in described:
        if one.capabilities is None:
            click.echo(one.reason)


@click.command()
def specifications() -> None:
    """List what is demanded, with the limits and their reasons."""
    from harness.gates.load import load_specifications
    from harness.gates.wording import describe_limit

    for one in load_specifications():
        click.echo(f"{one.name} ({one.level}): {describe_limit(one.limit)}\n    {one.reason}")


@click.command()
@click.option("--write", "name", metavar="NAME", help="Write the exposures of this scene as FITS.")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed instead of the scene's own.")
def scenes(name: str | None, folder: Path | None, seed: int | None) -> None:
    """List the synthetic scenes, or write one as FITS files."""
    if name is not None:
        _write_scene(name, folder, seed)
        return
    if folder is not None or seed is not None:
        raise UsageError(
            "--to and --seed are given without --write",
            where="drizzle-harness scenes",
            remedy="Name the scene: --write NAME --to DIR",
        )
    from harness.scenes import list_scenes, load_scene

    for one in list_scenes():
        click.echo(f"{one}: {load_scene(one).description}")


def _write_scene(name: str, folder: Path | None, seed: int | None) -> None:
    """Write the exposures and the true stars of a scene, and say what was written."""
    import dataclasses

    from harness.scenes import load_scene, make_scene, write_exposures, write_truth

    if folder is None:
        raise UsageError(
            "--write is given without --to",
            where="drizzle-harness scenes",
            remedy="Name the folder for the files: --to DIR",
        )
    scene = load_scene(name)
    made = make_scene(scene if seed is None else dataclasses.replace(scene, seed=seed))
    exposures = write_exposures(made, folder)
    for path in dict.fromkeys(exposure.path for exposure in exposures):
        chips = [exposure for exposure in exposures if exposure.path == path]
        ny, nx = chips[0].data.shape
        plural = "s" if len(chips) > 1 else ""
        click.echo(f"{path}: {len(chips)} chip{plural} of {ny}x{nx}, {chips[0].exptime:g} s")
    click.echo(f"{write_truth(made, folder)}: {len(made.truth.ra)} stars")


@click.command()
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
