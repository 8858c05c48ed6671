"""What a sweep costs: beside the loop that it replaces, and in memory.

    python benchmarks/sweep_cost.py notebook
    python benchmarks/sweep_cost.py frames
    python benchmarks/sweep_cost.py points

`notebook` takes four full frames, ten pixfracs, 0.065 arcsec and the square kernel, and does four
things by turns, each in a process of its own: AstroDrizzle called once for each pixfrac and its
weights read back, with the switches of the notebook "Optimizing the Image Sampling" (STScI: sky
matched, no rejection of cosmic rays, no context); the bare calls of the same core, one after the
other; the same calls shared by two processes that are both busy; and the whole sweep with its
measurements, predictions, pictures, journal and record. It tells wall seconds, and of loop and core
the processor's: wall times of a machine that others use as well say little, however often they are
taken. `--plain-loop` leaves the sky out of the loop, which is then the least that it can be.
`frames`
and `points` tell the peak memory of a sweep, all its processes and what they share, against the
number of frames and of grid points. Needs the extra `drizzlepac`, and Linux for the memory.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

SCALE = 0.065
PIXFRACS = tuple(round(0.1 * step, 1) for step in range(1, 11))
WARM = 64
"""DQ bit of the scene that still counts as good."""
FRAMES = (4, 8, 16, 32, 64)
POINTS = (10, 30, 100, 300, 1000)
LOOK_EVERY = 0.05
"""Seconds between two looks at the memory."""
SHARE_OF_LOOKING = 0.1
"""At most this part of a processor goes into looking."""


def write_frames(folder: Path, *, size: int, count: int = 4, stars: int = 400) -> list[Path]:
    """Write frames of the notebook's geometry, four to a set; `size` 0 for whole detectors."""
    from harness.scenes import load_scene, make_scene
    from harness.scenes.flt import write_exposures

    files: dict[Path, None] = {}
    for number in range(-(-count // 4)):
        scene = dataclasses.replace(
            load_scene("ir-box-notebook"),
            name=f"set{number}",
            shape=(size, size) if size else None,
            stars=stars,
        )
        written = write_exposures(make_scene(scene), folder / f"set{number}")
        files |= dict.fromkeys(Path(one.path) for one in written if one.path is not None)
    return list(files)[:count]


def loop_over_astrodrizzle(
    files: list[Path], pixfracs: list[float], out: Path, *, plain: bool = False
) -> dict[str, Any]:
    """Call AstroDrizzle for each pixfrac and read the weights back; imports do not count."""
    from astropy.io import fits

    sky: dict[str, Any] = {"skymethod": "match", "context": False}
    if plain:
        sky = {"skysub": False, "static": False}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from drizzlepac.astrodrizzle import AstroDrizzle

        os.chdir(out)
        processor, begin = time.process_time(), time.perf_counter()
        for pixfrac in pixfracs:
            with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
                AstroDrizzle(
                    [str(path) for path in files], output="loop", mdriztab=False,
                    updatewcs=False, resetbits=0, preserve=False, driz_separate=False,
                    median=False, blot=False, driz_cr=False, driz_combine=True, build=True,
                    clean=True, final_kernel="square", final_pixfrac=pixfrac,
                    final_wht_type="EXP", final_bits=WARM, final_units="cps", final_wcs=True,
                    final_scale=SCALE, **sky,
                )  # fmt: skip
            with fits.open("loop_drz.fits", memmap=False) as hdus:
                hdus["WHT"].data.sum()
        return {
            "wall": time.perf_counter() - begin,
            "processor": time.process_time() - processor,
        }


def make_plan(files: list[Path], pixfracs: list[float], scales: list[float]) -> Any:
    """Return the sweep of some files."""
    from harness.sweep.plan import SweepPlan

    return SweepPlan(
        files=tuple(files), scales=tuple(scales), pixfracs=tuple(pixfracs), cores=("drizzlepac",)
    )


def bare_calls(files: list[Path], pixfracs: list[float], out: Path) -> dict[str, Any]:
    """Call the core for the whole grid, one point after the other, and nothing else."""
    del out
    from harness.cores.call import run_core
    from harness.cores.registry import load_core
    from harness.model import DrizzleParams
    from harness.sweep.gather import gather
    from harness.sweep.stage import set_stage

    plan = make_plan(files, pixfracs, [SCALE])
    stage = set_stage(gather(plan).exposures, SCALE, plan.region)
    core = load_core("drizzlepac", lean=True)
    wall, processor = 0.0, 0.0
    for pixfrac in pixfracs:
        params = DrizzleParams(kernel="square", pixfrac=pixfrac, grid=stage.grid, bits=WARM)
        before = time.process_time()
        product = run_core(core, stage.exposures, params, check_inputs=False)
        processor += time.process_time() - before
        wall += product.provenance["seconds"]
    return {"wall": wall, "processor": processor}


def call_shares(files: list[Path], pixfracs: list[float], out: Path) -> dict[str, Any]:
    """Make the bare calls in two processes, each every other point, the largest pixfracs first.

    Told is the sum over both of the seconds in the core: what the calls cost where two processors
    are busy, as they are in a sweep.
    """
    import multiprocessing

    ordered = sorted(pixfracs, reverse=True)
    shares = [(files, ordered[start::2], out) for start in (0, 1)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        told = pool.starmap(bare_calls, shares)
    return {name: sum(one[name] for one in told) for name in told[0]}


def sweep(
    files: list[Path], pixfracs: list[float], out: Path, scales: list[float] | None = None
) -> dict[str, Any]:
    """Run the whole sweep."""
    from harness.sweep.execution import Execution
    from harness.sweep.run import run_sweep

    plan = make_plan(files, pixfracs, scales or [SCALE])
    record = run_sweep(plan, out / "sweep", Execution(quiet=True, jobs=2, mixed=True))
    lost = [point for point in record.points if point.state != "done"]
    assert not lost, lost[0].reason
    return dict(record.timing)


WORK = {
    "loop": loop_over_astrodrizzle,
    "bare": bare_calls,
    "shared": call_shares,
    "sweep": sweep,
}


def run_alone(request: dict[str, Any]) -> dict[str, Any]:
    """Do one thing in a process of its own; add the peak memory of all its processes."""
    command = [sys.executable, str(Path(__file__).resolve()), "one", json.dumps(request)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    peak = Peak(running.pid)
    text, _ = running.communicate()
    megabytes = peak.stop()
    assert running.returncode == 0, request
    return {**json.loads(text.splitlines()[-1]), "peak_mb": megabytes}


class Peak(threading.Thread):
    """Watch the memory of a session of processes; what they share counts once (PSS, proc(5))."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session, self._peak, self._ended = session, 0.0, threading.Event()
        self.start()

    def run(self) -> None:
        """Look, again and again; the pages of large processes take long to count."""
        pause = LOOK_EVERY
        while not self._ended.wait(pause):
            start = time.perf_counter()
            self._peak = max(
                self._peak, sum(self._look(entry) for entry in Path("/proc").iterdir())
            )
            pause = max(LOOK_EVERY, (time.perf_counter() - start) / SHARE_OF_LOOKING)

    def _look(self, entry: Path) -> float:
        if not entry.name.isdigit():
            return 0.0
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != self._session:
                return 0.0
            for line in (entry / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024 / 1e6
        except (OSError, ValueError, IndexError):
            # It ended while it was looked at.
            return 0.0
        return 0.0

    def stop(self) -> float:
        """Return the peak, 10^6 bytes."""
        self._ended.set()
        self.join()
        return self._peak


def one(request: dict[str, Any]) -> None:
    """Do what a request says, and print what it cost."""
    files = [Path(path) for path in request["files"]]
    with tempfile.TemporaryDirectory() as scratch:
        extra = {name: request[name] for name in ("scales", "plain") if name in request}
        told = WORK[request["work"]](files, request["pixfracs"], Path(scratch), **extra)
    print(json.dumps(told))


def notebook(size: int, rounds: int, pixfracs: list[float], plain: bool) -> dict[str, Any]:
    """Compare the three by turns; ratios are of the same round, and the best one is told too."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(path) for path in write_frames(Path(folder), size=size)]
        found: list[dict[str, Any]] = []
        for number in range(rounds):
            made = {}
            for work in WORK:
                extra = {"plain": True} if plain and work == "loop" else {}
                request = {"work": work, "files": files, "pixfracs": pixfracs, **extra}
                made[work] = run_alone(request)
            loop, bare, whole = made["loop"], made["bare"], made["sweep"]
            busy = made["shared"]
            found.append(
                {
                    "loop_s": loop["wall"],
                    "loop_processor_s": loop["processor"],
                    "bare_s": bare["wall"],
                    "bare_processor_s": bare["processor"],
                    "sweep_s": whole["total"],
                    "grid_s": whole["running"],
                    "bare_busy_s": busy["wall"],
                    "starting_s": whole["starting"],
                    "exposures_s": whole["exposures"],
                    "pixmaps_s": whole["pixmaps"],
                    "stars_s": whole["stars"],
                    "sweep_over_loop": whole["total"] / loop["wall"],
                    "grid_over_bare_halves": whole["running"] / (bare["wall"] / 2),
                    "grid_over_busy_halves": whole["running"] / (busy["wall"] / 2),
                    "core_in_sweep_s": whole["core"],
                    "measuring_s": whole["measuring"],
                    "load": os.getloadavg()[0],
                }
            )
            print(f"round {number + 1}: {json.dumps(found[-1])}", flush=True)
    names = ("sweep_over_loop", "grid_over_bare_halves", "grid_over_busy_halves")
    return {"rounds": found, "best": {name: min(one[name] for one in found) for name in names}}


def memory(axis: str, size: int, largest: int) -> list[dict[str, Any]]:
    """Tell the peak memory against the number of frames or points."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        counts = [count for count in (FRAMES if axis == "frames" else POINTS) if count <= largest]
        most = max(counts) if axis == "frames" else 4
        files = [str(path) for path in write_frames(Path(folder), size=size, count=most, stars=20)]
        for count in counts:
            request: dict[str, Any] = {"work": "sweep", "files": files[:4], "pixfracs": [0.5, 1.0]}
            if axis == "frames":
                request["files"] = files[:count]
            else:
                # Up to ten scales: a sweep holds one at a time.
                scales = min(10, max(1, count // 10))
                steps = count // scales
                request["scales"] = [round(0.06 + 0.002 * one, 4) for one in range(scales)]
                request["pixfracs"] = [round((one + 1) / steps, 4) for one in range(steps)]
            told = run_alone(request)
            rows.append({axis: count, "peak_mb": told["peak_mb"], "seconds": told["total"]})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("notebook", "frames", "points", "one"))
    parser.add_argument("request", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help="Pixels a side of a frame; 0 for the detector.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain-loop", action="store_true", help="No sky in the loop.")
    parser.add_argument("--pixfracs", default=",".join(map(str, PIXFRACS)))
    parser.add_argument("--largest", type=int, default=1000, help="Of the axis.")
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    asked = parser.parse_args(arguments)
    if asked.what == "one":
        one(json.loads(asked.request))
        return
    if asked.what == "notebook":
        pixfracs = [float(part) for part in asked.pixfracs.split(",")]
        told: Any = notebook(asked.size or 0, asked.rounds, pixfracs, asked.plain_loop)
    else:
        told = memory(asked.what, asked.size or 128, asked.largest)
    print(json.dumps(told, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
