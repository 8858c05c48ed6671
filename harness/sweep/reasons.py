"""The advice in words: why this pixfrac, and what another choice would change."""

from __future__ import annotations

import numpy as np

from harness.sweep.figures_of_merit import SLACK, Merit, change
from harness.sweep.record import (
    Reason,
)
from harness.sweep.rules import SPARE, Contest

GROUNDS = {
    "holes": "leaves no hole that a larger one would fill",
    "spare": "rests hardly any output pixel on one exposure alone",
    "weight": "keeps the weights even",
    "knee": "lies beyond the knee of the curve",
}
"""What a rule gives, in the words of the summary."""


def pixfrac_reasons(held: Contest) -> list[Reason]:
    """Return one reason for each rule of pixfrac, decisive where it rules a smaller one out."""
    best = held.best
    below = [merit for merit in held.merits if merit.point.pixfrac < best.point.pixfrac]
    reasons = []
    opened = [merit for merit in below if merit.hole_pixels > held.fewest_holes]
    text = f"{tell_holes(best.hole_pixels, held.fewest_holes)} at pixfrac {best.point.pixfrac:g}"
    if opened:
        last = opened[-1]
        text += f"; at {last.point.pixfrac:g} there are {last.hole_pixels} ({_share(last.holes)})"
    reasons.append(Reason(rule="holes", text=text + ".", decisive=held.decides("holes")))
    hanging = [merit for merit in below if merit.single > held.fewest_single + SPARE]
    share = (
        "no output pixel hangs"
        if not best.single
        else f"{_share(best.single)} of the output pixels hang"
    )
    text = f"At pixfrac {best.point.pixfrac:g}, {share} on one exposure alone"
    if hanging:
        last = hanging[-1]
        text += f"; at {last.point.pixfrac:g}, {_share(last.single)} of them do, "
        text += "where a lost pixel leaves a hole"
    text += f" (if the pointings are off by {SLACK / 2:g} pixel)"
    reasons.append(Reason(rule="spare", text=text + ".", decisive=held.decides("spare")))
    uneven = [merit for merit in below if merit.rms is None or merit.rms > held.limit]
    kept = best.rms is not None and best.rms <= held.limit
    text = (
        f"RMS/median of the weights is {tell_ratio(best.rms)}, "
        f"{'within' if kept else 'above'} the limit of {held.limit:g}"
    )
    if uneven:
        text += f"; {tell_ratio(uneven[-1].rms)} at pixfrac {uneven[-1].point.pixfrac:g}"
    elif kept:
        text += ", as it is at every smaller pixfrac of the sweep"
    reasons.append(Reason(rule="weight", text=text + ".", decisive=held.decides("weight")))
    if held.knee is None:
        text = "The predicted curve of RMS/median has no clear knee."
    else:
        text = f"The predicted curve of RMS/median bends at pixfrac {held.knee:g}: "
        text += "before it evenness is lost fast, after it little is won."
    reasons.append(Reason(rule="knee", text=text, decisive=held.decides("knee")))
    return reasons


def sharpness_reason(held: Contest) -> Reason:
    """Return why no larger pixfrac was taken."""
    best, largest = held.best, held.merits[-1]
    if largest is best:
        text = "It is the largest pixfrac of the sweep: smaller ones break a rule above."
    else:
        text = f"Larger drops pay twice: pixfrac {largest.point.pixfrac:g} would "
        text += tell_trade(largest, best) + "."
    return Reason(rule="sharpness against noise", text=text, decisive=held.passes)


def tell_trade(other: Merit, best: Merit) -> str:
    """Say what another point changes: width, noise correlation, evenness, holes."""
    parts = []
    width = change(other.fwhm, best.fwhm)
    if width is not None and other.fwhm is not None and best.fwhm is not None:
        error = (other.fwhm_error**2 + best.fwhm_error**2) ** 0.5 / best.fwhm
        shown = f" ± {error:.1%}" if error else ""
        word = "narrow" if width < 0 else "widen"
        parts.append(
            f"{word} stars by {abs(width):.1%}{shown} ({best.fwhm:.4g} to {other.fwhm:.4g} arcsec)"
        )
    noise = change(other.noise, best.noise)
    if noise is not None:
        word = "lower" if noise < 0 else "raise"
        parts.append(
            f"{word} the noise correlation by {abs(noise):.0%} "
            f"({best.noise:.2f} to {other.noise:.2f})"
        )
    parts.append(f"take RMS/median from {tell_ratio(best.rms)} to {tell_ratio(other.rms)}")
    if other.hole_pixels != best.hole_pixels:
        parts.append(f"take holes from {best.hole_pixels} to {other.hole_pixels} pixels")
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def tell_summary(best: Merit, held: Contest, phases: int) -> str:
    """Return the advice in one sentence."""
    decisive = [name for name in held.pixfrac_rules if held.decides(name)]
    ground = " and ".join(GROUNDS[name] for name in decisive)
    start = f'Pixfrac {best.point.pixfrac:g} at {best.point.scale:g}" ({phases} pixel phases): '
    if not held.passes:
        return start + "no pixfrac of the sweep meets every rule, and this one comes nearest."
    if not ground:
        return start + "it is the smallest that keeps every rule."
    return start + f"it is the smallest that {ground}."


def tell_ratio(value: float | None) -> str:
    """Return an RMS over median in words."""
    return "undefined (half of the region is empty)" if value is None else f"{value:.3f}"


def tell_holes(count: int, lasting: int) -> str:
    """Tell the holes of a region, and how many of them are there at every pixfrac."""
    if not count:
        return "No holes in the region"
    text = f"{count} {'pixel' if count == 1 else 'pixels'} of the region without weight"
    if not lasting:
        return text
    if count == 1:
        return f"{text}, empty at every pixfrac,"
    if lasting == count:
        return f"{text}, all of them empty at every pixfrac,"
    return f"{text}, {lasting} of them empty at every pixfrac,"


def _share(value: float) -> str:
    """Return a share in per cent with two digits, however small."""
    return np.format_float_positional(100 * value, precision=2, fractional=False, trim="-") + "%"
