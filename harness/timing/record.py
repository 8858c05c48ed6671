"""What the clock found, as versioned JSON: a file of its own, or a part of another record."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.errors import FixtureError
from harness.reading import check_version, read_json_object
from harness.timing.comparison import ClockPlan, ClockResult, Comparison, SideTimes, Speed
from harness.writing import written_whole

SCHEMA = "drizzle-harness/clock"
VERSION = 1


def clock_to_plain(result: ClockResult) -> dict[str, Any]:
    """Return a result as what JSON can hold; numbers that are not finite become null.

    Parameters
    ----------
    result : ClockResult
        Of `compare_sides`.

    Returns
    -------
    dict
        "schema", "version", "harness", "date" and the fields of `ClockResult`.
    """
    plain = _to_plain(dataclasses.asdict(result))
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "harness": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **plain,
    }


def clock_from_plain(plain: dict[str, Any], where: str) -> ClockResult:
    """Return the result that `clock_to_plain` was given.

    Parameters
    ----------
    plain : dict
    where : str
        File and key, for the error.

    Raises
    ------
    FixtureError
        If it is none, or one of another version.
    """
    check_version(plain, SCHEMA, VERSION, where=where)
    try:
        plan = dict(plain["plan"])
        plan["looks"] = tuple(plan["looks"])
        return ClockResult(
            comparisons=tuple(_comparison(one) for one in plain["comparisons"]),
            plan=ClockPlan(**plan),
            baseline=plain["baseline"],
            candidate=plain["candidate"],
            machine=plain["machine"],
            seconds=plain["seconds"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FixtureError(
            f"is no whole record ({type(error).__name__}: {error})",
            where=where,
            remedy="Time it anew",
        ) from error


def write_clock(result: ClockResult, path: Path) -> None:
    """Write a result so that the file is there whole or not at all.

    Parameters
    ----------
    result : ClockResult
        Of `compare_sides`.
    path : Path
        Where to.

    Raises
    ------
    UsageError
        If the folder cannot be written.
    """
    with written_whole(path) as part:
        part.write_text(json.dumps(clock_to_plain(result), indent=1) + "\n", encoding="utf-8")


def read_clock(path: Path) -> ClockResult:
    """Read a result.

    Parameters
    ----------
    path : Path
        As written by `write_clock`.

    Raises
    ------
    FixtureError
        If the file is no record of the clock.
    """
    return clock_from_plain(read_json_object(path), str(path))


NOT_FINITE = {
    "ratio": math.nan,
    "high": math.inf,
    "detectable": math.inf,
    "wall_ratio": math.nan,
    "processor_ratio": math.nan,
}
"""What a null stands for in a comparison."""


def _comparison(plain: dict[str, Any]) -> Comparison:
    fields = dict(plain)
    for name, value in NOT_FINITE.items():
        fields[name] = value if fields[name] is None else fields[name]
    for side in ("baseline", "candidate"):
        fields[side] = None if fields[side] is None else SideTimes(**fields[side])
    fields["speed"] = Speed(fields["speed"])
    fields["ratios"] = tuple(fields["ratios"])
    return Comparison(**fields)


def _to_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    if isinstance(value, Speed):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
