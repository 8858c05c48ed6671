"""The drawings of a trend: times over runs, with marks where the version changed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.report.colours import SERIES, light
from harness.report.drawing import POINT, Drawing, draw
from harness.report.trend.tables import SPEED_TONES, key_of, short_name, tell_change
from harness.timing.history import ClockRun, Machine, Run, Series

MOST_TICKS = 6
MOST_BARS = 40
OVERVIEW = (4.7, 3.6)
Axes = Any


def draw_overview(
    machine: Machine, runs: Sequence[Run], series: Sequence[Series], number: int
) -> Drawing | None:
    """Draw the times of each core relative to its first run; None if fewer than two runs.

    What is drawn is the geometric mean over the benchmarks that all runs of that core have in
    common: a mean over others would move with the choice.
    """
    curves = {core: mean for core in _cores(series) if (mean := relative_mean(series, core))}
    if not curves:
        return None

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        for index, (core, points) in enumerate(curves.items()):
            colour = light(SERIES[index % len(SERIES)])
            x = [runs.index(run) for run, _, _ in points]
            axes.plot(x, [ratio for _, _, ratio in points], "o-", color=colour, label=core)
            _mark_versions(axes, x, [version for _, version, _ in points], colour, index)
        axes.axhline(1.0, color=light("muted"), lw=0.8)
        _finish(axes, runs, "time / that of the first run")
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.22), ncols=4)
        return {}

    told = "; ".join(
        f"{core}: {points[-1][2]:.3f} after {len(points)} runs" for core, points in curves.items()
    )
    return draw(
        paint,
        name=f"overview-{number}",
        title="All benchmarks of each core",
        alt=f"Time relative to the first run on {machine.label}, geometric mean: {told}.",
        caption="Geometric mean over the benchmarks that all runs of the core have in common. "
        "Dotted lines mark a new version of it.",
        size=OVERVIEW,
    )


def relative_mean(series: Sequence[Series], core: str) -> list[tuple[Run, str, float]]:
    """Return run, version and mean relative time of a core; empty if nothing is common to two."""
    own = [one for one in series if (one.core or "harness") == core]
    runs = {run.file: run for one in own for run, _ in one.points}
    common = [one for one in own if {run.file for run, _ in one.points} == set(runs)]
    if len(runs) < 2 or not common:
        return []
    ratios = np.array([np.log(one.seconds) - math.log(one.seconds[0]) for one in common])
    return [
        (run, timing.version, math.exp(float(mean)))
        for (run, timing), mean in zip(common[0].points, ratios.mean(axis=0), strict=True)
    ]


def draw_series(one: Series, runs: Sequence[Run], number: int) -> Drawing:
    """Draw the medians and quartiles of one benchmark on one machine."""

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        x = [runs.index(run) for run, _ in one.points]
        middle = np.array(one.seconds)
        quartiles = np.array([timing.quartiles for _, timing in one.points])
        bars = 1e3 * np.abs(quartiles.T - middle)
        axes.errorbar(
            x, 1e3 * middle, yerr=bars, fmt="o-", color=light("blue"), elinewidth=1.2, capsize=0
        )
        _mark_versions(axes, x, [timing.version for _, timing in one.points], light("blue"), 0)
        _finish(axes, runs, "ms")
        axes.set_ylim(bottom=0, top=1.12 * axes.get_ylim()[1])
        gid = POINT + key_of(one)
        axes.lines[0].set_gid(gid)
        return {gid: short_name(one)}

    first, last = one.points[0][1], one.points[-1][1]
    return draw(
        paint,
        name=f"series-{number}-{re.sub(r'[^A-Za-z0-9]+', '-', short_name(one)).strip('-')}",
        title=short_name(one),
        alt=f"Median time over {len(one.points)} runs on {one.machine.label}: "
        f"{1e3 * first.seconds:.3g} ms with {first.version}, then "
        f"{1e3 * last.seconds:.3g} ms with {last.version}.",
        caption="Median and quartiles of the rounds of each run.",
    )


def draw_clock(clocks: Sequence[ClockRun]) -> Drawing | None:
    """Draw the intervals of the clock's verdicts, the latest ones."""
    bars = [
        (f"{one.result.candidate['label']}, {found.workload}", found)
        for one in clocks
        for found in one.result.comparisons
        if math.isfinite(found.high)
    ][-MOST_BARS:]
    if not bars:
        return None
    sensitivity = min(one.result.plan.sensitivity for one in clocks)

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        axes.axvspan(-100 * sensitivity, 100 * sensitivity, color=light("sunken"), zorder=0)
        axes.axvline(0, color=light("muted"), lw=0.8)
        for height, (_, found) in enumerate(reversed(bars)):
            tone = SPEED_TONES[found.speed]
            colour = light({"bad": "bad", "good": "good", "warn": "limit"}.get(tone, "blue"))
            ends = [100 * (value - 1) for value in (found.low, found.high)]
            axes.plot(ends, [height, height], color=colour)
            axes.plot([100 * (found.ratio - 1)], [height], "o", color=colour)
        axes.set_yticks(range(len(bars)), [label for label, _ in reversed(bars)])
        axes.set_ylim(-0.7, len(bars) - 0.3)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("change, %")
        return {}

    told = "; ".join(f"{label}: {tell_change(found.ratio)}" for label, found in bars)
    return draw(
        paint,
        name="clock",
        title="How much slower or faster",
        alt=f"Change of time with its interval: {told}.",
        caption=f"Estimate and simultaneous interval; the band is the sensitivity, "
        f"±{100 * sensitivity:g} %.",
        size=(6.4, 1.2 + 0.28 * len(bars)),
    )


def _cores(series: Sequence[Series]) -> list[str]:
    return sorted({one.core or "harness" for one in series})


def _mark_versions(
    axes: Axes, x: Sequence[int], versions: Sequence[str], colour: str, row: int
) -> None:
    """Name the version where it begins, above the axes, and draw a line where it is new."""
    for index, (place, version) in enumerate(zip(x, versions, strict=True)):
        if index and version == versions[index - 1]:
            continue
        if index:
            axes.axvline(place - 0.5, color=colour, lw=1, ls=(0, (1, 2)), zorder=1)
        axes.annotate(
            version, (place - 0.5 if index else place - 0.3, 1.0), xytext=(3, 3 + 11 * row),
            textcoords="offset points", xycoords=axes.get_xaxis_transform(), va="bottom",
            color=colour, fontsize=9, annotation_clip=False,
        )  # fmt: skip


def _finish(axes: Axes, runs: Sequence[Run], label: str) -> None:
    axes.set_ylabel(label)
    axes.set_xlim(-0.6, len(runs) - 0.4)
    step = max(1, math.ceil(len(runs) / MOST_TICKS))
    ticks = range(0, len(runs), step)
    axes.set_xticks(list(ticks), [f"{runs[tick].date:%Y-%m-%d}" for tick in ticks])
