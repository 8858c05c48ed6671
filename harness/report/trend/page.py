"""The page of a trend, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.report.drawing import Drawing
from harness.report.page import check_installed, render, write_page
from harness.report.parts import Card, Table
from harness.report.trend.drawings import draw_clock, draw_overview, draw_series
from harness.report.trend.tables import (
    list_steps,
    make_clock_table,
    make_machine_table,
    make_steps_table,
    name_machine,
    short_name,
)
from harness.timing.history import NOTABLE, History, Machine, Run, Series, Step, find_series
from harness.writing import written_whole

PAGE_NAME = "trend.html"
MARKDOWN_NAME = "trend.md"
MOST_DRAWN = 6
"""Benchmarks of a machine that get a drawing of their own: those that changed most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSection:
    """What the page shows of one machine.

    Attributes
    ----------
    anchor, title, label : str
    facts : tuple of tuple of str
    overview : Drawing or None
    drawings : tuple of Drawing
    table : Table
    """

    anchor: str
    title: str
    label: str
    facts: tuple[tuple[str, str], ...]
    overview: Drawing | None
    drawings: tuple[Drawing, ...]
    table: Table


def write_trend(history: History, out: Path) -> Path:
    """Write the page, its figures as PNG files, and Markdown beside it.

    Parameters
    ----------
    history : History
    out : Path
        A folder.

    Returns
    -------
    Path
        `out/trend.html`; `out/trend.md` and `out/figures` are beside it.

    Raises
    ------
    UsageError
        If jinja2 or matplotlib are missing, or the folder cannot be written.
    """
    check_installed()
    series = find_series(history)
    machines = list_machines(history)
    steps = list_steps(series)
    sections = tuple(
        make_section(machine, machines, history, series, steps)
        for machine in machines
        if any(run.machine == machine for run in history.runs)
    )
    clock = draw_clock(history.clocks)
    page = render(
        "trend.html.j2",
        title=tell_title(history, series),
        lead=tell_span(history),
        summary=tell_summary(steps, machines),
        cards=make_cards(history, steps, machines),
        machines=machines,
        sections=sections,
        steps=make_steps_table(steps, machines) if steps else None,
        clock=clock,
        verdicts=make_clock_table(history.clocks, machines) if history.clocks else None,
        nodes=all(machine.node for machine in machines),
    )
    drawings = [one for section in sections for one in (section.overview, *section.drawings)]
    write_page(page, out / PAGE_NAME, [one for one in (*drawings, clock) if one is not None])
    with written_whole(out / MARKDOWN_NAME) as part:
        part.write_text(to_markdown(history, series, steps, machines, sections), encoding="utf-8")
    return out / PAGE_NAME


def list_machines(history: History) -> tuple[Machine, ...]:
    """Return all machines, in the order of their names."""
    found = {run.machine for run in history.runs} | {one.machine for one in history.clocks}
    return tuple(sorted(found))


def make_section(
    machine: Machine,
    machines: Sequence[Machine],
    history: History,
    series: Sequence[Series],
    steps: Sequence[tuple[Series, Step]],
) -> MachineSection:
    """Return what the page shows of one machine."""
    number = machines.index(machine)
    runs = [run for run in history.runs if run.machine == machine]
    own = [one for one in series if one.machine == machine]
    # Those that changed most between versions, then whatever else was run more than once.
    ordered = [one for one, _ in steps if one.machine == machine]
    ordered += [one for one in own if len(one.points) > 1]
    chosen = list(dict.fromkeys(ordered))[:MOST_DRAWN]
    return MachineSection(
        anchor=f"machine-{number}",
        title=f"Machine {name_machine(machine, machines)}",
        label=machine.label,
        facts=tell_machine(runs),
        overview=draw_overview(machine, runs, own, number),
        drawings=tuple(
            draw_series(one, runs, 100 * number + index) for index, one in enumerate(chosen)
        ),
        table=make_machine_table(own),
    )


def tell_machine(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """Return facts of the runs on a machine."""
    versions: dict[str, list[str]] = {}
    for run in runs:
        for timing in run.timings:
            seen = versions.setdefault(timing.core or "harness", [])
            if timing.version not in seen:
                seen.append(timing.version)
    pythons = list(dict.fromkeys(run.python for run in runs))
    return (
        ("Runs", f"{len(runs)}, {runs[0].date:%Y-%m-%d} to {runs[-1].date:%Y-%m-%d}"),
        ("Python", " → ".join(pythons)),
        *((core, " → ".join(seen)) for core, seen in sorted(versions.items())),
        ("Uncommitted changes", f"in {sum(run.dirty for run in runs)} runs"),
    )


def tell_title(history: History, series: Sequence[Series]) -> str:
    """Say how much there is."""
    names = len({one.name for one in series})
    told = [_count(len(history.runs), "run") + f" of {_count(names, 'benchmark')}"]
    if history.clocks:
        told.append(_count(len(history.clocks), "record") + " of the clock")
    return " and ".join(told if history.runs else told[1:])


def tell_span(history: History) -> str:
    """Say when, and of what."""
    dates = [run.date for run in history.runs] + [one.date for one in history.clocks]
    cores = sorted({timing.core for run in history.runs for timing in run.timings} - {""})
    span = f"{min(dates):%Y-%m-%d} to {max(dates):%Y-%m-%d}"
    return " · ".join([span, *([", ".join(cores)] if cores else [])])


def tell_summary(steps: Sequence[tuple[Series, Step]], machines: Sequence[Machine]) -> str:
    """Say what changed, and what cannot be said."""
    notable = [step for _, step in steps if step.notable]
    slower = sum(step.ratio > 1 for step in notable)
    blind = sum(step.scatter is None for _, step in steps)
    told = (
        f"{_count(len(notable), 'change')} between versions above {100 * NOTABLE:g} % and beyond "
        f"the scatter: {slower} slower, {len(notable) - slower} faster."
        if notable
        else "No change between versions stands out from the scatter between runs."
        if steps
        else "No benchmark was run with two versions on one machine."
    )
    if blind:
        told += (
            f" Of {_count(blind, 'change')} the scatter is not known: "
            "run each version at least twice."
        )
    if len(machines) > 1:
        told += (
            f" The runs come from {len(machines)} machines; times are compared within each alone."
        )
    return told


def make_cards(
    history: History, steps: Sequence[tuple[Series, Step]], machines: Sequence[Machine]
) -> tuple[Card, ...]:
    """Return the large figures at the top."""
    notable = [(series, step) for series, step in steps if step.notable]
    worst = max(notable, key=lambda pair: pair[1].ratio, default=None)
    best = min(notable, key=lambda pair: pair[1].ratio, default=None)
    cards = [
        Card(label="Runs", value=str(len(history.runs) + len(history.clocks))),
        Card(
            label="Machines",
            value=str(len(machines)),
            note="compared within each alone" if len(machines) > 1 else "",
            tone="warn" if len(machines) > 1 else "",
        ),
    ]
    for found, label, tone in ((worst, "Slowed most", "bad"), (best, "Sped up most", "good")):
        if found is None or (found[1].ratio > 1) is not (tone == "bad"):
            continue
        series, step = found
        cards.append(
            Card(
                label=label,
                value=f"{100 * (step.ratio - 1):+.0f}",
                unit="%",
                note=f"{short_name(series)}, {step.before} → {step.after}",
                tone="bad" if tone == "bad" else "good",
            )
        )
    return tuple(cards)


def to_markdown(
    history: History,
    series: Sequence[Series],
    steps: Sequence[tuple[Series, Step]],
    machines: Sequence[Machine],
    sections: Sequence[MachineSection],
) -> str:
    """Return the trend for a job summary or a note."""
    lines = [
        f"# {tell_title(history, series)}",
        "",
        tell_span(history),
        "",
        tell_summary(steps, machines),
    ]
    if steps:
        lines += ["", "## Changes between versions", "", *_rows(make_steps_table(steps, machines))]
    if history.clocks:
        lines += ["", "## The clock", "", *_rows(make_clock_table(history.clocks, machines))]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.label, ""]
        lines += [f"- {name}: {value}" for name, value in section.facts]
        lines += ["", *_rows(section.table)]
    return "\n".join([*lines, ""])


def _rows(table: Table) -> list[str]:
    """Return a table in Markdown."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    titles = [column.title for column in table.columns]
    rule = "|" + "|".join("---:" if column.numeric else "---" for column in table.columns) + "|"
    return [line(titles), rule, *(line([cell.text for cell in row.cells]) for row in table.rows)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
