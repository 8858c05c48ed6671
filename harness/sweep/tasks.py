"""What a worker is told to do, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.metrics.survey import Sighting
from harness.model import DrizzledProduct, Kernel, Weighting
from harness.sweep.measure import PointResult, run_point
from harness.sweep.plan import Point
from harness.sweep.predict import predict_point
from harness.sweep.sample import Sample
from harness.sweep.stage import Stage
from harness.sweep.stars import look


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTask:
    """Drizzle and measure one point; write its product where a folder is named.

    Attributes
    ----------
    point : Point
        Where it stands in the grid.
    weighting : str
        See `harness.weighting.weigh`.
    products : Path or None
        The folder.
    """

    point: Point
    weighting: Weighting
    products: Path | None = None

    @property
    def label(self) -> str:
        """How progress and messages call it."""
        return self.point.label


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PredictionTask:
    """Predict one kernel and pixfrac from the geometry alone.

    Attributes
    ----------
    kernel : str
        Of the drops.
    pixfrac : float
        Drop over input pixel.
    native : float
        Input scale, arcsec.
    """

    kernel: Kernel
    pixfrac: float
    native: float

    @property
    def label(self) -> str:
        """How progress and messages call it."""
        return f"prediction {self.kernel} {self.pixfrac:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTask:
    """Find stars and blank sky."""

    label: str = "stars"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scenery:
    """What the tasks of one scale work on.

    Attributes
    ----------
    stage : Stage
        Exposures on the grid, and where is measured.
    sample : Sample
        The part of it on which predictions are made.
    """

    stage: Stage
    sample: Sample


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Predicted:
    """What a prediction gave.

    Attributes
    ----------
    kernel : str
        Of the drops.
    pixfrac : float
        Drop over input pixel.
    values : dict of str to float or None
        By metric; None where nothing is predicted.
    """

    kernel: Kernel
    pixfrac: float
    values: dict[str, float | None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Surveyed:
    """What was found; None where the process died that looked for it."""

    seen: Sighting | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lost:
    """A task whose process died, or took too long.

    Attributes
    ----------
    task : object
        One of the tasks.
    reason : str
        What became of the process.
    """

    task: Task
    reason: str


Task = PointTask | PredictionTask | SurveyTask
Answer = PointResult | Predicted | Surveyed


def perform(task: Task, scenery: Scenery) -> Answer:
    """Do a task."""
    if isinstance(task, SurveyTask):
        return Surveyed(seen=look(scenery.stage))
    if isinstance(task, PredictionTask):
        values = predict_point(scenery.sample, task.kernel, task.pixfrac, task.native)
        return Predicted(kernel=task.kernel, pixfrac=task.pixfrac, values=values)
    folder = task.products
    if folder is None:
        return run_point(scenery.stage, task.point, task.weighting)

    def keep(point: Point, stage: Stage, product: DrizzledProduct) -> None:
        from harness.sweep.products import write_product

        write_product(folder, point, stage, product)

    return run_point(scenery.stage, task.point, task.weighting, keep=keep)


def perform_guarded(task: Task, scenery: Scenery) -> Answer:
    """Do a task; an error of the harness itself is told as the point's, with its type."""
    try:
        return perform(task, scenery)
    except Exception as error:
        if isinstance(task, PointTask):
            reason = f"{type(error).__name__}: {error}"
            return PointResult(number=task.point.number, state="failed", reason=reason)
        raise


def lost_result(lost: Lost) -> Answer:
    """Return what is told of a task that was lost."""
    if isinstance(lost.task, PointTask):
        return PointResult(number=lost.task.point.number, state="crashed", reason=lost.reason)
    if isinstance(lost.task, SurveyTask):
        return Surveyed(seen=None)
    return Predicted(kernel=lost.task.kernel, pixfrac=lost.task.pixfrac, values={})
