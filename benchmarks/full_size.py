"""Whole detectors, gated and swept: time, and memory beside that of products and exposures.

    python benchmarks/full_size.py gate [SCENE...]
    python benchmarks/full_size.py sweep [SCENE...]

Each scene in a process of its own, by default all of `test_scale.WHOLE`, with one core and one
kernel. `gate` makes the exposures, drizzles them exactly and with the core, and measures all that
the gate measures. `sweep` is the command of that name on the scene, three pixfracs, with its
report. Needs Linux for the memory, some 10 GB of room for temporary files, and half an hour each.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sweep_cost import Peak
from test_scale import WHOLE

from harness.cores.protocol import DrizzleCore
from harness.scenes import load_scene
from harness.scenes.detector import load_detector

KERNEL, PIXFRAC = "square", 0.8
SWEPT = "0.6:1.0:0.2"
WARM_UP = ("scene/ir-box", 0.5)
"""A small scene, run first so that imports are neither timed nor counted as memory."""
MEGA = 1e6


class Counting:
    """A core that tells the processor time of its calls."""

    def __init__(self, core: DrizzleCore) -> None:
        self.name, self.version, self.capabilities = core.name, core.version, core.capabilities
        self._core = core
        self.processor = 0.0

    def drizzle(self, exposures: Sequence[Any], params: Any) -> Any:
        """Drizzle, and look at the clock."""
        start = process_time()
        try:
            return self._core.drizzle(exposures, params)
        finally:
            self.processor += process_time() - start


def gate_one(core_name: str, source: str, scale: float) -> dict[str, Any]:
    """Do what the gate does with one case, and tell what each stage costs."""
    from harness.cores.registry import load_core
    from harness.exposure_arrays import arrays_of
    from harness.timing.memory import measure_peak_memory
    from harness.timing.run import forget_cases
    from harness.trials.case import Case
    from harness.trials.exposures import FrameAccess, exposures_of
    from harness.trials.run import run_trial
    from harness.trials.truth import find_ambiguous, find_truth

    core, access = Counting(load_core(core_name)), FrameAccess()

    def run(case: Case) -> dict[str, Any]:
        wall, processor = [perf_counter()], [process_time()]

        def look() -> None:
            wall.append(perf_counter())
            processor.append(process_time())

        core.processor = 0.0
        ready = exposures_of(case, access)
        look()
        truth, ambiguous = find_truth(case, access), find_ambiguous(case, access)
        look()
        trial = run_trial(core, case)
        look()
        spent = [after - before for before, after in itertools.pairwise(processor)]
        product, exact = trial.product, truth.product
        images = [product.sci, product.wht, product.ctx, product.dq, *product.variance]
        known = [exact.sci, exact.wht, exact.contributions, exact.ctx, exact.dq, *exact.variance]
        known += [ambiguous, *truth.masks.values()]
        exposure = max(sum(a.nbytes for a in arrays_of(one).values()) for one in ready.exposures)
        chips = len({one.chip for one in ready.exposures})
        return {
            "exposures": len(ready.exposures) // chips,
            "chips": chips,
            "input_mpixel": sum(one.data.size for one in ready.exposures) / MEGA,
            "output_mpixel": product.sci.size / MEGA,
            "wall_s": wall[-1] - wall[0],
            "processor_s": {
                "exposures": spent[0],
                "truth": spent[1],
                "core": core.processor,
                "measure": spent[2] - core.processor,
            },
            "core_products_mb": sum(a.nbytes for a in images if a is not None) / MEGA,
            "truth_mb": sum(a.nbytes for a in known if a is not None) / MEGA,
            "exposure_mb": chips * exposure / MEGA,
            "measurements": len(trial.measurements),
            "without_value": [one.metric for one in trial.measurements if one.value is None],
        }

    case = Case(source=WARM_UP[0], kernel=KERNEL, pixfrac=PIXFRAC, scale=WARM_UP[1])
    run(case)
    forget_cases()
    memory, told = measure_peak_memory(
        lambda: run(dataclasses.replace(case, source=source, scale=scale))
    )
    bound = told["core_products_mb"] + told["truth_mb"] + 3 * told["exposure_mb"]
    return {**told, "peak_mb": memory.megabytes, "bound_mb": bound}


def sweep_one(core_name: str, source: str, scale: float) -> dict[str, Any]:
    """Sweep a scene by the command, and tell time and memory of all its processes."""
    name = source.partition("/")[2]
    arcsec = scale * load_detector(load_scene(name).detector).pixel_scale
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", "from harness.cli import main; main()", "sweep"]
        command += ["--scene", name, "--core", core_name, "--scale", f"{arcsec:.4f}"]
        command += ["--pixfrac", SWEPT, "--jobs", "1", "--quiet", "--out", out]
        start = perf_counter()
        running = subprocess.Popen(command, start_new_session=True)
        peak = Peak(running.pid)
        code = running.wait()
        told: dict[str, Any] = {"exit_code": code, "wall_s": perf_counter() - start}
        told["peak_mb"] = peak.stop()
        record = Path(out) / "sweep.json"
        if record.exists():
            plain = json.loads(record.read_text(encoding="utf-8"))
            told["seconds"] = plain.get("timing")
            told["points"] = [point["state"] for point in plain["points"]]
    return told


WORK = {"gate": gate_one, "sweep": sweep_one}


def run_alone(what: str, core: str, source: str, scale: float) -> dict[str, Any]:
    """Do one thing in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), what, source, "--one", str(scale)]
    command += ["--core", core]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(arguments: list[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=tuple(WORK))
    parser.add_argument("scenes", nargs="*", help="Such as full-ir; default: all whole detectors.")
    parser.add_argument("--core", default="drizzle")
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    parser.add_argument("--one", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one is not None:
        print(json.dumps(WORK[asked.what](asked.core, asked.scenes[0], asked.one)))
        return
    scenes = [f"scene/{name}" for name in asked.scenes] or list(WHOLE)
    rows = {}
    for source in scenes:
        rows[source] = run_alone(asked.what, asked.core, source, WHOLE[source])
        print(f"{source}: {json.dumps(rows[source])}", flush=True)
        if asked.json:
            asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
