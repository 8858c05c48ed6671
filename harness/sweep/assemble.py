"""Results become a record."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from harness import __version__
from harness.model import Measurement
from harness.sweep.advise import advise
from harness.sweep.figures_of_merit import predicted_at
from harness.sweep.measure import PointResult
from harness.sweep.plan import Point, SweepPlan
from harness.sweep.predict import BLOCK_NOISE, NOISE
from harness.sweep.record import (
    Advice,
    ExposureSummary,
    Picture,
    Prediction,
    SweepPoint,
    SweepRecord,
    SweepRequest,
)


def assemble(
    plan: SweepPlan,
    exposures: tuple[ExposureSummary, ...],
    results: Mapping[int, PointResult],
    predictions: Sequence[Prediction],
    whole: frozenset[float],
    dark: int,
    timing: Mapping[str, float],
    pictures: Callable[[int], tuple[Picture, ...]],
    caveats: Sequence[str] = (),
) -> SweepRecord:
    """Put the record of a sweep together.

    Parameters
    ----------
    plan : SweepPlan
    exposures : tuple of ExposureSummary
    results : mapping of int to PointResult
        By the number of the point; all points of the grid.
    predictions : sequence of Prediction
    whole : frozenset of float
        Scales at which the whole region was predicted, so that the values can be compared one by
        one; elsewhere the curves are of parts of it.
    dark : int
        Output pixels of the first scale that were left out of the region (`Stage.dark`).
    timing : mapping of str to float
    pictures : callable
        Returns the pictures of a point.
    caveats : sequence of str, optional
        What the advice cannot know of the exposures.
    """
    request = make_request(plan, dark)
    curves = {(one.kernel, one.scale): one for one in predictions}
    points = tuple(
        _point(point, results[point.number], curves.get((point.kernel, point.scale)), whole)
        for point in plan.points()
    )
    advice = advise(request, exposures, points, predictions)
    advice = dataclasses.replace(advice, caveats=(*advice.caveats, *caveats))
    shown = _shown(plan, advice, results)
    return SweepRecord(
        request=request,
        environment={
            "harness": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "platform": platform.platform(),
            "processors": int(timing.get("processes", 0)),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": {
                point.core: results[point.number].version
                for point in plan.points()
                if results[point.number].version
            },
        },
        exposures=exposures,
        points=points,
        predictions=tuple(predictions),
        advice=advice,
        pictures=tuple(picture for number in shown for picture in pictures(number)),
        histograms=tuple(
            one.histogram
            for number in sorted(results)
            if (one := results[number]).histogram is not None
        ),
        timing=dict(timing),
    )


def make_request(plan: SweepPlan, dark: int = 0) -> SweepRequest:
    """Return what was asked for, as the record tells it."""
    region = "full coverage" if plan.region.kind == "full_coverage" else plan.region.name
    if dark:
        region += f", less {dark} output pixels that no exposure sees"
    return SweepRequest(
        source=f"scene/{plan.scene}" if plan.scene else "frames",
        files=tuple(path.name for path in plan.files),
        scales=plan.scales,
        pixfracs=plan.pixfracs,
        kernels=plan.kernels,
        cores=plan.cores,
        weighting=plan.weighting,
        region=region,
        rms_over_median_limit=plan.rms_limit,
        clipped=plan.clipped,
    )


def _point(
    point: Point, result: PointResult, curve: Prediction | None, whole: frozenset[float]
) -> SweepPoint:
    predicted = predicted_at(curve, point.pixfrac)
    # What is measured is the ratio in blocks; the limit of large ones is for the advice.
    predicted = {**predicted, NOISE: predicted.get(BLOCK_NOISE)}
    known = set(predicted) if point.scale in whole else {NOISE}

    def expected(one: Measurement) -> Measurement:
        value = predicted.get(one.metric)
        if one.metric not in known or value is None or one.metric.startswith("psf."):
            return one
        return dataclasses.replace(one, expected=value)

    return SweepPoint(
        core=point.core,
        kernel=point.kernel,
        scale=point.scale,
        pixfrac=point.pixfrac,
        state=result.state,
        reason=result.reason,
        seconds=result.seconds,
        measurements=tuple(expected(one) for one in result.measurements),
    )


def _shown(plan: SweepPlan, advice: Advice, results: Mapping[int, PointResult]) -> tuple[int, ...]:
    """Return the points whose pictures are kept: smallest, chosen and largest pixfrac."""
    same = [
        point
        for point in plan.points()
        if (point.core, point.kernel, point.scale) == (advice.core, advice.kernel, advice.scale)
        and results[point.number].state == "done"
    ]
    if not same:
        return ()
    same.sort(key=lambda point: point.pixfrac)
    chosen = [point for point in same if point.pixfrac == advice.pixfrac]
    return tuple(dict.fromkeys(point.number for point in (same[0], *chosen, same[-1])))
