"""Figures on which the advice rests: values of a point, distinct phases, knees, costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.sweep.predict import FWHM, HOLES, NOISE, RMS, SINGLE
from harness.sweep.record import ExposureSummary, Prediction, SweepPoint

SLACK = 0.05
"""Pixfrac that an error of pointing may cost: a drop that lies a fortieth of a pixel off leaves as
much open on one side as one that is so much smaller. Telescopes keep a dither, and headers tell it,
to some 3 mas, which is that of the 0.13 arcsec pixels of WFC3/IR."""
SAME_PHASE = 0.1
"""Input pixels within which two phases count as one: pointings repeat to some hundredths of a
pixel of HST or JWST, and phases a tenth of a pixel apart sample nothing new."""
CLEAR_KNEE = 0.08
"""Depth of a knee below the chord, both axes from 0 to 1: a straight line has 0, the curves of
roundoff and small samples reach some hundredths."""


LIKE_A_STAR = 1.2
"""Factor by which a fitted width may differ from what star, drop and output pixel add up to: the
worst stars of tested scenes differ by a tenth, rings, companions and galaxies by far more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """What is known of one point, measured or, where it was not, predicted.

    Attributes
    ----------
    point : SweepPoint
    holes : float
        Fraction of the region.
    hole_pixels : int
    rms : float or None
        RMS over median of the weights, zeros included; None where the median is zero.
    fwhm : float or None
        Arcsec; None where there is no star, or the fits are not those of stars.
    fwhm_error : float
        Standard error of `fwhm`, 0 where unknown.
    noise : float or None
        Noise correlation ratio: predicted, for a measured one is known to a few per cent only.
    single : float
        Predicted share of output pixels that one exposure alone covers where pointings are off by
        half of `SLACK`; 0 where unknown.
    """

    point: SweepPoint
    holes: float
    hole_pixels: int
    rms: float | None
    fwhm: float | None
    fwhm_error: float
    noise: float | None
    single: float

    @property
    def unevenness(self) -> float:
        """Noise of a source anywhere in the region over that under even weights.

        To second order: the mean of 1/w is (1 + (std / mean)^2) / mean, and noise its root.
        """
        return math.inf if self.rms is None else math.sqrt(1.0 + self.rms**2)


def weigh_up(point: SweepPoint, prediction: Prediction | None) -> Merit | None:
    """Return the merit of a finished point; None if its weights could not be measured."""
    measured = {one.metric: one for one in point.measurements}
    holes = measured.get(HOLES)
    if point.state != "done" or holes is None or holes.value is None:
        return None
    predicted = predicted_at(prediction, point.pixfrac)
    fwhm = measured.get(FWHM)
    noise = measured.get(NOISE)
    seen = fwhm is not None and fwhm.value is not None
    starlike = is_starlike(point, prediction)
    return Merit(
        point=point,
        holes=holes.value,
        hole_pixels=round(holes.value * holes.sample_size),
        rms=measured[RMS].value if RMS in measured else None,
        fwhm=None
        if not starlike
        else fwhm.value
        if fwhm is not None and seen
        else predicted.get(FWHM),
        fwhm_error=(fwhm.uncertainty or 0.0) if fwhm is not None and seen else 0.0,
        noise=predicted.get(NOISE) or (None if noise is None else noise.value),
        single=interpolate(prediction, SINGLE, point.pixfrac - SLACK) or 0.0,
    )


def has_width(point: SweepPoint) -> bool:
    """Tell whether a star was fitted."""
    return any(one.metric == FWHM and one.value is not None for one in point.measurements)


def is_starlike(point: SweepPoint, prediction: Prediction | None) -> bool:
    """Tell whether the fitted width of a point is that of a star, as far as can be known."""
    expected = predicted_at(prediction, point.pixfrac).get(FWHM)
    fwhm = next((one.value for one in point.measurements if one.metric == FWHM), None)
    if expected is None or fwhm is None or not (expected > 0 and fwhm > 0):
        return True
    return 1 / LIKE_A_STAR <= fwhm / expected <= LIKE_A_STAR


def predicted_at(prediction: Prediction | None, pixfrac: float) -> Mapping[str, float | None]:
    """Return the predicted values at one pixfrac of the curve, {} off it."""
    if prediction is None or pixfrac not in prediction.pixfracs:
        return {}
    index = prediction.pixfracs.index(pixfrac)
    return {name: curve[index] for name, curve in prediction.curves.items()}


def interpolate(prediction: Prediction | None, name: str, pixfrac: float) -> float | None:
    """Return a predicted value between the pixfracs of the curve, and beyond them that of its end.

    None where nothing is known.
    """
    if prediction is None or name not in prediction.curves:
        return None
    curve = zip(prediction.pixfracs, prediction.curves[name], strict=True)
    known = [(x, y) for x, y in curve if y is not None]
    if not known:
        return None
    # 0.6 less 0.05 is not 0.55, and a last bit of its neighbour would be a share of 2e-19.
    return float(np.interp(round(pixfrac, 10), [x for x, _ in known], [y for _, y in known]))


def count_phases(exposures: Sequence[ExposureSummary]) -> int:
    """Count the distinct pixel phases of a set of exposures, chip by chip, at most.

    Two are one if they differ by less than `SAME_PHASE` on both axes, across the edge of the
    pixel too.
    """
    most = 0
    for chip in {one.chip for one in exposures}:
        found: list[tuple[float, float]] = []
        for one in exposures:
            if one.chip == chip and not any(_same_phase(one.phase, other) for other in found):
                found.append(one.phase)
        most = max(most, len(found))
    return most


def _same_phase(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs((a - b + 0.5) % 1.0 - 0.5) < SAME_PHASE for a, b in zip(one, other, strict=True))


def find_knee(prediction: Prediction | None, metric: str = RMS) -> float | None:
    """Return the pixfrac at which a falling curve bends most, or None where it does not.

    The knee is the point farthest below the chord once both axes run from 0 to 1 (Satopaa et al.
    2011, "Finding a 'Kneedle' in a Haystack"); nearer to the chord than `CLEAR_KNEE` there is none.
    """
    if prediction is None or metric not in prediction.curves:
        return None
    pairs = [
        (pixfrac, value)
        for pixfrac, value in zip(prediction.pixfracs, prediction.curves[metric], strict=True)
        if value is not None
    ]
    if len(pairs) < 4:
        return None
    x, y = np.array(pairs).T
    if not y[0] > y[-1]:
        return None
    across = (x - x[0]) / (x[-1] - x[0])
    along = (y - y[-1]) / (y[0] - y[-1])
    depth = 1.0 - across - along
    deepest = int(np.argmax(depth))
    return float(x[deepest]) if depth[deepest] > CLEAR_KNEE else None


def change(after: float | None, before: float | None) -> float | None:
    """Return the relative change, or None where a figure is missing."""
    if after is None or before is None or not before > 0 or not math.isfinite(after):
        return None
    return after / before - 1.0
