"""How cost grows with size, as the benchmarks tell it: files of `pytest benchmarks/ -k scale`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import FixtureError

ALLOWED = "a file that `pytest benchmarks/ -k scale --benchmark-json FILE` has written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one size costs.

    Attributes
    ----------
    at : float
        Size, in what `Growth.axis` says.
    seconds : float
        Wall time of a call, median of the rounds.
    processor_seconds : float
        Processor time of a call, of all threads, the least of the rounds.
    pixels : float
        Pixels that the call worked on.
    megabytes : float or None
        Peak memory over what was there before.
    rounds : int
    """

    at: float
    seconds: float
    processor_seconds: float
    pixels: float
    megabytes: float | None
    rounds: int

    @property
    def nanoseconds(self) -> float:
        """Processor time a pixel, ns."""
        return 1e9 * self.processor_seconds / self.pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way of doing something, over its sizes.

    Attributes
    ----------
    name : str
        The way.
    steps : tuple of Step
        One a size.
    """

    name: str
    steps: tuple[Step, ...]

    @property
    def spread(self) -> float | None:
        """Largest over smallest processor time a pixel, less 1; None for a single size."""
        if len(self.steps) < 2:
            return None
        costs = [step.nanoseconds for step in self.steps]
        return max(costs) / min(costs) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Lines that are drawn together.

    Attributes
    ----------
    group : str
        Of the benchmarks, such as "scale with frame size".
    axis : str
        What grows.
    lines : tuple of Line
    """

    group: str
    axis: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """All that a file tells of cost against size.

    Attributes
    ----------
    machine : str
        Processor, their number, and system.
    date : str
        As pytest-benchmark wrote it, to the minute.
    python : str
        Version.
    growths : tuple of Growth
        One a benchmark.
    """

    machine: str
    date: str
    python: str
    growths: tuple[Growth, ...]


def read_scaling(path: Path) -> Scaling:
    """Read a file of pytest-benchmark.

    Benchmarks take part whose `extra_info` has `scale_axis`, `scale_at` and `scale_line`.

    Raises
    ------
    FixtureError
        If it is no such file, or none of its benchmarks takes part.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        told = plain["machine_info"]
        lines: dict[tuple[str, str], dict[str, list[Step]]] = defaultdict(lambda: defaultdict(list))
        for one in plain["benchmarks"]:
            extra = one["extra_info"]
            if "scale_axis" in extra:
                key = str(one["group"]), str(extra["scale_axis"])
                lines[key][str(extra["scale_line"])].append(_read_step(one["stats"], extra))
        processor = told.get("cpu", {}).get("brand_raw") or told["processor"]
        count = told.get("cpu", {}).get("count", 0)
        machine = f"{processor}, {count} processors, {told['system']}"
        date, python = str(plain["datetime"])[:16], str(told["python_version"])
    except OSError as error:
        raise FixtureError(f"cannot be read ({error})", where=str(path), allowed=ALLOWED) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FixtureError(
            f"is no whole file of pytest-benchmark ({type(error).__name__}: {error})",
            where=str(path),
            allowed=ALLOWED,
        ) from error
    if not lines:
        raise FixtureError(
            "has no benchmark of cost against size", where=str(path), allowed=ALLOWED
        )
    growths = tuple(
        Growth(group=group, axis=axis, lines=_order(found))
        for (group, axis), found in sorted(lines.items())
    )
    return Scaling(machine=machine, date=date, python=python, growths=growths)


def _read_step(stats: dict[str, Any], extra: dict[str, Any]) -> Step:
    memory = extra.get("peak_memory_mb")
    step = Step(
        at=float(extra["scale_at"]),
        seconds=float(stats["median"]),
        processor_seconds=float(extra["cpu_seconds"]),
        pixels=1e6 * float(extra["input_mpixel"]),
        megabytes=None if memory is None else float(memory),
        rounds=int(stats["rounds"]),
    )
    if not (step.seconds > 0 and step.pixels > 0):
        raise ValueError(f"a time of {step.seconds} s for {step.pixels} pixels")
    return step


def _order(found: Mapping[str, Sequence[Step]]) -> tuple[Line, ...]:
    return tuple(
        Line(name=name, steps=tuple(sorted(steps, key=lambda step: step.at)))
        for name, steps in sorted(found.items())
    )
