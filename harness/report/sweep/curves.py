"""Curves over pixfrac: weights, holes, stars, noise, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.report.drawing import POINT, Drawing, draw
from harness.report.house import light
from harness.report.sweep.series import (
    MOST_MARKED,
    Series,
    hover_texts,
    main_series,
    predicted,
    tell_curve,
    value_of,
)
from harness.sweep.figures_of_merit import find_knee
from harness.sweep.predict import FWHM, HOLES, LIMIT, NOISE, RMS, RMS_POSITIVE
from harness.sweep.record import SweepRecord

LARGEST_HOLE = "coverage.largest_hole"
ELLIPTICITY = "psf.ellipticity"
BACKGROUND = "noise.background"
TALL = (4.7, 4.5)
Axes = Any


def draw_curves(record: SweepRecord, series: Sequence[Series]) -> tuple[Drawing, ...]:
    """Draw all curves; those of which nothing was measured are left out."""
    found = [draw_weights(record, series), draw_holes(record, series)]
    seen = {
        one.metric
        for each in series
        for point in each.points
        for one in point.measurements
        if one.value is not None
    }
    if FWHM in seen:
        found.append(draw_stars(record, series))
    if NOISE in seen or BACKGROUND in seen:
        found.append(draw_noise(record, series))
    return (*found, draw_time(record, series))


def draw_weights(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw RMS over median of the weights, both definitions, with limit, prediction and knee."""
    main = main_series(series)
    knee = None if main is None else find_knee(main.prediction)
    limit = record.request.rms_over_median_limit

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        for one in series:
            _predict(axes, one, RMS)
            _measure(axes, one, RMS_POSITIVE, hollow=True)
            _measure(axes, one, RMS)
        axes.axhline(limit, color=light("limit"), lw=1.3, ls=(0, (6, 3)), zorder=1)
        axes.annotate(
            f"advisory {limit:g}", (1.0, limit), xytext=(0, 3), textcoords="offset points",
            xycoords=axes.get_yaxis_transform(), ha="right", va="bottom",
            color=light("limit"), fontsize=9,
        )  # fmt: skip
        axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1.25 * limit))
        if main is not None and knee is not None:
            _bend(axes, main, knee)
        _finish(axes, record, "RMS / median of the weights")
        _legend(
            figure,
            series,
            [("zeros included", "o", True), ("weights > 0", "o", False), ("oracle", "", True)],
        )
        return hover_texts(
            series, {RMS: ("RMS/median", ".3f"), RMS_POSITIVE: ("over w > 0", ".3f")}
        )

    told = "" if main is None else tell_curve(main, RMS, ".3f")
    bend = f" The slope changes at pixfrac {knee:g}." if knee is not None else ""
    return draw(
        paint,
        name="weights",
        title="How even are the weights?",
        alt=f"RMS over median of the weights against pixfrac: {told}. Advisory limit {limit:g}."
        + bend,
        caption="Filled: pixels without weight included; hollow: left out. Pale line: what the "
        "geometry predicts, by exact overlap."
        + (
            f" The two straight lines show the change of slope at {knee:g}."
            if knee is not None
            else " The predicted curve has no clear change of slope."
        ),
        size=TALL,
    )


def _bend(axes: Axes, main: Series, knee: float) -> None:
    """Draw the two chords that meet in the knee."""
    x, y = predicted(main, RMS)
    at = x.index(knee)
    axes.plot(
        [x[0], knee, x[-1]], [y[0], y[at], y[-1]],
        color=light("ink"), lw=0.9, ls=(0, (2, 2)), zorder=2,
    )  # fmt: skip
    axes.plot([knee], [y[at]], "D", ms=6, color=light("ink"), zorder=5)
    axes.annotate(
        f"slope changes at {knee:g}", (knee, y[at]), xytext=(10, 16), textcoords="offset points",
        fontsize=9, color=light("ink"), va="bottom",
        arrowprops={"arrowstyle": "-", "color": light("ink"), "lw": 0.8},
    )  # fmt: skip


def draw_holes(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw the share of the region without weight, and its largest connected hole."""
    main = main_series(series)

    def paint(figure: Any) -> Mapping[str, str]:
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 2))
        for one in series:
            _predict(upper, one, HOLES, factor=100)
            _measure(upper, one, HOLES, factor=100)
            _measure(lower, one, LARGEST_HOLE)
        highest = max(
            (
                seen.value or 0.0
                for one in series
                for point in one.points
                if (seen := value_of(point, LARGEST_HOLE)) is not None
            ),
            default=0.0,
        )
        if highest > 50:
            lower.set_yscale("symlog", linthresh=1)
        for axes in (upper, lower):
            axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1e-3))
        _finish(upper, record, "holes, % of region", last=False)
        _finish(lower, record, "largest, pixels")
        _legend(figure, series, [("measured", "o", True), ("oracle", "", True)])
        return hover_texts(
            series, {HOLES: ("holes", ".3%"), LARGEST_HOLE: ("largest hole, pixels", ".0f")}
        )

    told = "" if main is None else tell_curve(main, HOLES, ".3%")
    return draw(
        paint,
        name="holes",
        title="Where do holes close?",
        alt=f"Fraction of the region without weight against pixfrac: {told}. Below it the "
        "size of the largest hole.",
        caption="Output pixels of the region that no drop reached, and the largest group of "
        "them that touch.",
        size=TALL,
    )


def draw_stars(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw width and shape of the stars."""
    main = main_series(series)
    stars = max(
        (
            seen.sample_size
            for one in series
            for point in one.points
            if (seen := value_of(point, FWHM)) is not None
        ),
        default=0,
    )

    def paint(figure: Any) -> Mapping[str, str]:
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 2))
        for one in series:
            _predict(upper, one, FWHM)
            _measure(upper, one, FWHM, errors=True)
            _measure(lower, one, ELLIPTICITY, errors=True)
        _within(upper, series, FWHM)
        lower.set_ylim(bottom=0)
        _finish(upper, record, "FWHM, arcsec", last=False)
        _finish(lower, record, "ellipticity")
        _legend(figure, series, [("measured", "o", True), ("widths in quadrature", "", True)])
        return hover_texts(
            series, {FWHM: ("FWHM, arcsec", ".4f"), ELLIPTICITY: ("ellipticity", ".3f")}
        )

    told = "" if main is None else tell_curve(main, FWHM, ".4f", " arcsec")
    shape = "" if main is None else tell_curve(main, ELLIPTICITY, ".3f")
    return draw(
        paint,
        name="stars",
        title="How sharp are the stars?",
        alt=f"Median FWHM of {stars} stars against pixfrac: {told}. Ellipticity: {shape}.",
        caption=f"Medians of up to {stars} isolated {'star' if stars == 1 else 'stars'} that the "
        "sweep found and fitted; bars are standard errors. Pale line: the widths of star, drop "
        "and output pixel added in quadrature.",
        size=TALL,
    )


def draw_noise(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw correlation and scatter of blank sky."""
    main = main_series(series)
    unit = next(
        (
            seen.unit
            for one in series
            for point in one.points
            if (seen := value_of(point, BACKGROUND)) is not None
        ),
        "",
    )

    def paint(figure: Any) -> Mapping[str, str]:
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 2))
        for one in series:
            _predict(upper, one, NOISE)
            x, y = predicted(one, LIMIT)
            upper.plot(x, y, color=light("muted"), lw=1.1, ls=(0, (1, 1.5)), zorder=2)
            _measure(upper, one, NOISE, errors=True)
            _measure(lower, one, BACKGROUND, errors=True)
        lower.set_ylim(bottom=0)
        _finish(upper, record, "noise correlation R", last=False)
        _finish(lower, record, f"sky scatter, {unit}" if unit else "sky scatter")
        entries = [("measured", "o", True), ("oracle", "", True), ("many dithers", ":", True)]
        _legend(figure, series, entries)
        return hover_texts(series, {NOISE: ("R", ".2f"), BACKGROUND: ("sky scatter", ".4g")})

    told = "" if main is None else tell_curve(main, NOISE, ".2f")
    return draw(
        paint,
        name="noise",
        title="What does the noise pay?",
        alt=f"Noise correlation ratio of blank sky against pixfrac: {told}. Below it the "
        "scatter of single sky pixels.",
        caption="R is how much more the noise of a large aperture is than single pixels let one "
        "think. Measured in blocks of 8 pixels, which see a little less than the oracle's "
        "limit of large ones; dotted: the formula for many dithers (Fruchter & Hook 2002).",
        size=TALL,
    )


def draw_time(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw the wall time in the core."""
    main = main_series(series)

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        texts: dict[str, str] = {}
        for one in series:
            x = [point.pixfrac for point in one.points]
            y = [point.seconds for point in one.points]
            axes.plot(x, y, color=one.colour, ls=one.dashes, zorder=3)
            texts |= _dots(axes, one, x, y, one.keys, False)
            for key, point in zip(one.keys, one.points, strict=True):
                if POINT + key in texts:
                    texts[POINT + key] = f"pixfrac {point.pixfrac:g}: {point.seconds:.2f} s"
        axes.set_ylim(bottom=0)
        _finish(axes, record, "seconds in the core")
        _legend(figure, series, [])
        return texts

    points = [] if main is None else main.points
    longest = max((point.seconds for point in points), default=0.0)
    total = sum(point.seconds for one in series for point in one.points)
    return draw(
        paint,
        name="time",
        title="How long does it take?",
        alt=f"Seconds in the core for each pixfrac, up to {longest:.2f} s; {total:.1f} s in all.",
        caption="Wall time in the core alone, with the other processes of the sweep at work.",
        size=TALL,
    )


def _measure(
    axes: Axes,
    series: Series,
    metric: str,
    *,
    hollow: bool = False,
    errors: bool = False,
    factor: float = 1.0,
) -> None:
    seen = [
        (point.pixfrac, one.value * factor, (one.uncertainty or 0.0) * factor, key)
        for key, point in zip(series.keys, series.points, strict=True)
        if (one := value_of(point, metric)) is not None and one.value is not None
    ]
    if not seen:
        return
    x, y, error, keys = zip(*seen, strict=True)
    if errors and any(error):
        axes.errorbar(
            x, y, yerr=error, fmt="none", ecolor=series.colour, elinewidth=1, alpha=0.55, zorder=3
        )
    style = (0, (1, 1.8)) if hollow else series.dashes
    axes.plot(x, y, color=series.colour, ls=style, lw=1.2 if hollow else 1.8, zorder=3)
    _dots(axes, series, x, y, keys, hollow)


def _dots(
    axes: Axes,
    series: Series,
    x: Sequence[float],
    y: Sequence[float],
    keys: Sequence[str],
    hollow: bool,
) -> dict[str, str]:
    look: dict[str, Any] = {
        "marker": series.marker, "color": series.colour, "mew": 1.2,
        "mfc": light("surface") if hollow else series.colour,
        "ls": "none", "ms": 4.5 if hollow else 5, "zorder": 4, "clip_on": False,
    }  # fmt: skip
    if len(x) > MOST_MARKED:
        axes.plot(x, y, **{**look, "ms": 2.5})
        return {}
    for one_x, one_y, key in zip(x, y, keys, strict=True):
        (dot,) = axes.plot([one_x], [one_y], **look)
        dot.set_gid(POINT + key)
    return {POINT + key: "" for key in keys}


def _predict(axes: Axes, series: Series, metric: str, *, factor: float = 1.0) -> None:
    x, y = predicted(series, metric)
    axes.plot(
        x, np.array(y) * factor, color=series.colour, lw=5, alpha=0.28, zorder=2,
        solid_capstyle="butt",
    )  # fmt: skip


def _within(axes: Axes, series: Sequence[Series], metric: str) -> None:
    """Keep one point with a wild error from squeezing all others."""
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


def _finish(axes: Axes, record: SweepRecord, label: str, *, last: bool = True) -> None:
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
            textcoords="offset points", ha="center", va="top", fontsize=8.5,
            color=light("accent"),
        )  # fmt: skip


def _legend(
    figure: Any, series: Sequence[Series], entries: Sequence[tuple[str, str, bool]]
) -> None:
    """Put one line above the axes: what each look means."""
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    lone = len(series) == 1
    colour = series[0].colour if lone else light("muted")
    for label, marker, filled in entries:
        if marker == "":
            handle = Line2D([], [], color=colour, lw=5, alpha=0.28, label=label)
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
            handles=handles, loc="outside upper left", ncols=3 if len(handles) > 2 else 2,
            columnspacing=1.2, handletextpad=0.5, borderaxespad=0,
        )  # fmt: skip
