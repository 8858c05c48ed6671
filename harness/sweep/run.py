"""The whole sweep: prepare once, run the grid, advise, write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.metrics.field import native_scale_of
from harness.model import Exposure, Kernel
from harness.spool import remove_abandoned
from harness.sweep.assemble import assemble
from harness.sweep.checks import check_cores, check_plan
from harness.sweep.execution import Execution, open_pool
from harness.sweep.gather import gather
from harness.sweep.journal import Journal
from harness.sweep.measure import PointResult
from harness.sweep.plan import SweepPlan, describe_plan
from harness.sweep.predict import FWHM, predict_width, prediction_pixfracs
from harness.sweep.progress import Progress
from harness.sweep.record import ExposureSummary, Prediction, SweepRecord
from harness.sweep.sample import take_sample
from harness.sweep.stage import Stage, set_stage
from harness.sweep.stars import Field, locate, place, survey
from harness.sweep.start import import_aside
from harness.sweep.storage import JSON_NAME, TABLE_NAME, write_sweep, write_table
from harness.sweep.summary import summarise
from harness.sweep.tasks import (
    PointTask,
    Predicted,
    PredictionTask,
    Scenery,
    Surveyed,
    SurveyTask,
    Task,
)

NEEDED = ("astropy.table", "yaml")
"""What the table is written with."""


@dataclass(slots=True)
class _Work:
    """What has come together so far."""

    results: dict[int, PointResult]
    progress: Progress
    seen: Field | None = None
    exposures: tuple[ExposureSummary, ...] = ()
    predictions: list[Prediction] = field(default_factory=list)
    dark: int = 0
    whole: set[float] = field(default_factory=set)
    timing: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def run_sweep(plan: SweepPlan, out: Path, execution: Execution | None = None) -> SweepRecord:
    """Run a grid of drizzle runs on one set of exposures, and write table and record.

    Points that the journal of `out` holds are not run again.

    Parameters
    ----------
    plan : SweepPlan
        What is swept.
    out : Path
        Folder of the journal, sweep.json and sweep.ecsv.
    execution : Execution, optional

    Returns
    -------
    SweepRecord

    Raises
    ------
    UsageError
        If the request cannot be, the frames do not belong together or do not reach the region,
        or the folder cannot be written.
    HarnessError
        Whatever reading the frames or making the scene raises.
    """
    execution = execution or Execution()
    start = perf_counter()
    check_cores(check_plan(plan))
    # A sweep that was killed leaves its frames behind, and this may be the one that goes on.
    remove_abandoned()
    journal = Journal(
        out, plan.key(), {**describe_plan(plan), "products": execution.products is not None}
    )
    try:
        record = _run(plan, execution, journal, start)
        write_table(record, out / TABLE_NAME)
        write_sweep(record, out / JSON_NAME)
    finally:
        journal.close()
    return record


def _run(plan: SweepPlan, execution: Execution, journal: Journal, start: float) -> SweepRecord:
    progress = Progress(len(plan.points()), len(journal.finished), quiet=execution.quiet)
    work = _Work(results=journal.finished, progress=progress)
    with open_pool(plan, execution) as pool, progress:
        progress.tell("reading frames")
        begin = perf_counter()
        gathered = gather(plan, mixed=execution.mixed)
        work.timing["exposures"] = perf_counter() - begin
        for scale in plan.scales:
            with pool.open_scene() as scene:
                _run_scale(scale, plan, execution, pool, scene, gathered.exposures, work, journal)
        work.timing["processes"] = float(pool.size)
    work.timing["core"] = sum(result.seconds for result in work.results.values())
    work.timing["measuring"] = sum(result.measuring for result in work.results.values())
    work.timing["total"] = perf_counter() - start
    return assemble(
        plan,
        work.exposures,
        work.results,
        work.predictions,
        frozenset(work.whole),
        work.dark,
        dict(work.timing),
        journal.pictures,
        caveats=gathered.alike,
    )


def _run_scale(
    scale: float,
    plan: SweepPlan,
    execution: Execution,
    pool: Any,
    scene: Any,
    exposures: Sequence[Exposure],
    work: _Work,
    journal: Journal,
) -> None:
    """Run all points of one scale; nothing of it stays in memory but its results."""
    begin = perf_counter()
    work.progress.tell(f'{scale:g}": pixmaps')
    stage = set_stage(exposures, scale, plan.region, settle=scene.settle, clip=plan.clipped)
    work.timing["pixmaps"] += perf_counter() - begin
    begin = perf_counter()
    sample = take_sample(stage)
    if sample.whole:
        work.whole.add(scale)
    work.progress.tell("starting processes")
    if work.seen is None:
        # Not before: what is done here until now is what the processes would wait for.
        import_aside((*NEEDED, *execution.modules))
    pool.await_one()
    work.timing["starting"] += perf_counter() - begin
    begin = perf_counter()
    work.progress.tell("finding stars")
    scenery = Scenery(stage=stage, sample=sample)
    # Nothing predicted depends on the stars, which one process seeks while others begin with it.
    if work.seen is None:
        found = pool.ask(scenery, scene, SurveyTask(), _predictions(plan, stage))
        seen = found.seen if isinstance(found, Surveyed) else None
        work.seen = survey(stage) if seen is None else locate(stage, seen)
        work.exposures = summarise(exposures, stage)
        work.dark = stage.dark
        predictions: list[Task] = []
    else:
        predictions = _predictions(plan, stage)
    stage = place(stage, work.seen)
    work.timing["stars"] += perf_counter() - begin
    begin = perf_counter()
    work.progress.tell("loading cores")
    pool.await_cores()
    work.timing["starting"] += perf_counter() - begin
    begin = perf_counter()
    work.progress.tell(f'{scale:g}"')
    tasks = _tasks(plan, stage, journal.finished, execution.products)
    answers = pool.run(Scenery(stage=stage, sample=sample), scene, [*tasks, *predictions])
    _collect(answers, plan, stage, journal, work)
    work.timing["running"] += perf_counter() - begin


def _tasks(
    plan: SweepPlan,
    stage: Stage,
    finished: Mapping[int, PointResult],
    folder: Path | None,
) -> list[Task]:
    scale = stage.grid.pixel_scale
    points = [p for p in plan.points() if p.scale == scale and p.number not in finished]
    # The slowest first, so that no process is left alone at the end; predictions fill the gaps.
    points.sort(key=lambda point: (-point.pixfrac, point.number))
    return [PointTask(point=point, weighting=plan.weighting, products=folder) for point in points]


def _predictions(plan: SweepPlan, stage: Stage) -> list[Task]:
    native = native_scale_of(stage.exposures)
    return [
        PredictionTask(kernel=kernel, pixfrac=pixfrac, native=native)
        for kernel in plan.kernels
        for pixfrac in reversed(prediction_pixfracs(plan.pixfracs))
    ]


def _collect(
    answers: Any,
    plan: SweepPlan,
    stage: Stage,
    journal: Journal,
    work: _Work,
) -> None:
    values: dict[Kernel, dict[float, dict[str, float | None]]] = defaultdict(dict)
    for answer in answers:
        if isinstance(answer, Predicted):
            width = predict_width(stage, answer.pixfrac)
            values[answer.kernel][answer.pixfrac] = {**answer.values, FWHM: width}
        else:
            journal.add(answer)
            work.progress.step()
    for kernel in plan.kernels:
        work.predictions.append(_curve(kernel, stage.grid.pixel_scale, values[kernel]))


def _curve(
    kernel: Kernel, scale: float, values: Mapping[float, Mapping[str, float | None]]
) -> Prediction:
    pixfracs = tuple(sorted(values))
    names: Sequence[str] = sorted({name for one in values.values() for name in one})
    return Prediction(
        kernel=kernel,
        scale=scale,
        pixfracs=pixfracs,
        curves={name: tuple(values[p].get(name) for p in pixfracs) for name in names},
    )
