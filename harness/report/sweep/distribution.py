"""How the weights of the output pixels are distributed, for several values of pixfrac."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report.colours import light
from harness.report.drawing import Drawing, draw
from harness.report.sweep.images import MOST_ROWS
from harness.sweep.record import Histogram, SweepRecord


def draw_distribution(record: SweepRecord) -> Drawing | None:
    """Draw the distribution of the weights, one ridge a pixfrac, of what the advice is about."""
    advice = record.advice
    found = sorted(
        (
            one
            for one in record.histograms
            if (one.core, one.kernel, one.scale) == (advice.core, advice.kernel, advice.scale)
        ),
        key=lambda one: one.pixfrac,
    )
    if not found:
        return None
    shown = _thinned(found, advice.pixfrac)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for level, one in enumerate(shown):
            share = np.sqrt(np.array(one.counts) / max(1, sum(one.counts)))
            edges = np.array(one.edges)
            colours = light("accent" if one.pixfrac == advice.pixfrac else "blue")
            base, top = level, level + 1.7 * share / max(share.max(), 1e-9)
            order = len(shown) - level
            axes.stairs(
                top, edges, baseline=base, fill=True, color=colours, alpha=0.3, zorder=order
            )
            axes.stairs(top, edges, baseline=None, color=colours, lw=1.3, zorder=order)
        axes.axvline(1.0, color=light("muted"), lw=0.9, ls=(0, (2, 2)), zorder=40)
        axes.set_yticks(range(len(shown)), [f"{one.pixfrac:g}" for one in shown])
        axes.set_ylim(-0.1, len(shown) + 0.9)
        axes.set_xlim(0, _last_filled(shown))
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("weight / median weight")
        axes.set_title("pixfrac")

    return draw(
        paint,
        name="weight-histogram",
        title="How the weights are spread",
        alt="Distribution of weight over median weight in the region for "
        f"{len(shown)} pixfracs from {shown[0].pixfrac:g} to {shown[-1].pixfrac:g}; "
        "it gathers about 1 as the drops grow.",
        caption="One ridge a pixfrac, heights as the square root of the share of pixels, each to "
        "its own peak; what lies at 0 are holes.",
        size=(4.7, 4.5),
    )


def _thinned(found: Sequence[Histogram], chosen: float | None) -> list[Histogram]:
    if len(found) <= MOST_ROWS:
        return list(found)
    keep = {round(i * (len(found) - 1) / (MOST_ROWS - 1)) for i in range(MOST_ROWS)}
    keep |= {i for i, one in enumerate(found) if one.pixfrac == chosen}
    return [found[i] for i in sorted(keep)]


def _last_filled(shown: Sequence[Histogram]) -> float:
    last = 1.2
    for one in shown:
        filled = np.flatnonzero(one.counts)
        if filled.size:
            last = max(last, one.edges[int(filled[-1]) + 1])
    return last
