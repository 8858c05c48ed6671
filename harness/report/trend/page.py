"""The page of a trend, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.report.page import check_installed, render, write_page
from harness.report.parts import Card
from harness.report.trend.drawings import draw_clock
from harness.report.trend.markdown import to_markdown
from harness.report.trend.section import make_section
from harness.report.trend.tables import list_steps, make_clock_table, make_steps_table, short_name
from harness.report.trend.words import tell_span, tell_summary, tell_title
from harness.timing.history import History, Machine, Series, Step, find_series
from harness.writing import written_whole

PAGE_NAME = "trend.html"
MARKDOWN_NAME = "trend.md"


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
