"""Reading what `harness.timing.history` is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import FixtureError
from harness.reading import read_json_object
from harness.timing.history import ClockRun, History, Machine, Run, Timing
from harness.timing.record import SCHEMA as CLOCK_SCHEMA
from harness.timing.record import clock_from_plain

ALLOWED = (
    "files of pytest-benchmark (--benchmark-json), records of the clock, and records of upgrades "
    "with the clock"
)


def read_history(paths: Sequence[Path], *, by_hardware: bool = False) -> History:
    """Read records of pytest-benchmark, of the clock, and of upgrades that hold one.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of which all .json files with times are read.
    by_hardware : bool, optional
        Let machines of the same processor, number of processors and system count as one, whatever
        their names: for runners that are new each time.

    Raises
    ------
    FixtureError
        If a named file is neither, one of them is broken, or there are none.
    """
    named = [path for path in paths if not path.is_dir()]
    found = [file for path in paths if path.is_dir() for file in sorted(path.rglob("*.json"))]
    files = [*named, *found]
    if not files:
        raise FixtureError(
            "hold no .json file",
            where=", ".join(str(path) for path in paths) or "no paths",
            remedy="Make one with pytest benchmarks --benchmark-json=FILE",
        )
    runs: list[Run] = []
    clocks: list[ClockRun] = []
    left_out: list[str] = []
    for file in files:
        plain = read_json_object(file)
        clock = plain if plain.get("schema") == CLOCK_SCHEMA else plain.get("clock")
        if "benchmarks" in plain and "machine_info" in plain:
            runs.append(_read_run(plain, file, by_hardware=by_hardware))
        elif isinstance(clock, dict):
            clocks.append(_read_clock(clock, file, by_hardware=by_hardware))
        elif file in found:
            left_out.append(str(file))
        else:
            raise FixtureError(
                f"has the keys {', '.join(sorted(plain)[:6]) or 'none'}",
                where=str(file),
                allowed=ALLOWED,
            )
    if not runs and not clocks:
        raise FixtureError(
            f"{len(left_out)} files without times",
            where=", ".join(str(path) for path in paths),
            allowed=ALLOWED,
        )
    return History(
        left_out=tuple(left_out),
        runs=tuple(sorted(runs, key=lambda run: run.date)),
        clocks=tuple(sorted(clocks, key=lambda one: one.date)),
    )


def _read_run(plain: dict[str, Any], file: Path, *, by_hardware: bool) -> Run:
    try:
        machine, commit = plain["machine_info"], plain.get("commit_info") or {}
        return Run(
            file=file.name,
            date=_read_date(plain["datetime"]),
            machine=_find_machine(
                {
                    "processor": machine.get("cpu", {}).get("brand_raw") or machine["processor"],
                    "processors": machine.get("cpu", {}).get("count", 0),
                    **{key: machine[key] for key in ("node", "system", "machine")},
                },
                by_hardware=by_hardware,
            ),
            python=machine["python_version"],
            commit=str(commit.get("id") or ""),
            dirty=bool(commit.get("dirty")),
            timings=tuple(_read_timing(one) for one in plain["benchmarks"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FixtureError(
            f"is no whole file of pytest-benchmark ({type(error).__name__}: {error})",
            where=str(file),
            remedy="Write it anew with --benchmark-json",
        ) from error


def _read_timing(plain: dict[str, Any]) -> Timing:
    extra, stats = plain.get("extra_info", {}), plain["stats"]
    quality = extra.get("quality") or {}
    memory = extra.get("peak_memory_mb")
    core = str(extra.get("core", ""))
    if not float(stats["median"]) > 0:
        raise ValueError(f"the median of {plain['name']} is {stats['median']}")
    return Timing(
        name=_without_folder(plain["fullname"]),
        core=core,
        version=str(extra.get("version" if core else "harness", "")),
        seconds=float(stats["median"]),
        quartiles=(float(stats["q1"]), float(stats["q3"])),
        rounds=int(stats["rounds"]),
        megabytes=None if memory is None else float(memory),
        holes=_value(quality, "coverage.hole_fraction"),
        rms=_value(quality, "weight.rms_over_median"),
    )


def _without_folder(name: str) -> str:
    """Return a test's name behind its folder; the parameters may have a slash of their own."""
    file, colons, test = name.partition("::")
    return f"{file.rpartition('/')[2]}{colons}{test}"


def _value(quality: dict[str, Any], metric: str) -> float | None:
    value = (quality.get(metric) or {}).get("value")
    return float(value) if isinstance(value, int | float) else None


def _read_clock(plain: dict[str, Any], file: Path, *, by_hardware: bool) -> ClockRun:
    result = clock_from_plain(plain, str(file))
    try:
        return ClockRun(
            file=file.name,
            date=_read_date(plain["date"]),
            machine=_find_machine(dict(result.machine), by_hardware=by_hardware),
            result=result,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FixtureError(
            f"is no whole record of the clock ({type(error).__name__}: {error})", where=str(file)
        ) from error


def _find_machine(told: dict[str, Any], *, by_hardware: bool) -> Machine:
    return Machine(
        processor=str(told["processor"] or "unknown processor"),
        processors=int(told["processors"]),
        system=f"{told['system']} {told['machine']}",
        node="" if by_hardware else str(told["node"]),
    )


def _read_date(text: str) -> datetime:
    date = datetime.fromisoformat(text)
    # Old files of pytest-benchmark have no zone; it always writes UTC.
    return date if date.tzinfo else datetime.fromisoformat(f"{text}+00:00")
