"""One core, kept warm in a process of its own, that is told what to call and says how long it took.

This file is run as a script by the interpreter of the environment in which the core is installed,
so it needs the standard library, numpy and the core, and nothing of the harness but
`harness/timing/memory.py`, which is as frugal. It reads one JSON object a line from standard input
and answers each with one; whatever the core prints goes to standard error.

    {"do": "open", "target": ..., "paths": [...], "last_paths": [...], "cpu": 1}   load the core
    {"do": "load", "name": ..., "arrays": "a.npz", "facts": "a.json"}   read exposures
    {"do": "time", "name": ..., "inner": 3}    time so many calls, one after the other
    {"do": "memory", "name": ...}              make one call and tell its peak memory
    {"do": "mark", "name": ..., "calls": 3}    make calls, with a mark for callgrind around each
"""

import gc
import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

Calls = dict[str, Any]


def load_module(path: Path, name: str) -> Any:
    """Import a file that is in no package.

    Raises
    ------
    ImportError
        If the file cannot be read as a module.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_target(target: str) -> Any:
    """Return the core of "package.module:attribute" or "path/to/file.py:attribute"."""
    place, _, attribute = target.rpartition(":")
    if place.endswith(".py"):
        made = getattr(load_module(Path(place), f"timed_{Path(place).stem}"), attribute)
    else:
        made = getattr(importlib.import_module(place), attribute)
    # A core is used as it is; whatever else can be called makes one.
    if isinstance(made, type) or (callable(made) and not hasattr(made, "drizzle")):
        made = made()
    return made


def read_case(arrays: str, facts: str) -> tuple[list[Any], Any]:
    """Return exposures and parameters, with the fields of `harness.model`."""
    import numpy as np

    told = json.loads(Path(facts).read_text(encoding="utf-8"))
    exposures = []
    with np.load(arrays, allow_pickle=False) as stored:
        for number, exposure in enumerate(told["exposures"]):
            planes = exposure.pop("variance_planes")
            fields = {
                name: stored[f"{number}.{name}"] if f"{number}.{name}" in stored.files else None
                for name in ("data", "weight_map", "dq", "pixmap")
            }
            variance = tuple(stored[f"{number}.variance.{plane}"] for plane in range(planes))
            exposures.append(SimpleNamespace(**exposure, **fields, variance=variance))
    grid = told["params"].pop("grid")
    grid["shape"] = tuple(grid["shape"])
    return exposures, SimpleNamespace(**told["params"], grid=SimpleNamespace(**grid, wcs=None))


class RunDelay:
    """How long this process stood ready to run while others had the processor.

    From /proc/self/schedstat (Linux, Documentation/scheduler/sched-stats), in seconds; elsewhere
    always 0.
    """

    def __init__(self) -> None:
        self.known = False
        try:
            self._file = os.open("/proc/self/schedstat", os.O_RDONLY)
            self.known = len(os.pread(self._file, 96, 0).split()) == 3
        except OSError:
            self.known = False

    def read(self) -> float:
        """Return the seconds so far."""
        return int(os.pread(self._file, 96, 0).split()[1]) * 1e-9 if self.known else 0.0


def resident_bytes() -> int:
    """Return the memory that the process holds now; 0 where that cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class Timer:
    """The answers to the requests.

    Attributes
    ----------
    core : object
        None before "open".
    cases : dict of str to tuple
        Exposures and parameters by name.
    """

    def __init__(self) -> None:
        self.core: Any = None
        self.cases: dict[str, tuple[list[Any], Any]] = {}
        self.delay = RunDelay()

    def open(self, request: Calls) -> Calls:
        """Pin the process to a processor and load the core."""
        if request.get("cpu") is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {request["cpu"]})
        sys.path[:0] = request.get("paths", [])
        sys.path += [one for one in request.get("last_paths", []) if one not in sys.path]
        start = time.perf_counter()
        self.core = load_target(request["target"])
        import numpy

        return {
            "name": str(getattr(self.core, "name", "")),
            "version": str(getattr(self.core, "version", "")),
            "python": sys.version.split()[0],
            "numpy": numpy.__version__,
            "delay_known": self.delay.known,
            "seconds": time.perf_counter() - start,
        }

    def load(self, request: Calls) -> Calls:
        """Read the exposures of a workload and make its first call."""
        self.cases[request["name"]] = read_case(request["arrays"], request["facts"])
        gc.collect()
        gc.freeze()
        return self.time({"name": request["name"], "inner": 1})

    def time(self, request: Calls) -> Calls:
        """Time calls: wall, processor and waiting seconds of one, and memory held afterwards."""
        exposures, params = self.cases[request["name"]]
        drizzle = self.core.drizzle
        inner = int(request["inner"])
        gc.collect()
        gc.disable()
        try:
            delay = self.delay.read()
            processor = time.process_time()
            wall = time.perf_counter()
            for _ in range(inner):
                drizzle(exposures, params)
            wall = time.perf_counter() - wall
            processor = time.process_time() - processor
            delay = self.delay.read() - delay
        finally:
            gc.enable()
        return {
            "wall": wall / inner,
            "processor": processor / inner,
            # Waits just before and after the wall clock was read are no part of what it says.
            "waited": min(delay, wall) / inner,
            "resident": resident_bytes(),
        }

    def memory(self, request: Calls) -> Calls:
        """Measure the peak memory of one call, as `harness.timing.memory` does."""
        if sys.version_info < (3, 10):  # noqa: UP036 - whatever the core's environment has
            return {"megabytes": None, "method": "not measured: needs Python 3.10"}
        file = Path(__file__).resolve().parents[1] / "memory.py"
        measure = load_module(file, "timed_memory").measure_peak_memory
        exposures, params = self.cases[request["name"]]
        peak, _ = measure(lambda: self.core.drizzle(exposures, params))
        return {"megabytes": peak.megabytes, "method": peak.method}

    def mark(self, request: Calls) -> Calls:
        """Make calls, before and after each of which libc's getpgid is called: nothing else does.

        So `callgrind --dump-before=getpgid` writes the count of each call to a file of its own.
        """
        exposures, params = self.cases[request["name"]]
        gc.collect()
        gc.disable()
        try:
            for _ in range(int(request["calls"])):
                os.getpgid(0)
                self.core.drizzle(exposures, params)
            os.getpgid(0)
        finally:
            gc.enable()
        return {}


ACTIONS = ("open", "load", "time", "memory", "mark")


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    timer = Timer()
    for line in requests:
        try:
            request = json.loads(line)
            if request["do"] not in ACTIONS:
                raise ValueError(f"no request {request['do']!r}")  # noqa: TRY301 - one way out
            answer = getattr(timer, request["do"])(request)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Keep standard output for the answers, and give the core standard error in its place."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
