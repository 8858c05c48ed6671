"""Curves over pixfrac: weights, holes, stars, noise, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report.colours import light
from harness.report.drawing import POINT, Drawing, draw
from harness.report.sweep.plot import (
    add_legend,
    finish_axes,
    frame_values,
    plot_dots,
    plot_measured,
    plot_predicted,
)
from harness.report.sweep.series import (
    Series,
    highest_value,
    hover_texts,
    main_series,
    predicted,
    tell_curve,
    values_seen,
)
from harness.sweep.figures_of_merit import find_knee
from harness.sweep.predict import BLOCK, BLOCK_NOISE, FWHM, HOLES, LIMIT, NOISE, RMS, RMS_POSITIVE
from harness.sweep.record import SweepRecord

LARGEST_HOLE = "coverage.largest_hole"
ELLIPTICITY = "psf.ellipticity"
BACKGROUND = "noise.background"
TALL = (4.7, 4.5)


def draw_curves(record: SweepRecord, series: Sequence[Series]) -> tuple[Drawing, ...]:
    """Draw all curves; those of which nothing was measured are left out."""
    found = [draw_weights(record, series), draw_holes(record, series)]
    if values_seen(series, FWHM):
        found.append(draw_stars(record, series))
    if values_seen(series, NOISE) or values_seen(series, BACKGROUND):
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
            plot_predicted(axes, one, RMS)
            plot_measured(axes, one, RMS_POSITIVE, hollow=True)
            plot_measured(axes, one, RMS)
        axes.axhline(limit, color=light("limit"), lw=1.3, ls=(0, (6, 3)), zorder=1)
        axes.annotate(
            f"advisory {limit:g}", (1.0, limit), xytext=(0, 3), textcoords="offset points",
            xycoords=axes.get_yaxis_transform(), ha="right", va="bottom",
            color=light("limit"), fontsize=9,
        )  # fmt: skip
        highest = highest_value(series, RMS)
        # Where half of the region is nearly empty the prediction runs off to any height.
        axes.set_ylim(bottom=0, top=max(1.15 * highest, 1.25 * limit))
        if main is not None and knee is not None:
            _bend(axes, main, knee)
        finish_axes(axes, record, "RMS / median of the weights")
        add_legend(
            figure,
            series,
            [("zeros included", "o", True), ("weights > 0", "o", False), ("oracle", "", True)],
        )
        return hover_texts(
            series, {RMS: ("RMS/median", ".3f"), RMS_POSITIVE: ("over w > 0", ".3f")}
        )

    told = tell_curve(main, RMS, ".3f")
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


def _two_panels(figure: Any) -> Any:
    """Return axes of what matters most, and of what belongs to it below."""
    return figure.subplots(2, sharex=True, height_ratios=(3, 2))


def _bend(axes: Any, main: Series, knee: float) -> None:
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
        upper, lower = _two_panels(figure)
        for one in series:
            plot_predicted(upper, one, HOLES, factor=100)
            plot_measured(upper, one, HOLES, factor=100)
            plot_measured(lower, one, LARGEST_HOLE)
        if highest_value(series, LARGEST_HOLE) > 50:
            lower.set_yscale("symlog", linthresh=1)
        for axes in (upper, lower):
            axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1e-3))
        finish_axes(upper, record, "holes, % of region", last=False)
        finish_axes(lower, record, "largest, pixels")
        add_legend(figure, series, [("measured", "o", True), ("oracle", "", True)])
        return hover_texts(
            series, {HOLES: ("holes", ".3%"), LARGEST_HOLE: ("largest hole, pixels", ".0f")}
        )

    told = tell_curve(main, HOLES, ".3%")
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
    stars = max((seen.sample_size for seen in values_seen(series, FWHM)), default=0)

    def paint(figure: Any) -> Mapping[str, str]:
        upper, lower = _two_panels(figure)
        for one in series:
            plot_predicted(upper, one, FWHM)
            plot_measured(upper, one, FWHM, errors=True)
            plot_measured(lower, one, ELLIPTICITY, errors=True)
        frame_values(upper, series, FWHM)
        lower.set_ylim(bottom=0)
        finish_axes(upper, record, "FWHM, arcsec", last=False)
        finish_axes(lower, record, "ellipticity")
        add_legend(figure, series, [("measured", "o", True), ("widths in quadrature", "", True)])
        return hover_texts(
            series, {FWHM: ("FWHM, arcsec", ".4f"), ELLIPTICITY: ("ellipticity", ".3f")}
        )

    told = tell_curve(main, FWHM, ".4f", " arcsec")
    shape = tell_curve(main, ELLIPTICITY, ".3f")
    return draw(
        paint,
        name="stars",
        title="How sharp are the stars?",
        alt=f"Median FWHM of {stars} {'star' if stars == 1 else 'stars'} against pixfrac: {told}. "
        f"Ellipticity: {shape}.",
        caption=(
            "Fit of the one star that the sweep found. "
            if stars == 1
            else f"Medians of {stars} isolated stars that the sweep found, with standard errors. "
        )
        + "Pale line: the widths of star, drop and output pixel added in quadrature.",
        size=TALL,
    )


def draw_noise(record: SweepRecord, series: Sequence[Series]) -> Drawing:
    """Draw correlation and scatter of blank sky."""
    main = main_series(series)
    unit = next((seen.unit for seen in values_seen(series, BACKGROUND)), "")

    def paint(figure: Any) -> Mapping[str, str]:
        upper, lower = _two_panels(figure)
        for one in series:
            plot_predicted(upper, one, BLOCK_NOISE)
            upper.plot(*predicted(one, NOISE), color=one.colour, lw=1.1, ls=(0, (5, 2)), zorder=2)
            upper.plot(
                *predicted(one, LIMIT), color=light("muted"), lw=1.1, ls=(0, (1, 1.5)), zorder=2
            )
            plot_measured(upper, one, NOISE, errors=True)
            plot_measured(lower, one, BACKGROUND, errors=True)
        lower.set_ylim(bottom=0)
        finish_axes(upper, record, "noise correlation R", last=False)
        finish_axes(lower, record, f"sky scatter, {unit}" if unit else "sky scatter")
        entries = [
            ("measured", "o", True),
            ("oracle, same blocks", "", True),
            ("oracle, large aperture", "-", True),
            ("many dithers", ":", True),
        ]
        add_legend(figure, series, entries)
        return hover_texts(series, {NOISE: ("R", ".2f"), BACKGROUND: ("sky scatter", ".4g")})

    told = tell_curve(main, NOISE, ".2f")
    return draw(
        paint,
        name="noise",
        title="What does the noise pay?",
        alt=f"Noise correlation ratio of blank sky against pixfrac: {told}. Below it the "
        "scatter of single sky pixels.",
        caption=f"R: by how much the noise of an aperture exceeds what single pixels promise. "
        f"Measured in blocks of {BLOCK} pixels; dashed: large apertures, the price that the "
        "advice counts; dotted: the formula for many dithers (Fruchter & Hook 2002).",
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
            texts |= plot_dots(axes, one, x, y, one.keys, False)
            for key, point in zip(one.keys, one.points, strict=True):
                if POINT + key in texts:
                    texts[POINT + key] = f"pixfrac {point.pixfrac:g}: {point.seconds:.2f} s"
        axes.set_ylim(bottom=0)
        finish_axes(axes, record, "seconds in the core")
        add_legend(figure, series, [])
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
