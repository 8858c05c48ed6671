"""A trend in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.parts import Table
from harness.report.trend.section import MachineSection
from harness.report.trend.tables import make_clock_table, make_steps_table
from harness.report.trend.words import tell_span, tell_summary, tell_title
from harness.timing.history import History, Machine, Series, Step


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
