"""The curves of a sweep: one for each core, kernel and scale, with its look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.model import Kernel, Measurement
from harness.report.colours import SERIES, light
from harness.report.drawing import POINT
from harness.sweep.record import Prediction, SweepPoint, SweepRecord

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.6)), (0, (5, 2, 1, 2)))
MOST_MARKED = 120
"""Points of a drawing, or of one curve, up to which each is marked and has a text over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The finished points of one core, kernel and scale, from the smallest pixfrac on.

    Attributes
    ----------
    core, kernel, scale :
        Which one.
    label : str
        What of it differs from the other series; "" where it is the only one.
    points : tuple of SweepPoint
    keys : tuple of str
        By which the page knows each point.
    prediction : Prediction or None
    colour, marker : str
    dashes :
        As matplotlib takes them.
    chosen : bool
        Whether the advice is one of its points.
    """

    core: str
    kernel: Kernel
    scale: float
    label: str
    points: tuple[SweepPoint, ...]
    keys: tuple[str, ...]
    prediction: Prediction | None
    colour: str
    marker: str
    dashes: Any
    chosen: bool


def key_of(number: int) -> str:
    """Return by which the page knows the point with that place in the record."""
    return f"p{number}"


def value_of(point: SweepPoint, metric: str) -> Measurement | None:
    """Return a measurement that has a value."""
    for one in point.measurements:
        if one.metric == metric and one.value is not None:
            return one
    return None


def values_seen(series: Sequence[Series], metric: str) -> list[Measurement]:
    """Return the measurements of one metric that have a value, of all points of all series."""
    found = (value_of(point, metric) for one in series for point in one.points)
    return [seen for seen in found if seen is not None]


def highest_value(series: Sequence[Series], metric: str) -> float:
    """Return the largest value of one metric, 0 where there is none."""
    return max((seen.value or 0.0 for seen in values_seen(series, metric)), default=0.0)


def predicted(series: Series, metric: str) -> tuple[list[float], list[float]]:
    """Return pixfracs and predicted values where they are defined."""
    if series.prediction is None or metric not in series.prediction.curves:
        return [], []
    pairs = [
        (pixfrac, value)
        for pixfrac, value in zip(
            series.prediction.pixfracs, series.prediction.curves[metric], strict=True
        )
        if value is not None
    ]
    return [pixfrac for pixfrac, _ in pairs], [value for _, value in pairs]


def find_series(record: SweepRecord) -> tuple[Series, ...]:
    """Return the series of a record in the order of its grid.

    The axes that have several values take colour, marker and dashes, in this order.
    """
    request, advice = record.request, record.advice
    axes: dict[str, Sequence[Any]] = {
        "scale": request.scales,
        "kernel": request.kernels,
        "core": request.cores,
    }
    varied = [name for name, values in axes.items() if len(values) > 1]
    found = []
    for core in request.cores:
        for kernel in request.kernels:
            for scale in request.scales:
                place = {"scale": scale, "kernel": kernel, "core": core}
                look = [axes[name].index(place[name]) for name in varied] + [0, 0, 0]
                chosen = [
                    (number, point)
                    for number, point in enumerate(record.points)
                    if (point.core, point.kernel, point.scale) == (core, kernel, scale)
                    and point.state == "done"
                ]
                chosen.sort(key=lambda pair: pair[1].pixfrac)
                if not chosen:
                    continue
                found.append(
                    Series(
                        core=core,
                        kernel=kernel,
                        scale=scale,
                        label=", ".join(tell(name, place[name]) for name in varied),
                        points=tuple(point for _, point in chosen),
                        keys=tuple(key_of(number) for number, _ in chosen),
                        prediction=_prediction(record, kernel, scale),
                        colour=light(SERIES[look[0] % len(SERIES)]),
                        marker=MARKERS[look[1] % len(MARKERS)],
                        dashes=DASHES[look[2] % len(DASHES)],
                        chosen=(core, kernel, scale) == (advice.core, advice.kernel, advice.scale),
                    )
                )
    return tuple(found)


def tell(axis: str, value: Any) -> str:
    """Name a value of an axis as legends do."""
    return f"{value:g}″" if axis == "scale" else str(value)


def _prediction(record: SweepRecord, kernel: Kernel, scale: float) -> Prediction | None:
    for one in record.predictions:
        if (one.kernel, one.scale) == (kernel, scale):
            return one
    return None


def main_series(series: Sequence[Series]) -> Series | None:
    """Return the one that the advice is about."""
    return next((one for one in series if one.chosen), series[0] if series else None)


def hover_texts(series: Sequence[Series], metrics: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return what is shown over each point.

    Parameters
    ----------
    series : sequence of Series
    metrics : mapping of str to (str, str)
        Metric to its name and format.
    """
    if sum(len(one.points) for one in series) > MOST_MARKED:
        return {}
    texts = {}
    for one in series:
        for key, point in zip(one.keys, one.points, strict=True):
            told = [
                f"{name} {format(seen.value, form)}"
                for metric, (name, form) in metrics.items()
                if (seen := value_of(point, metric)) is not None
            ]
            start = f"{one.label}, pixfrac" if one.label else "pixfrac"
            texts[POINT + key] = f"{start} {point.pixfrac:g}: " + ", ".join(told)
    return texts


def tell_curve(series: Series | None, metric: str, form: str, unit: str = "") -> str:
    """Tell a curve in words: its values at smallest, middle and largest pixfrac."""
    if series is None:
        return "not measured"
    points = series.points
    some = [points[place] for place in sorted({0, len(points) // 2, len(points) - 1})]
    told = [
        f"{format(seen.value, form)}{unit} at pixfrac {point.pixfrac:g}"
        for point in some
        if (seen := value_of(point, metric)) is not None
    ]
    return ", ".join(told) if told else "not measured"
