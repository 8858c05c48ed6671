"""The tables of a trend, for the page and for Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.report.parts import MISSING, Cell, Column, Row, Table, Tone, number, text
from harness.timing.comparison import Speed
from harness.timing.history import ClockRun, Machine, Series, Step, find_steps

SPEED_TONES: dict[Speed, Tone] = {
    Speed.SLOWER: "bad",
    Speed.FASTER: "good",
    Speed.INCONCLUSIVE: "warn",
    Speed.NOT_TIMED: "warn",
    Speed.SAME: "",
}


def key_of(series: Series) -> str:
    """Return what drawings and tables call a series."""
    return f"{series.machine.label}/{series.name}"


def short_name(series: Series) -> str:
    """Return the test's name without its file."""
    return series.name.rpartition("::")[2].removeprefix("test_")


def list_steps(series: Sequence[Series]) -> tuple[tuple[Series, Step], ...]:
    """Return all changes between versions: the notable ones first, each sort by size."""
    found = [(one, step) for one in series for step in find_steps(one)]
    return tuple(
        sorted(found, key=lambda pair: (not pair[1].notable, -abs(math.log(pair[1].ratio))))
    )


def tell_change(ratio: float) -> str:
    """Return a ratio as a signed change in per cent."""
    return f"{100 * (ratio - 1):+.1f} %"


def make_steps_table(steps: Sequence[tuple[Series, Step]], machines: Sequence[Machine]) -> Table:
    """Return the changes between versions."""
    rows = []
    for series, step in steps:
        tone: Tone = ("bad" if step.ratio > 1 else "good") if step.notable else ""
        rows.append(
            Row(
                key=key_of(series),
                cells=(
                    text(short_name(series)),
                    text(name_machine(series.machine, machines)),
                    text(f"{series.core or 'harness'} {step.before} → {step.after}"),
                    Cell(text=tell_change(step.ratio), sort=step.ratio, tone=tone),
                    Cell(
                        text=MISSING if step.scatter is None else f"{100 * step.scatter:.1f} %",
                        sort=step.scatter,
                    ),
                    text("notable" if step.notable else "", tone),
                ),
            )
        )
    return Table(
        caption="From each version to the next, on the same machine",
        columns=(
            Column(title="Benchmark", numeric=False),
            Column(title="Machine", numeric=False),
            Column(title="Version", numeric=False),
            Column(title="Change", explain="Median of the later runs over that of the earlier"),
            Column(
                title="Scatter",
                explain="Between runs of the same version; unknown where none was run twice",
            ),
            Column(title="", numeric=False),
        ),
        rows=rows,
    )


def make_machine_table(series: Sequence[Series]) -> Table:
    """Return all benchmarks of one machine, first and last run."""
    rows = []
    for one in series:
        (_, first), (_, last) = one.points[0], one.points[-1]
        rows.append(
            Row(
                key=key_of(one),
                cells=(
                    text(short_name(one)),
                    text(" ".join(part for part in (last.core, last.version) if part)),
                    number(len(one.points), "d"),
                    number(1e3 * first.seconds),
                    number(1e3 * last.seconds),
                    Cell(
                        text=tell_change(last.seconds / first.seconds),
                        sort=last.seconds / first.seconds,
                    ),
                    number(last.megabytes, ".1f"),
                    number(last.holes, ".3g"),
                    number(last.rms, ".3f"),
                ),
            )
        )
    return Table(
        caption="All benchmarks",
        columns=(
            Column(title="Benchmark", numeric=False),
            Column(title="Last version", numeric=False),
            Column(title="Runs"),
            Column(title="First, ms", explain="Median of its rounds"),
            Column(title="Last, ms", explain="Median of its rounds"),
            Column(title="Change", explain="Last over first, whatever lies between"),
            Column(title="Memory, MB", explain="Peak of a call, last run"),
            Column(title="Holes", explain="coverage.hole_fraction, last run"),
            Column(title="RMS/median", explain="weight.rms_over_median, last run"),
        ),
        rows=rows,
    )


def make_clock_table(clocks: Sequence[ClockRun], machines: Sequence[Machine]) -> Table:
    """Return all verdicts of the clock."""
    rows = []
    for one in clocks:
        for found in one.result.comparisons:
            timed = math.isfinite(found.ratio)
            rows.append(
                Row(
                    cells=(
                        text(f"{one.date:%Y-%m-%d}"),
                        text(name_machine(one.machine, machines)),
                        text(f"{one.result.baseline['label']} → {one.result.candidate['label']}"),
                        text(found.workload),
                        text(str(found.speed), SPEED_TONES[found.speed]),
                        Cell(
                            text=tell_change(found.ratio) if timed else MISSING,
                            sort=found.ratio if timed else None,
                        ),
                        text(
                            f"{tell_change(found.low)} to {tell_change(found.high)}"
                            if math.isfinite(found.high)
                            else MISSING
                        ),
                        Cell(
                            text=f"{100 * found.detectable:.1f} %"
                            if math.isfinite(found.detectable)
                            else MISSING,
                            sort=found.detectable if math.isfinite(found.detectable) else None,
                        ),
                    ),
                )
            )
    return Table(
        caption="Verdicts of the clock, each from pairs in alternating processes",
        columns=(
            Column(title="Date", numeric=False),
            Column(title="Machine", numeric=False),
            Column(title="From, to", numeric=False),
            Column(title="Workload", numeric=False),
            Column(title="Verdict", numeric=False),
            Column(title="Change"),
            Column(title="Interval"),
            Column(title="Would have seen", explain="With a chance of 90 %"),
        ),
        rows=rows,
    )


def name_machine(machine: Machine, machines: Sequence[Machine]) -> str:
    """Return the short name of a machine on a page: a letter and what it is called."""
    letter = chr(ord("A") + machines.index(machine) % 26)
    return f"{letter} ({machine.node})" if machine.node else letter
