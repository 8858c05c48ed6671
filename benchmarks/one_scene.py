"""What the gate costs beside the core, where one scene has many cases.

    python benchmarks/one_scene.py [SCENE] [--core NAME] [--truths DIR] [--anew] [--functions N]

Twelve combinations of kernel and pixfrac on one scene, by default four exposures of WFC3/IR, on one
core: seconds of the processor for each stage, their share of the core's, and the peak memory. With
`--truths` what the oracle says is kept there and found again, and so is what was measured of the
same pixels; with `--anew` all products are measured. `--functions` tells instead the N functions in
which most of the processor's time was spent.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

from full_size import KERNEL, WARM_UP, Counting

from harness.cores.registry import load_core
from harness.timing.memory import measure_peak_memory
from harness.timing.run import forget_cases
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.measured import MEASURED
from harness.trials.once import VARIABLE
from harness.trials.run import run_trial
from harness.trials.truth import find_ambiguous, find_truth

COMBINATIONS = (
    *((KERNEL, pixfrac) for pixfrac in (0.2, 0.4, 0.6, 0.8, 1.0)),
    *((kernel, pixfrac) for kernel in ("turbo", "gaussian") for pixfrac in (0.6, 0.8, 1.0)),
    ("point", 1.0),
)
SCALE = 0.5
STAGES = ("exposures", "truth", "contested", "core", "measuring")


def run_cases(core: Counting, source: str, access: FrameAccess) -> dict[str, float]:
    """Do what the gate does with all cases of a scene, and tell what each stage has cost."""
    spent = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def counted(stage: str) -> Iterator[None]:
        start = process_time()
        yield
        spent[stage] += process_time() - start

    for kernel, pixfrac in COMBINATIONS:
        case = Case(source=source, kernel=kernel, pixfrac=pixfrac, scale=SCALE)
        find_truth.make_room(case, access)
        find_ambiguous.make_room(case, access)
        core.processor = 0.0
        with counted("exposures"):
            exposures_of(case, access)
        with counted("truth"):
            find_truth(case, access)
        with counted("contested"):
            find_ambiguous(case, access)
        with counted("measuring"):
            run_trial(core, case)
        spent["measuring"] -= core.processor
        spent["core"] += core.processor
    return spent


def forget_measurements(truths: Path) -> None:
    """Remove what was measured of products, not what is known of cases."""
    for measured in truths.glob(f"*/{MEASURED}.npy"):
        shutil.rmtree(measured.parent)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scene", nargs="?", default="full-ir")
    parser.add_argument("--core", default="drizzle")
    parser.add_argument("--truths", help="Folder for what is kept.")
    parser.add_argument("--anew", action="store_true", help="Forget what was measured.")
    parser.add_argument("--functions", type=int, metavar="N")
    asked = parser.parse_args(arguments)
    os.environ.pop(VARIABLE, None)
    core, access = Counting(load_core(asked.core)), FrameAccess()
    run_trial(core, Case(source=WARM_UP[0], kernel=KERNEL, pixfrac=0.8, scale=WARM_UP[1]))
    forget_cases()
    if asked.truths:
        os.environ[VARIABLE] = asked.truths
    if asked.truths and asked.anew:
        forget_measurements(Path(asked.truths))
    source = f"scene/{asked.scene}"
    if asked.functions:
        profile = cProfile.Profile(process_time)
        profile.runcall(run_cases, core, source, access)
        pstats.Stats(profile).sort_stats("tottime").print_stats(asked.functions)
        return
    memory, spent = measure_peak_memory(lambda: run_cases(core, source, access))
    for stage, seconds in spent.items():
        print(f"{stage:10s} {seconds:7.2f} s {100 * seconds / spent['core']:6.1f} %")
    print(f"peak memory {memory.megabytes:.0f} MB")


if __name__ == "__main__":
    main()
