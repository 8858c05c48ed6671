"""Which arrays a run allocates, where, and how large they are beside an exposure and a product.

    python benchmarks/copies.py gate scene/full-ir [--cases 12] [--truths DIR]
    python benchmarks/copies.py gate frames/wfc3ir-f140w --frames DIR
    python benchmarks/copies.py sweep scene/full-ir

The same is done twice. First unrecorded, for what each stage takes of the processor, of memory that
it is the first to touch (page faults times the size of a page, too little where the system gives
huge pages), and of files. Then recorded by memray, which hears of every allocation of
the process, those of C code too: told are the lines of the harness that asked for more than a
quarter of an image (float32, the smaller of exposure and product), how often, and how much, in
images of one exposure or of the product. `sweep` does in one process what the workers of a sweep
do. Needs the extra `copies`, and Linux.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from full_size import WARM_UP, Counting
from one_scene import COMBINATIONS

from harness.cores.registry import load_core
from harness.timing.run import forget_cases
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.once import VARIABLE
from harness.trials.run import run_trial
from harness.trials.truth import find_ambiguous, find_truth

ROOT = Path(__file__).resolve().parents[1]
LEAST = 0.25
"""Of an image; smaller allocations are not told."""
FLOAT = 4
MEGA = 1e6
SCALE = 0.5
STAGE_OF = {
    "exposures_of": "exposures",
    "find_truth": "truth",
    "find_ambiguous": "contested",
    "run_core": "checking",
    "drizzle": "core",
    "run_trial": "measuring",
    "gather": "exposures",
    "set_stage": "exposures",
    "take_sample": "prediction",
    "predict_point": "prediction",
    "survey": "stars",
    "run_point": "points",
}
"""Functions, of which the innermost on the stack names the stage."""


@dataclass(slots=True)
class Run:
    """What a run is made of, and what its stages have cost.

    Attributes
    ----------
    exposures, products : int
        How many.
    pixels : tuple of int
        Of an exposure and of a product.
    spent : dict of str to ndarray, (3,)
        Stage to seconds of the processor, bytes first touched, bytes through files.
    """

    exposures: int = 0
    products: int = 0
    pixels: tuple[int, int] = (0, 0)
    spent: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, inside: str = "") -> Iterator[None]:
        """Count what is done here for a stage, and not for the one that it is inside of."""
        before = _look()
        yield
        here = _look() - before
        self.spent[name] = self.spent.get(name, 0.0) + here
        if inside:
            self.spent[inside] = self.spent.get(inside, 0.0) - here


def _look() -> Any:
    touched = resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    files = sum(int(line.split(": ")[1]) for line in lines[:2])
    return np.array([process_time(), touched, files])


class Apart(Counting):
    """A core whose calls are counted apart from the measuring around them."""

    def __init__(self, core: Any, run: Run) -> None:
        super().__init__(core)
        self._run = run

    def drizzle(self, exposures: Any, params: Any) -> Any:
        """Drizzle."""
        with self._run.stage("core", inside="measuring"):
            return self._core.drizzle(exposures, params)


def run_gate(asked: argparse.Namespace, run: Run) -> None:
    """Do what the gate does with the first of the twelve cases."""
    access = FrameAccess(folder=asked.frames)
    core = Apart(load_core(asked.core), run)
    forget_cases()
    for kernel, pixfrac in COMBINATIONS[: asked.cases]:
        case = Case(
            source=asked.source, kernel=kernel, pixfrac=pixfrac, scale=SCALE, subset=asked.subset
        )
        with run.stage("exposures"):
            ready = exposures_of(case, access)
        with run.stage("truth"):
            find_truth.make_room(case, access)
            find_truth(case, access)
        with run.stage("contested"):
            find_ambiguous.make_room(case, access)
            find_ambiguous(case, access)
        with run.stage("measuring"):
            run_trial(core, case, frames_dir=access.folder)
        _describe(run, ready.exposures, ready.grid)


def run_sweep(asked: argparse.Namespace, run: Run) -> None:
    """Do what a sweep does with one scale."""
    from harness.frames.locate import locate_frames
    from harness.sweep.gather import gather
    from harness.sweep.measure import run_point
    from harness.sweep.plan import SweepPlan
    from harness.sweep.predict import predict_point
    from harness.sweep.sample import take_sample
    from harness.sweep.shared_exposures import SharedExposures
    from harness.sweep.stage import set_stage
    from harness.sweep.stars import place, survey

    kind, name = asked.source.split("/")
    what: dict[str, Any] = {"scene": name}
    if kind == "frames":
        found = locate_frames(name, folder=asked.frames).frames
        what = {"files": tuple(one.path for one in found if one.entry.role == "exposure")}
    pixfracs = sorted({pixfrac for _, pixfrac in COMBINATIONS[: asked.cases]})
    with run.stage("exposures"):
        exposures = gather(SweepPlan(**what, scales=(1.0,), pixfracs=(1.0,))).exposures
    scale = SCALE * exposures[0].pixel_scale
    plan = SweepPlan(**what, scales=(scale,), pixfracs=tuple(pixfracs), cores=(asked.core,))
    with SharedExposures() as shared:
        with run.stage("exposures"):
            stage = set_stage(exposures, scale, plan.region, settle=shared.settle)
        with run.stage("prediction"):
            sample = take_sample(stage)
            predict_point(sample, "square", pixfracs[-1], exposures[0].pixel_scale)
        with run.stage("stars"):
            stage = place(stage, survey(stage))
        for point in plan.points():
            with run.stage("points"):
                run_point(stage, point, plan.weighting)
            _describe(run, stage.exposures, stage.grid)
        # Views of shared memory are closed with it.
        del stage


def _describe(run: Run, exposures: Any, grid: Any) -> None:
    run.exposures, run.products = len(exposures), run.products + 1
    run.pixels = exposures[0].data.size, grid.shape[0] * grid.shape[1]


@dataclass(slots=True)
class Asked:
    """What one line of the harness asked for.

    Attributes
    ----------
    stage, line : str
    sizes : list of int
        Bytes, of each time.
    """

    stage: str
    line: str
    sizes: list[int] = field(default_factory=list)


def record(work: Callable[[], Run]) -> tuple[list[Asked], list[Asked]]:
    """Let memray record some work; return what was allocated, and what was mapped of files."""
    import memray

    taken: dict[bool, dict[tuple[str, str], Asked]] = {False: {}, True: {}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "allocations"
        with memray.Tracker(file):
            run = work()
        least = LEAST * FLOAT * min(run.pixels)
        freed = {memray.AllocatorType.FREE, memray.AllocatorType.MUNMAP}
        for one in memray.FileReader(file).get_allocation_records():
            if one.size >= least and one.allocator not in freed:
                place = _place(one.stack_trace())
                mapped = one.allocator == memray.AllocatorType.MMAP
                taken[mapped].setdefault(place, Asked(*place)).sizes.append(one.size)
    return list(taken[False].values()), list(taken[True].values())


def _place(stack: list[tuple[str, str, int]]) -> tuple[str, str]:
    """Return the stage, and the innermost line of the harness with what it called."""
    stage = next((STAGE_OF[name] for name, *_ in stack if name in STAGE_OF), "before")
    for depth, (name, file, line) in enumerate(stack):
        path = Path(file)
        if path.is_relative_to(ROOT / "harness"):
            within = f"{path.relative_to(ROOT / 'harness')}:{line} {name}"
            called, there, _ = stack[0]
            return stage, f"{within} > {Path(there).stem}.{called}" if depth else within
    return stage, f"{Path(stack[0][1]).name}:{stack[0][2]}" if stack else "?"


def tell(run: Run, taken: list[Asked], mapped: list[Asked]) -> None:
    """Print what was found, stage by stage."""
    images = [FLOAT * size for size in run.pixels]
    print(
        f"{run.exposures} exposures, {run.products} products; an image of an exposure has "
        f"{images[0] / MEGA:.1f} MB, of a product {images[1] / MEGA:.1f} MB\n"
        "stage        processor, s  first touched  files  allocated, MB"
    )
    for stage in dict.fromkeys([*run.spent, *(one.stage for one in taken)]):
        seconds, touched, files = run.spent.get(stage, (0.0, 0.0, 0.0))
        total = sum(sum(one.sizes) for one in taken if one.stage == stage)
        told = "".join(f"{bytes_ / MEGA:10.0f}" for bytes_ in (touched, files, total))
        print(f"{stage:12s} {seconds:10.2f} {told}")
    for what, found in (("allocated", taken), ("mapped of files", mapped)):
        print(f"\n{what}\nstage        times   MB each: images of exposure, product     MB")
        for one in sorted(found, key=lambda one: (one.stage, -sum(one.sizes))):
            mean = sum(one.sizes) / len(one.sizes)
            print(
                f"{one.stage:12s} {len(one.sizes):5d} {mean / MEGA:9.1f} {mean / images[0]:10.2f} "
                f"{mean / images[1]:10.2f} {sum(one.sizes) / MEGA:14.1f}  {one.line}"
            )


def main(arguments: list[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("gate", "sweep"))
    parser.add_argument("source", help="Such as scene/full-ir or frames/hrc-47tuc.")
    parser.add_argument("--core", default="drizzle")
    parser.add_argument("--cases", type=int, default=1, help="Of twelve; products of the sweep.")
    parser.add_argument("--subset", type=int, default=0, help="Exposures, from the first.")
    parser.add_argument("--frames", type=Path, help="Folder with real frames.")
    parser.add_argument("--truths", help="Folder for what is kept.")
    asked = parser.parse_args(arguments)
    os.environ.pop(VARIABLE, None)
    run_trial(
        load_core(asked.core), Case(source=WARM_UP[0], kernel="square", pixfrac=0.8, scale=SCALE)
    )
    if asked.truths:
        os.environ[VARIABLE] = asked.truths

    def work() -> Run:
        run = Run()
        (run_gate if asked.what == "gate" else run_sweep)(asked, run)
        return run

    plain = work()
    forget_cases()
    tell(plain, *record(work))


if __name__ == "__main__":
    main()
