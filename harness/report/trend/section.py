"""What the page shows of one machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.drawing import Drawing
from harness.report.parts import Table
from harness.report.trend.drawings import draw_overview, draw_series
from harness.report.trend.tables import make_machine_table, name_machine
from harness.report.trend.words import tell_machine
from harness.timing.history import History, Machine, Series, Step

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
