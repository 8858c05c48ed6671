"""Advice: which pixfrac and scale, for which reasons, and what the next best would cost."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sweep.figures_of_merit import count_phases
from harness.sweep.predict import FWHM
from harness.sweep.reasons import (
    pixfrac_reasons,
    sharpness_reason,
    tell_ratio,
    tell_summary,
    tell_trade,
)
from harness.sweep.record import (
    Advice,
    Alternative,
    ExposureSummary,
    Prediction,
    Reason,
    SweepPoint,
    SweepRequest,
)
from harness.sweep.rules import Contest, hold_to_rules

SAMPLED = 2.0
"""Output pixels per FWHM that sample a star: a Gaussian of 2 pixels has 3 % of its power beyond
the Nyquist frequency (the Dither Handbook advises 2.0 to 2.5)."""
RULES = {
    "holes": "no holes",
    "spare": "a spare exposure",
    "weight": "even weights",
    "knee": "the knee",
}
"""What a rule is called in a sentence."""
NO_SINGLE_METRIC = (
    "No single metric decides this: sharpness, even weights and independent noise pull apart. "
    "The region, the limit and the use of the image are yours to weigh; the table shows what "
    "each choice costs."
)


def advise(
    request: SweepRequest,
    exposures: Sequence[ExposureSummary],
    points: Sequence[SweepPoint],
    predictions: Sequence[Prediction],
) -> Advice:
    """Recommend a sampling.

    The rules, and where they come from:

    no dither
        Exposures of one pixel phase hold no information between their pixels; a drop smaller
        than the pixel then only opens gaps (Fruchter & Hook 2002, section 7), so 1.0.
    holes
        No output pixel of the region without weight that a larger pixfrac would have covered
        (Dither Handbook: drops large enough to leave no holes).
    spare
        At most a share of `SPARE` of the output pixels hangs on one exposure alone where a larger
        pixfrac would give them a second, pointings being off by half of `SLACK`: dithers are there
        to replace pixels lost to defects and cosmic rays (Dither Handbook), and the next set of
        frames loses others.
    weight
        RMS over median of the weights, holes included, at most the limit of the request (0.2 in
        the Dither and the DrizzlePac Handbook).
    knee
        At or beyond the bend of the predicted curve: before it the evenness hangs on a few
        hundredths of a pixel of pointing, after it a larger drop buys little.
    sharpness against noise
        Of the pixfracs that keep these, the smallest: width and noise correlation both grow with
        the drop (Fruchter & Hook 2002, section 7; Casertano et al. 2000, appendix), so that
        beyond what the rules above demand a larger one pays twice.
    sampling
        Of the scales with such a pixfrac, the coarsest with `SAMPLED` output pixels per FWHM:
        a finer one gains little sharpness and pays with correlated noise. Where none samples the
        stars, the finest.

    Parameters
    ----------
    request : SweepRequest
    exposures : sequence of ExposureSummary
    points : sequence of SweepPoint
    predictions : sequence of Prediction

    Returns
    -------
    Advice
        For the first core and kernel of the request that has finished points.
    """
    for core in request.cores:
        for kernel in request.kernels:
            scales = hold_to_rules(core, kernel, request, points, predictions)
            if scales:
                return _advise(exposures, scales)
    return Advice(
        core=request.cores[0],
        kernel=request.kernels[0],
        scale=request.scales[0],
        pixfrac=None,
        summary="No point of the sweep was finished, so nothing can be recommended.",
        caveats=(NO_SINGLE_METRIC,),
    )


def _advise(exposures: Sequence[ExposureSummary], scales: dict[float, Contest]) -> Advice:
    phases = count_phases(exposures)
    native = exposures[0].pixel_scale
    if phases <= 1:
        return _without_dither(exposures, scales, native)
    scale, why = _choose_scale(scales)
    chosen = scales[scale]
    best = chosen.best
    reasons = [*pixfrac_reasons(chosen), sharpness_reason(chosen)]
    if why is not None:
        reasons.append(why)
    caveats = [NO_SINGLE_METRIC]
    if not chosen.passes:
        caveats.append(
            f'No pixfrac of the sweep meets all rules at {scale:g}"; this one comes nearest. '
            f"A coarser scale, or more of the {phases} pixel phases, would help."
        )
    if best.point.pixfrac == chosen.merits[0].point.pixfrac and chosen.passes:
        caveats.append("It is the smallest pixfrac of the sweep; a smaller one was not tried.")
    if best.fwhm is None:
        measured = {one.metric: one.value for one in best.point.measurements}.get(FWHM)
        caveats.append(
            "No star was measured: sharpness is not known here."
            if measured is None
            else f"The fitted width ({measured:.3g} arcsec) is not what star, drop and pixel add "
            "up to: these sources are no simple stars, and sharpness is not known here."
        )
    if any(one.pixels == "derived" for one in exposures):
        caveats.append("The pixels were processed after exposure: widths and noise are not real.")
    return Advice(
        core=best.point.core,
        kernel=best.point.kernel,
        scale=scale,
        pixfrac=best.point.pixfrac,
        summary=tell_summary(best, chosen, phases),
        reasons=tuple(reasons),
        alternatives=_alternatives(scales, scale),
        caveats=tuple(caveats),
    )


def _without_dither(
    exposures: Sequence[ExposureSummary], scales: dict[float, Contest], native: float
) -> Advice:
    scale = min(scales, key=lambda value: abs(value - native))
    chosen = scales[scale]
    best = chosen.merits[-1]
    count = len({one.name for one in exposures})
    what = "There is one exposure" if count == 1 else f"All {count} exposures share one pixel phase"
    first = chosen.merits[0]
    reason = Reason(
        rule="no dither",
        text=f"{what}: between its pixels there is nothing to gain, and a drop smaller than the "
        f"pixel opens gaps (holes {first.holes:.2%} and RMS/median {tell_ratio(first.rms)} at "
        f"pixfrac {first.point.pixfrac:g}, {best.holes:.2%} and {tell_ratio(best.rms)} at "
        f"{best.point.pixfrac:g}).",
        decisive=True,
    )
    native_reason = Reason(
        rule="sampling",
        text=f'Without a dither a finer scale than the pixel of {native:.4g}" copies pixels and '
        f'correlates the noise; {scale:g}" is the nearest to it of the sweep.',
        decisive=len(scales) > 1,
    )
    caveats = [NO_SINGLE_METRIC]
    if best.point.pixfrac != 1.0:
        caveats.append(
            f"Pixfrac 1.0 was not in the sweep; its figures are those of {best.point.pixfrac:g}."
        )
    return Advice(
        core=best.point.core,
        kernel=best.point.kernel,
        scale=scale,
        pixfrac=1.0,
        summary=f'Pixfrac 1.0 at {scale:g}": {what[0].lower()}{what[1:]}, so that smaller drops '
        "only leave gaps.",
        reasons=(reason, native_reason),
        caveats=tuple(caveats),
    )


def _choose_scale(scales: dict[float, Contest]) -> tuple[float, Reason | None]:
    usable = {scale: held for scale, held in scales.items() if held.passes} or scales
    finest_first = sorted(usable)
    if not any(held.passes for held in scales.values()):
        scale = min(usable, key=lambda value: usable[value].best.unevenness)
    else:
        sampled = [s for s in finest_first if _pixels_per_fwhm(usable[s], s) >= SAMPLED]
        scale = sampled[-1] if sampled else finest_first[0]
    if len(scales) == 1:
        return scale, None
    fwhm = usable[scale].best.fwhm
    left_out = sorted(set(scales) - set(usable))
    text = f'{scale:g}" is the '
    if fwhm is None:
        text += "finest scale that keeps the rules; no star tells whether it samples the image"
    elif fwhm / scale >= SAMPLED:
        text += f"coarsest scale that samples the stars ({fwhm / scale:.2f} pixels per FWHM, "
        text += f"{SAMPLED:g} are needed)"
    else:
        text += f"finest scale that keeps the rules; it samples the stars by {fwhm / scale:.2f} "
        text += f"pixels per FWHM where {SAMPLED:g} are needed"
    if left_out:
        text += "; no pixfrac keeps the rules at " + ", ".join(f'{s:g}"' for s in left_out)
    other = _neighbour(finest_first, scale)
    if other is not None:
        text += f'. {other:g}" would ' + tell_trade(usable[other].best, usable[scale].best)
    return scale, Reason(rule="sampling", text=text + ".", decisive=True)


def _pixels_per_fwhm(held: Contest, scale: float) -> float:
    return 0.0 if held.best.fwhm is None else held.best.fwhm / scale


def _neighbour(scales: Sequence[float], scale: float) -> float | None:
    index = scales.index(scale)
    if index > 0:
        return scales[index - 1]
    return scales[1] if len(scales) > 1 else None


def _alternatives(scales: dict[float, Contest], scale: float) -> tuple[Alternative, ...]:
    held = scales[scale]
    best, order = held.best, held.merits
    index = order.index(best)
    near = [order[i] for i in (index + 1, index - 1) if 0 <= i < len(order)]
    others = [other.best for key, other in sorted(scales.items()) if key != scale]
    found = []
    for merit in [*near, *others]:
        rules = scales[merit.point.scale].failures(merit)
        text = f"Would {tell_trade(merit, best)}"
        broken = " and ".join(RULES[name] for name in rules)
        text += f"; breaks the rule of {broken}." if rules else "; keeps every rule."
        point = merit.point
        found.append(
            Alternative(
                core=point.core,
                kernel=point.kernel,
                scale=point.scale,
                pixfrac=point.pixfrac,
                text=text,
            )
        )
    return tuple(found)
