"""The page of cost against size: a drawing and a table for each group of benchmarks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.report.colours import SERIES, light
from harness.report.drawing import Drawing, draw
from harness.report.page import check_installed, render, write_page
from harness.report.parts import Column, Row, Table, number, text
from harness.timing.scaling import Growth, Line, Step, read_scaling

PAGE_NAME = "scale.html"
FLAT = 0.2
"""Relative spread of the cost a pixel up to which it is called flat."""
MOST_LINES = 8
"""Lines of a drawing; the most costly ones are drawn, the table has them all."""
COLUMNS = (
    Column(title="what", numeric=False),
    Column(title="size", explain="in what the heading says"),
    Column(title="wall, s", explain="median of the rounds"),
    Column(title="processor, s", explain="of the cheapest round, all threads"),
    Column(title="ns / pixel", explain="processor time"),
    Column(title="peak, MB", explain="memory over what was there before the call"),
    Column(title="spread, %", explain="largest over smallest cost a pixel, of all sizes"),
)


def write_scale(record: Path, out: Path) -> Path:
    """Write the page of a file of benchmarks, and its figures as PNG files.

    Parameters
    ----------
    record : Path
        What `pytest benchmarks/ -k scale --benchmark-json FILE` has written.
    out : Path
        A folder.

    Returns
    -------
    Path
        `out/scale.html`, with `out/figures` beside it.

    Raises
    ------
    UsageError
        If jinja2 or matplotlib are missing, or the folder cannot be written.
    FixtureError
        If the file holds no such benchmarks.
    """
    check_installed()
    scaling = read_scaling(record)
    sections = [
        {
            "anchor": f"group-{index}",
            "title": growth.group,
            "verdict": tell_spread(growth),
            "drawings": draw_growth(growth),
            "table": make_table(growth),
        }
        for index, growth in enumerate(scaling.growths)
    ]
    page = render(
        "scale.html.j2",
        title="Cost against size",
        lead=f"{scaling.machine}, Python {scaling.python}, {scaling.date}",
        sections=sections,
        flat=round(100 * FLAT),
    )
    drawings = [drawing for section in sections for drawing in _drawings_of(section)]
    write_page(page, out / PAGE_NAME, drawings)
    return out / PAGE_NAME


def _drawings_of(section: Mapping[str, Any]) -> Sequence[Drawing]:
    drawings: Sequence[Drawing] = section["drawings"]
    return drawings


def tell_spread(growth: Growth) -> str:
    """Say in words how flat the cost a pixel is."""
    told = []
    for line in growth.lines:
        if line.spread is not None:
            word = "flat" if line.spread <= FLAT else "not flat"
            first, last = line.steps[0].at, line.steps[-1].at
            told.append(
                f"{line.name}: {word}, {100 * line.spread:.0f} % from {first:g} to {last:g}"
            )
    return "; ".join(told) if told else "One size alone."


def draw_growth(growth: Growth) -> tuple[Drawing, ...]:
    """Draw processor time a pixel, and peak memory, against size."""
    by_cost = sorted(growth.lines, key=lambda line: -line.steps[-1].processor_seconds)
    lines = sorted(by_cost[:MOST_LINES], key=lambda line: line.name)
    if all(line.spread is None for line in lines):
        return ()
    slug = re.sub(r"[^a-z0-9]+", "-", f"{growth.group}-{growth.axis}".lower()).strip("-")
    pictures = [
        _draw_lines(
            growth,
            lines,
            lambda step: step.nanoseconds,
            label="ns / pixel",
            name=f"{slug}-cost",
            title=f"Processor time a pixel, {growth.group}",
        )
    ]
    if any(step.megabytes for line in lines for step in line.steps):
        pictures.append(
            _draw_lines(
                growth,
                lines,
                lambda step: step.megabytes,
                label="MB",
                name=f"{slug}-memory",
                title=f"Peak memory, {growth.group}",
            )
        )
    return tuple(pictures)


def _draw_lines(
    growth: Growth, lines: Sequence[Line], value: Any, *, label: str, name: str, title: str
) -> Drawing:
    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for index, line in enumerate(lines):
            points = [(step.at, value(step)) for step in line.steps if value(step) is not None]
            colour = light(SERIES[index % len(SERIES)])
            style = "o-" if index < len(SERIES) else "s--"
            axes.plot(*zip(*points, strict=True), style, color=colour, label=line.name)
        sizes = sorted({step.at for line in lines for step in line.steps})
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes], minor=False)
        axes.set_xlabel(growth.axis)
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.22), ncols=2)

    told = "; ".join(f"{line.name}: {_tell_steps(line, value)} {label}" for line in lines)
    return draw(
        paint,
        name=name,
        title=title,
        alt=f"{label} against {growth.axis}. {told}.",
        caption="Processor time of the cheapest round, all threads." if label != "MB" else "",
        size=(4.7, 3.9),
    )


def _tell_steps(line: Line, value: Any) -> str:
    ends: list[Step] = [line.steps[0], line.steps[-1]]
    return " to ".join("unknown" if value(one) is None else f"{value(one):.3g}" for one in ends)


def make_table(growth: Growth) -> Table:
    """Return all figures of a group."""
    rows = [
        Row(
            cells=(
                text(line.name),
                number(step.at, "g"),
                number(step.seconds, ".3g"),
                number(step.processor_seconds, ".3g"),
                number(step.nanoseconds, ".3g"),
                number(step.megabytes, ".0f"),
                number(None if line.spread is None else 100 * line.spread, ".0f"),
            )
        )
        for line in growth.lines
        for step in line.steps
    ]
    return Table(caption=f"{growth.group}: {growth.axis}", columns=COLUMNS, rows=rows)
