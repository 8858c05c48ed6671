"""A stored gate record, and what a later one changed: refused where the two cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.gates.metric import Metric
from harness.model import Outcome

SCHEMA = "drizzle-harness/baseline"
VERSION = 1
BAD = (str(Outcome.FAIL), str(Outcome.NOT_MEASURED))
MOVED = 1e-3
"""Relative change of a measurement that is told although its verdict is the same: float32
roundoff, and other orders of summation, stay below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One verdict or measurement that is not what it was.

    Attributes
    ----------
    kind : {"worse", "better", "moved", "new", "gone"}
    core, case, specification : str
    old, new : str
        Outcome and value.
    """

    kind: str
    core: str
    case: str
    specification: str
    old: str
    new: str


def make_baseline(record: dict[str, Any], metrics: dict[str, Metric]) -> dict[str, Any]:
    """Return what is stored of a gate record: itself, and the versions of all metrics.

    Parameters
    ----------
    record : dict
        As `harness.records.read_record` returns it.
    metrics : dict of str to Metric
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "metrics": {name: metric.version for name, metric in metrics.items()},
        "record": record,
    }


def check_comparable(
    baseline: dict[str, Any],
    record: dict[str, Any],
    metrics: dict[str, Metric],
    *,
    where: str,
    other_environment: bool = False,
) -> None:
    """Raise unless a record can be compared with a baseline.

    Raises
    ------
    UsageError
        If it judges other cores, a metric has another version, or Python, numpy or the platform
        are not the same (which `other_environment` allows).
    """
    old = baseline["record"]
    remedy = "Store a new baseline with drizzle-harness baseline store"
    if set(old["cores"]) != set(record["cores"]):
        raise UsageError(
            f"judges {', '.join(sorted(record['cores'])) or 'no core'}", where=where,
            allowed=f"the cores of the baseline: {', '.join(sorted(old['cores']))}", remedy=remedy,
        )  # fmt: skip
    if old["profile"] != record["profile"]:
        raise UsageError(
            f"profile is {record['profile']!r}", where=where,
            allowed=f"that of the baseline: {old['profile']!r}", remedy=remedy,
        )  # fmt: skip
    now = {name: metric.version for name, metric in metrics.items()}
    changed = sorted(
        f"{name} ({version} then, {now[name]} now)"
        for name, version in baseline["metrics"].items()
        if name in now and now[name] != version
    )
    if changed:
        raise UsageError(
            f"metrics have another version: {', '.join(changed)}", where=where, remedy=remedy
        )
    if other_environment:
        return
    for key, shortened in (("python", _minor), ("numpy", _minor), ("platform", str)):
        one, other = (shortened(side["environment"][key]) for side in (old, record))
        if one != other:
            raise UsageError(
                f"{key} is {other}", where=where, allowed=f"that of the baseline: {one}",
                remedy=f"{remedy}, or add --other-environment",
            )  # fmt: skip


def compare_records(baseline: dict[str, Any], record: dict[str, Any]) -> list[Moved]:
    """Return what a record changed, what is worse first."""
    old, new = (_by_key(side["verdicts"]) for side in (baseline["record"], record))
    found = []
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            kind = "new" if one is None else "gone"
        else:
            kind = _kind(one, other)
        if kind:
            core, case, specification = key
            found.append(
                Moved(
                    kind=kind,
                    core=core,
                    case=case,
                    specification=specification,
                    old=_told(one),
                    new=_told(other),
                )
            )
    order = ("worse", "gone", "better", "moved", "new")
    return sorted(found, key=lambda one: order.index(one.kind))


def _kind(old: dict[str, Any], new: dict[str, Any]) -> str:
    bad = [one["outcome"] in BAD for one in (old, new)]
    if bad[0] != bad[1]:
        return "worse" if bad[1] else "better"
    values = [_value(one) for one in (old, new)]
    if None in values or values[0] == values[1]:
        return ""
    first, second = (float(one) for one in values if one is not None)
    return "moved" if abs(second - first) > MOVED * max(abs(first), abs(second)) else ""


def _by_key(verdicts: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(one["core"], one["case"], one["specification"]): one for one in verdicts}


def _value(verdict: dict[str, Any]) -> float | str | None:
    measurement = verdict.get("measurement")
    return None if measurement is None else measurement["value"]


def _told(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return ""
    value = _value(verdict)
    outcome = str(verdict["outcome"])
    return outcome if value is None else f"{outcome} {float(value):.6g}"


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
