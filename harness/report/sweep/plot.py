"""What curves over pixfrac are drawn with: measured points, predictions, axes, legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report.colours import light
from harness.report.drawing import POINT
from harness.report.sweep.series import MOST_MARKED, Series, predicted, value_of
from harness.sweep.record import SweepRecord

Axes = Any


def plot_measured(
    axes: Axes,
    series: Series,
    metric: str,
    *,
    hollow: bool = False,
    errors: bool = False,
    factor: float = 1.0,
) -> None:
    """Plot the measured values of a series, joined; hollow for a second definition."""
    seen = [
        (point.pixfrac, one.value * factor, (one.uncertainty or 0.0) * factor, key)
        for key, point in zip(series.keys, series.points, strict=True)
        if (one := value_of(point, metric)) is not None and one.value is not None
    ]
    if not seen:
        return
    x, y, error, keys = zip(*seen, strict=True)
    if errors and any(error) and len(x) > MOST_MARKED:
        low, high = np.subtract(y, error), np.add(y, error)
        axes.fill_between(x, low, high, color=series.colour, alpha=0.15, lw=0, zorder=1)
    elif errors and any(error):
        axes.errorbar(
            x, y, yerr=error, fmt="none", ecolor=series.colour, elinewidth=1, alpha=0.55, zorder=3
        )
    style = (0, (1, 1.8)) if hollow else series.dashes
    axes.plot(x, y, color=series.colour, ls=style, lw=1.2 if hollow else 1.8, zorder=3)
    plot_dots(axes, series, x, y, keys, hollow)


def plot_dots(
    axes: Axes,
    series: Series,
    x: Sequence[float],
    y: Sequence[float],
    keys: Sequence[str],
    hollow: bool,
) -> dict[str, str]:
    """Plot points that the page can light up; return an empty text for each."""
    look: dict[str, Any] = {
        "marker": series.marker, "color": series.colour, "mew": 1.2,
        "mfc": light("surface") if hollow else series.colour,
        "ls": "none", "ms": 4.5 if hollow else 5, "zorder": 4, "clip_on": False,
    }  # fmt: skip
    if len(x) > MOST_MARKED:
        # The line alone: so many marks would hide it.
        return {}
    for one_x, one_y, key in zip(x, y, keys, strict=True):
        (dot,) = axes.plot([one_x], [one_y], **look)
        dot.set_gid(POINT + key)
    return {POINT + key: "" for key in keys}


def plot_predicted(axes: Axes, series: Series, metric: str, *, factor: float = 1.0) -> None:
    """Plot what the geometry predicts, as a broad pale line."""
    x, y = predicted(series, metric)
    axes.plot(
        x, np.array(y) * factor, color=series.colour, lw=5, alpha=0.28, zorder=2,
        solid_capstyle="butt",
    )  # fmt: skip


def frame_values(axes: Axes, series: Sequence[Series], metric: str) -> None:
    """Set the range of values: keep one point with a wild error from squeezing all others."""
    values = [
        seen.value
        for one in series
        for point in one.points
        if (seen := value_of(point, metric)) is not None and seen.value is not None
    ]
    values += [value for one in series for value in predicted(one, metric)[1]]
    low, high = min(values), max(values)
    room = 0.12 * (high - low) or 0.1 * high
    axes.set_ylim(low - room, high + room)


def finish_axes(axes: Axes, record: SweepRecord, label: str, *, last: bool = True) -> None:
    """Name the values, set the pixfrac axis, and mark the chosen one."""
    chosen = record.advice.pixfrac
    axes.set_title(label)
    low = min((point.pixfrac for point in record.points), default=0.0)
    axes.set_xlim(min(low, 0.1) - 0.04, 1.04)
    if last:
        axes.set_xlabel("pixfrac")
    if chosen is None:
        return
    axes.axvline(chosen, color=light("accent"), lw=7, alpha=0.16, zorder=0)
    if last:
        axes.annotate(
            "chosen", (chosen, 1.0), xycoords=axes.get_xaxis_transform(), xytext=(0, -3),
            textcoords="offset points", ha="left" if chosen < 0.2 else "center", va="top",
            fontsize=9, color=light("accent"),
        )  # fmt: skip


def add_legend(
    figure: Any, series: Sequence[Series], entries: Sequence[tuple[str, str, bool]]
) -> None:
    """Say above the axes what each look means: (label, marker, filled), and each series."""
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    lone = len(series) == 1
    colour = series[0].colour if lone else light("muted")
    for label, marker, filled in entries:
        if marker == "":
            handle = Line2D([], [], color=colour, lw=5, alpha=0.28, label=label)
        elif marker == "-":
            handle = Line2D([], [], color=colour, lw=1.1, ls=(0, (5, 2)), label=label)
        elif marker == ":":
            handle = Line2D([], [], color=light("muted"), lw=1.1, ls=(0, (1, 1.5)), label=label)
        else:
            handle = Line2D(
                [], [], color=colour, marker=marker, ls="-" if filled else (0, (1, 1.8)), lw=1.4,
                mfc=colour if filled else light("surface"), label=label,
            )  # fmt: skip
        handles.append(handle)
    if not lone:
        handles += [
            Line2D([], [], color=one.colour, marker=one.marker, ls=one.dashes, label=one.label)
            for one in series[:8]
        ]
    if handles:
        figure.legend(
            handles=handles, loc="outside upper left", ncols=2 if len(handles) in (2, 4) else 3,
            columnspacing=1.2, handletextpad=0.5, borderaxespad=0,
        )  # fmt: skip
