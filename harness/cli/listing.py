"""What there is: cores, specifications, scenes, frames."""

from __future__ import annotations

import json
from pathlib import Path

import click


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
            table.add_row(one.name, "-", f"[red]{one.reason}[/red]", "", "")
            continue
        able = one.capabilities
        images = ", ".join(_images(able))
        source = "files" if able.files else "arrays"
        table.add_row(one.name, one.version, ", ".join(sorted(able.kernels)), images, source)
    Console().print(table)


@click.command()
def specifications() -> None:
    """List what is demanded, with the limits and their reasons."""
    from harness.gates.specification import load_specifications
    from harness.gates.wording import describe_limit

    for one in load_specifications():
        click.echo(f"{one.name} ({one.level}): {describe_limit(one.limit)}\n    {one.reason}")


@click.command()
def scenes() -> None:
    """List the synthetic scenes."""
    from harness.scenes import list_scenes, load_scene

    for name in list_scenes():
        click.echo(f"{name}: {load_scene(name).description}")


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
