"""Files as pytest-benchmark writes them, with known times, and a result of the clock."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.timing.comparison import ClockPlan, ClockResult, Comparison, SideTimes, Speed

RESULT = ClockResult(
    comparisons=(
        Comparison(
            workload="square-p0.6-256x1",
            speed=Speed.SLOWER,
            ratio=1.08,
            low=1.06,
            high=1.1,
            detectable=0.03,
            p_value=0.001,
            blocks=6,
            pairs=72,
            ratios=(1.08, 1.07),
            wall_ratio=1.09,
            processor_ratio=1.08,
            baseline=SideTimes(seconds=0.1, wall=0.1, processor=0.1, waited=0.0),
            candidate=SideTimes(seconds=0.108, wall=0.11, processor=0.108, waited=0.01),
            message="slower by 8.0 %",
        ),
        Comparison(workload="broken", speed=Speed.NOT_TIMED, message="died of SIGSEGV"),
    ),
    plan=ClockPlan(looks=(4, 8)),
    baseline={"label": "drizzle 2.2.0", "version": "2.2.0"},
    candidate={"label": "drizzle 3.0.0", "version": "3.0.0"},
    machine={
        "node": "bench1",
        "processor": "EPYC 7B13",
        "processors": 8,
        "system": "Linux",
        "machine": "x86_64",
        "load": 0.1,
    },
    seconds=12.0,
)


def benchmark(
    name: str, seconds: float, *, core: str = "drizzle", version: str = "2.2.0", **extra: Any
) -> dict[str, Any]:
    """Return one benchmark of a file, with what the harness's benchmarks add."""
    told: dict[str, Any] = {"harness": "0.1.0", "peak_memory_mb": 3.2} | extra
    if core:
        told |= {"core": core, "version": version}
    return {
        "group": "",
        "name": name,
        "fullname": f"benchmarks/test_drizzle.py::{name}",
        "params": None,
        "extra_info": told,
        "stats": {
            "min": seconds * 0.98,
            "max": seconds * 1.1,
            "mean": seconds * 1.01,
            "median": seconds,
            "q1": seconds * 0.99,
            "q3": seconds * 1.02,
            "rounds": 30,
        },
    }


def write_record(
    path: Path,
    date: str,
    benchmarks: list[dict[str, Any]],
    *,
    node: str = "bench1",
    machine: Mapping[str, Any] | None = None,
    python: str = "3.11.9",
) -> Path:
    """Write a file of pytest-benchmark."""
    told = {
        "node": node,
        "processor": "",
        "machine": "x86_64",
        "system": "Linux",
        "python_version": python,
        "cpu": {"brand_raw": "EPYC 7B13", "count": 8},
    } | dict(machine or {})
    plain = {
        "machine_info": told,
        "commit_info": {"id": "0123abcd", "dirty": False},
        "benchmarks": benchmarks,
        "datetime": date,
        "version": "5.1.0",
    }
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path
