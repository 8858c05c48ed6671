"""Where the exposures looked: outlines, steps, and phases within the pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report.colours import SERIES, light
from harness.report.drawing import Drawing, draw
from harness.sweep.figures_of_merit import count_phases
from harness.sweep.record import ExposureSummary, SweepRecord

MOST_NUMBERED = 40
"""Exposures up to which each mark has its number."""
ONE_PLACE = 1e-3
"""In units of the drawing (arcsec or pixels): marks that are closer lie under one number."""
SQUARE = (4.2, 4.0)


def draw_pointing(record: SweepRecord) -> tuple[Drawing, ...]:
    """Draw the dither on the sky, far and near, and as pixel phase."""
    return draw_outlines(record.exposures), draw_steps(record.exposures), draw_phases(record)


def draw_outlines(exposures: Sequence[ExposureSummary]) -> Drawing:
    """Draw the outline of every chip of every exposure on the sky."""
    ra0, dec0 = _centre(exposures)
    outlines = [_on_sky(one.corners, ra0, dec0) for one in exposures]
    every = np.concatenate(outlines)
    extent = np.ptp(every, axis=0)
    minutes = float(extent.max()) > 300
    unit, factor = ("arcmin", 1 / 60) if minutes else ("arcsec", 1.0)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for one, outline in zip(exposures, outlines, strict=True):
            colour = light(SERIES[(one.chip - 1) % len(SERIES)])
            x, y = outline.T * factor
            axes.fill(x, y, color=colour, alpha=max(0.05, 0.35 / len(exposures)), lw=0)
            axes.fill(x, y, fill=False, ec=colour, lw=1.1, alpha=0.75)
        _square(axes, f"east, {unit}", f"north, {unit}")
        axes.invert_xaxis()

    chips = len({one.chip for one in exposures})
    return draw(
        paint,
        name="outlines",
        title="On the sky",
        alt=f"Outlines of {len(exposures)} frames ({chips} {_plural('chip', chips)}) on the sky, "
        f"{extent[0]:.1f} by {extent[1]:.1f} arcsec in all, north up and east to the left.",
        caption=f"Outlines about {ra0:.5f}° {dec0:+.5f}°.",
        size=SQUARE,
    )


def draw_steps(exposures: Sequence[ExposureSummary]) -> Drawing:
    """Draw the offsets of the pointings, in the order in which they were taken."""
    first = [one for one in exposures if one.chip == exposures[0].chip]
    x, y = np.array([one.offset for one in first]).T
    native = exposures[0].pixel_scale
    reach = max(float(np.hypot(x, y).max()), native)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        axes.plot(x, y, color=light("muted"), lw=1.0, zorder=2)
        axes.plot(x, y, "o", ms=8 if len(x) <= MOST_NUMBERED else 4, color=light("blue"), zorder=3)
        _number(axes, x, y)
        # A square about all of them, so that equal scales need no other limits.
        middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        half = max(np.ptp(x), np.ptp(y), native) / 2 + 0.25 * reach
        axes.set_xlim(middle[0] + half, middle[0] - half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.locator_params(nbins=5)
        _square(axes, "east, arcsec", "north, arcsec")
        if native > 0.03 * reach:
            _pixel(axes, native)

    return draw(
        paint,
        name="steps",
        title="The dither",
        alt=f"Offsets of {len(first)} exposures from the first, in arcsec east and north: "
        + "; ".join(f"{a:+.3f} {b:+.3f}" for a, b in list(zip(x, y, strict=True))[:12])
        + (" and so on." if len(first) > 12 else "."),
        caption="Pointings in their order, from the first exposure"
        + (f"; the square is one pixel of {native:.4g}″." if native > 0.03 * reach else "."),
        size=SQUARE,
    )


def draw_phases(record: SweepRecord) -> Drawing:
    """Draw where one point of the sky fell within the pixels, with a drop about each place."""
    from matplotlib.patches import Rectangle

    exposures = record.exposures
    phases = np.array([one.phase for one in exposures])
    pixfrac = record.advice.pixfrac or 1.0
    distinct = count_phases(exposures)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        alpha = max(0.05, min(0.22, 0.9 / len(phases)))
        for (x, y), one in zip(phases, exposures, strict=True):
            colour = light(SERIES[(one.chip - 1) % len(SERIES)])
            for left in (-1, 0, 1):
                for down in (-1, 0, 1):
                    corner = (x + left - pixfrac / 2, y + down - pixfrac / 2)
                    axes.add_patch(
                        Rectangle(corner, pixfrac, pixfrac, color=colour, alpha=alpha, lw=0)
                    )
            axes.plot([x], [y], "o", ms=8 if len(phases) <= MOST_NUMBERED else 4, color=colour)
        _number(axes, *phases.T)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        for spine in axes.spines.values():
            spine.set_visible(True)
        _square(axes, "phase along x, pixels", "phase along y, pixels")

    some = "; ".join(f"{x:.2f} {y:.2f}" for x, y in phases[:12])
    return draw(
        paint,
        name="phases",
        title="Within the pixel",
        alt=f"Pixel phases of {len(phases)} frames, {distinct} of them distinct: {some}"
        + (" and so on." if len(phases) > 12 else "."),
        caption=f"Where the point of the sky at the centre of the region falls within a pixel: "
        f"{distinct} distinct {_plural('phase', distinct)}. Shaded: drops of pixfrac {pixfrac:g} "
        "about each (over the edge they come in again); darker where they overlap.",
        size=SQUARE,
    )


def _centre(exposures: Sequence[ExposureSummary]) -> tuple[float, float]:
    corners = np.radians(np.concatenate([np.array(one.corners) for one in exposures]))
    ra, dec = corners.T
    # The mean of unit vectors is safe across right ascension 0.
    x, y = (np.cos(dec) * np.cos(ra)).mean(), (np.cos(dec) * np.sin(ra)).mean()
    z = np.sin(dec).mean()
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def _on_sky(corners: Sequence[tuple[float, float]], ra0: float, dec0: float) -> Any:
    ra, dec = np.array(corners).T
    east = ((ra - ra0 + 180.0) % 360.0 - 180.0) * math.cos(math.radians(dec0))
    return np.column_stack([east, dec - dec0]) * 3600.0


def _square(axes: Any, along: str, up: str) -> None:
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlabel(along)
    axes.set_ylabel(up)


def _pixel(axes: Any, native: float) -> None:
    from matplotlib.patches import Rectangle

    x0, x1 = axes.get_xlim()
    y0, _ = axes.get_ylim()
    step = 0.04 * abs(x1 - x0)
    corner = (min(x0, x1) + step, y0 + step)
    axes.add_patch(Rectangle(corner, native, native, fc="none", ec=light("accent"), lw=1.3))


def _number(axes: Any, x: Any, y: Any) -> None:
    if len(x) > MOST_NUMBERED:
        return
    texts: dict[tuple[float, float], list[str]] = {}
    for number, place in enumerate(zip(x, y, strict=True), start=1):
        near = next((one for one in texts if math.dist(one, place) < ONE_PLACE), place)
        texts.setdefault(near, []).append(str(number))
    for place, numbers in texts.items():
        label = ", ".join(numbers) if len(numbers) <= 4 else f"{numbers[0]}-{numbers[-1]}"
        axes.annotate(
            label, place, xytext=(6, 5), textcoords="offset points", fontsize=9,
            color=light("ink"),
        )  # fmt: skip


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
