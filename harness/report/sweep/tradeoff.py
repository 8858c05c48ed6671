"""What sharpness costs: FWHM gained against noise correlation paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.report.colours import light
from harness.report.drawing import POINT, Drawing, draw, ring
from harness.report.sweep.series import MOST_MARKED, Series, main_series
from harness.sweep.figures_of_merit import Merit
from harness.sweep.record import SweepRecord
from harness.sweep.rules import Contest, hold_to_rules

ROOM = 0.075
"""Share of an axis that the label of a point takes."""


def find_contests(record: SweepRecord, series: Sequence[Series]) -> dict[str, tuple[Merit, Any]]:
    """Return merit and contest of every finished point by its key."""
    found: dict[str, tuple[Merit, Any]] = {}
    for one in series:
        scales = hold_to_rules(
            one.core, one.kernel, record.request, record.points, record.predictions
        )
        contest: Contest | None = scales.get(one.scale)
        if contest is None:
            continue
        by_pixfrac = {merit.point.pixfrac: merit for merit in contest.merits}
        for key, point in zip(one.keys, one.points, strict=True):
            if point.pixfrac in by_pixfrac:
                found[key] = (by_pixfrac[point.pixfrac], contest)
    return found


def rules_apply(record: SweepRecord) -> bool:
    """Tell whether the advice was found by the rules, and not for want of a dither."""
    return not any(reason.rule == "no dither" for reason in record.advice.reasons)


def draw_tradeoff(record: SweepRecord, series: Sequence[Series]) -> Drawing | None:
    """Draw the points by noise correlation and FWHM; None where neither is known."""
    contests = find_contests(record, series)
    sharp = any(merit.fwhm is not None for merit, _ in contests.values())
    known = {
        key: pair
        for key, pair in contests.items()
        if pair[0].noise is not None
        and (pair[0].fwhm is not None or not sharp)
        and (sharp or pair[0].rms is not None)
    }
    if not known:
        return None
    advice, main, ruled = record.advice, main_series(series), rules_apply(record)

    def height(merit: Merit) -> float:
        value = merit.fwhm if sharp else merit.rms
        assert value is not None  # noqa: S101 - only such merits are known
        return value

    def paint(figure: Any) -> Mapping[str, str]:
        axes = figure.subplots()
        texts = {}
        spans = _spans([merit for merit, _ in known.values()], height)
        for one in series:
            keys = [key for key in one.keys if key in known]
            x = [known[key][0].noise for key in keys]
            y = [height(known[key][0]) for key in keys]
            axes.plot(x, y, color=one.colour, ls=one.dashes, lw=1.6, zorder=2)
            many = len(keys) > MOST_MARKED
            labelled = _apart(x, y, spans)
            for index, key in enumerate(keys):
                merit, contest = known[key]
                broken = contest.failures(merit) if ruled else ()
                is_chosen = one.chosen and merit.point.pixfrac == advice.pixfrac
                if one is main and (is_chosen or index in labelled):
                    _label(axes, x[index], y[index], f"{merit.point.pixfrac:g}")
                if is_chosen and merit.noise is not None:
                    ring(axes, merit.noise, height(merit))
                if many:
                    continue
                (dot,) = axes.plot(
                    [x[index]], [y[index]], one.marker, ms=7, color=one.colour, zorder=4, mew=1.4,
                    mfc=light("surface") if broken else one.colour,
                )  # fmt: skip
                dot.set_gid(POINT + key)
                texts[POINT + key] = _hover(one, merit, broken)
        axes.margins(0.1, 0.14)
        _errors(axes, [merit for merit, _ in known.values()] if sharp else [])
        axes.set_xlabel("noise correlation R (paid) →")
        axes.set_title(
            "FWHM, arcsec (lower is sharper)" if sharp else "RMS / median of the weights"
        )
        _legend(figure, series, ruled)
        return texts

    told = "; ".join(
        f"pixfrac {merit.point.pixfrac:g}: {height(merit):.4g} at R {merit.noise:.2f}"
        for key, (merit, _) in known.items()
        if main is not None and key in main.keys
    )
    what = "FWHM" if sharp else "Evenness"
    return draw(
        paint,
        name="tradeoff",
        title=f"The trade-off: {what} against noise correlation",
        alt=f"{what} against noise correlation for each pixfrac. {told}. "
        + (f"Ringed: pixfrac {advice.pixfrac:g}." if advice.pixfrac is not None else ""),
        caption="Each point is a pixfrac. To the left the noise of neighbours is more independent, "
        + ("further down stars are narrower" if sharp else "further down weights are more even")
        + ("; hollow points break a rule below, and the ring" if ruled else "; the ring")
        + " is the advice."
        + (" Bars are standard errors." if sharp else ""),
        size=(4.7, 3.9),
    )


def _errors(axes: Any, merits: Sequence[Merit]) -> None:
    """Show the errors of the widths, as far as they lie on the axes that the widths ask for."""
    low, high = axes.get_ylim()
    for merit in merits:
        if merit.fwhm is not None and merit.fwhm_error:
            ends = (
                max(low, merit.fwhm - merit.fwhm_error),
                min(high, merit.fwhm + merit.fwhm_error),
            )
            axes.plot([merit.noise] * 2, ends, color=light("muted"), lw=0.9, alpha=0.7, zorder=1)
    axes.set_ylim(low, high)


def _spans(merits: Sequence[Merit], height: Callable[[Merit], float]) -> tuple[float, float]:
    x = [merit.noise or 0.0 for merit in merits]
    y = [height(merit) for merit in merits]
    return max(x) - min(x) or 1.0, max(y) - min(y) or 1.0


def _apart(
    x: Sequence[float | None], y: Sequence[float], spans: tuple[float, float]
) -> frozenset[int]:
    """Return which points of a curve have room for a label beside the last that has one."""
    found: list[int] = []
    for place, (one_x, one_y) in enumerate(zip(x, y, strict=True)):
        if found:
            across = abs((one_x or 0.0) - (x[found[-1]] or 0.0)) / spans[0]
            along = abs(one_y - y[found[-1]]) / spans[1]
            if across < ROOM and along < ROOM:
                continue
        found.append(place)
    return frozenset(found)


def _hover(series: Series, merit: Merit, broken: Sequence[str]) -> str:
    told = [f"{series.label + ', ' if series.label else ''}pixfrac {merit.point.pixfrac:g}"]
    if merit.fwhm is not None:
        told.append(f"FWHM {merit.fwhm:.4f} arcsec")
    if merit.noise is not None:
        told.append(f"R {merit.noise:.2f}")
    if merit.rms is not None:
        told.append(f"RMS/median {merit.rms:.3f}")
    told.append(f"breaks {', '.join(broken)}" if broken else f"holes {merit.holes:.3%}")
    return "; ".join(told)


def _label(axes: Any, x: float | None, y: float, text: str) -> None:
    axes.annotate(
        text, (x, y), xytext=(0, -9), textcoords="offset points", fontsize=9, color=light("ink"),
        ha="center", va="top",
    )  # fmt: skip


def _legend(figure: Any, series: Sequence[Series], ruled: bool) -> None:
    from matplotlib.lines import Line2D

    lone = len(series) == 1
    colour = series[0].colour if lone else light("muted")
    handles = []
    if ruled:
        handles = [
            Line2D([], [], color=colour, marker="o", ls="none", ms=7, label="keeps the rules"),
            Line2D(
                [], [], color=colour, marker="o", ls="none", ms=7, mfc=light("surface"), mew=1.4,
                label="breaks one",
            ),
        ]  # fmt: skip
    if not lone:
        handles += [
            Line2D([], [], color=one.colour, marker=one.marker, ls=one.dashes, label=one.label)
            for one in series[:8]
        ]
    if handles:
        figure.legend(
            handles=handles, loc="outside upper left", ncols=min(4, len(handles)),
            columnspacing=1.2, handletextpad=0.4, borderaxespad=0,
        )  # fmt: skip
