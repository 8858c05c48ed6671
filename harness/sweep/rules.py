"""The rules that a pixfrac is held to; `advise` says where they come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from harness.model import Kernel
from harness.sweep.figures_of_merit import Merit, find_knee, has_width, is_starlike, weigh_up
from harness.sweep.record import Prediction, SweepPoint, SweepRequest

SPARE = 2e-4
"""Share of the output pixels, beyond what the largest drops leave, that may hang on one exposure.
The next set of frames loses a hundredth of its pixels elsewhere, which makes holes of 2e-6 of the
image: four pixels of WFC3/IR at half its pixel. And it is some pixels of the 10000 to 20000 that
are predicted, so that one bad pixel more or less, which takes the second exposure from one or two
of them, does not move the advice."""
NEGLIGIBLE = 0.045
"""RMS/median whose cost in noise, sqrt(1 + x^2), is a thousandth: no knee matters below it."""


class Contest:
    """The points of one core, kernel and scale, from the smallest pixfrac on, held to the rules."""

    def __init__(
        self, merits: Sequence[Merit], prediction: Prediction | None, limit: float
    ) -> None:
        self.merits = sorted(merits, key=lambda merit: merit.point.pixfrac)
        self.limit = limit
        self.knee = find_knee(prediction)
        # Sky that no pixfrac covers, such as under bad pixels of all exposures, is no reason.
        self.fewest_holes = min(merit.hole_pixels for merit in self.merits)
        self.fewest_single = min(merit.single for merit in self.merits)
        self.pixfrac_rules = {
            "holes": self._is_whole,
            "spare": self._is_spared,
            "weight": self._is_even,
            "knee": self._is_beyond_knee,
        }
        passing = [merit for merit in self.merits if not self.failures(merit)]
        self.passes = bool(passing)
        self.best = passing[0] if passing else min(self.merits, key=self._shortfall)

    def _is_whole(self, merit: Merit) -> bool:
        return merit.hole_pixels <= self.fewest_holes

    def _is_even(self, merit: Merit) -> bool:
        return merit.rms is not None and merit.rms <= self.limit

    def _is_spared(self, merit: Merit) -> bool:
        return merit.single <= self.fewest_single + SPARE

    def _is_beyond_knee(self, merit: Merit) -> bool:
        if self.knee is None or (merit.rms is not None and merit.rms <= NEGLIGIBLE):
            return True
        return merit.point.pixfrac >= self.knee

    def _shortfall(self, merit: Merit) -> tuple[int, float]:
        return merit.hole_pixels, float("inf") if merit.rms is None else merit.rms

    def failures(self, merit: Merit) -> tuple[str, ...]:
        """Return the rules that a point fails."""
        return tuple(name for name, rule in self.pixfrac_rules.items() if not rule(merit))

    def decides(self, rule: str) -> bool:
        """Tell whether a rule excludes the next smaller pixfrac."""
        index = self.merits.index(self.best)
        return self.passes and index > 0 and rule in self.failures(self.merits[index - 1])


def hold_to_rules(
    core: str,
    kernel: Kernel,
    request: SweepRequest,
    points: Sequence[SweepPoint],
    predictions: Sequence[Prediction],
) -> dict[float, Contest]:
    """Return the contest of each scale for one core and kernel; none where no point is done."""
    scales = {}
    for scale in request.scales:
        curve = next((p for p in predictions if (p.kernel, p.scale) == (kernel, scale)), None)
        mine = [p for p in points if (p.core, p.kernel, p.scale) == (core, kernel, scale)]
        merits = [merit for point in mine if (merit := weigh_up(point, curve)) is not None]
        if not _are_stars(mine, curve):
            merits = [dataclasses.replace(merit, fwhm=None, fwhm_error=0.0) for merit in merits]
        if merits:
            scales[scale] = Contest(merits, curve, request.rms_over_median_limit)
    return scales


def _are_stars(points: Sequence[SweepPoint], curve: Prediction | None) -> bool:
    """Tell whether most fits are those of stars: else the others are so by chance.

    Without a fit nothing is known of sharpness: what is predicted rests on a width from the sum of
    the exposures alone, which may be that of anything.
    """
    judged = [is_starlike(point, curve) for point in points if has_width(point)]
    return sum(judged) > len(judged) / 2
