"""The record of an upgrade: everything that pages, summaries and later runs need."""

from __future__ import annotations

import dataclasses
import json
import math
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.reading import read_versioned
from harness.upgrade.check import Check, State
from harness.upgrade.environments import Environment
from harness.upgrade.policy import Policy, Ruled
from harness.writing import written_whole

SCHEMA = "drizzle-harness/upgrade"
VERSION = 1
NAME = "upgrade.json"
DIGITS = 7
"""Significant digits of figures."""


def describe_side(environment: Environment) -> dict[str, Any]:
    """Return what is told of one side.

    Parameters
    ----------
    environment : Environment
        Of one side.

    Returns
    -------
    dict
        Of what JSON can hold.
    """
    return {
        "label": environment.label,
        "spec": environment.side.spec,
        "kind": environment.side.kind,
        "package": environment.side.package,
        "version": environment.side.version,
        "with": list(environment.side.extras),
        "recipes": list(environment.recipes),
        "python": environment.python_version,
        "platform": environment.platform,
        "numpy": environment.versions.get("numpy", ""),
        "versions": environment.versions,
        "key": environment.key,
    }


def make_record(
    *,
    old: dict[str, Any],
    new: dict[str, Any],
    checks: list[Check],
    ruled: Ruled,
    policy: Policy,
    profile: str,
    seconds: dict[str, float],
    clock: dict[str, Any] | None,
    partial: list[str],
) -> dict[str, Any]:
    """Return the record of a run.

    Parameters
    ----------
    old, new : dict
        See `describe_side`.
    checks : list of Check
        All that was looked at.
    ruled : Ruled
        The policy's ruling on each, and the verdict.
    policy : Policy
        By which it was ruled.
    profile : str
        Of the run.
    seconds : dict of str to float
        Wall time by stage.
    clock : dict or None
        See `harness.timing.record.clock_to_plain`.
    partial : list of str
        Stages that were left out.

    Returns
    -------
    dict
        "schema", "version", "harness", "date", "profile", "machine", "old", "new", "verdict",
        "reasons", "partial" (what was left out), "policy", "seconds" by stage, "clock", and
        "checks": each with the fields of `Check` and its "ruling" and "waiver".
    """
    plain = []
    for check, ruling in zip(checks, ruled.rulings, strict=True):
        one = dataclasses.asdict(check)
        one |= {"ruling": str(ruling), "waiver": ruled.waived.get(check.name, "")}
        plain.append(one)
    record = {
        "schema": SCHEMA,
        "version": VERSION,
        "harness": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "profile": profile,
        "machine": {"python": platform.python_version(), "platform": platform.platform()},
        "old": old,
        "new": new,
        "verdict": ruled.verdict,
        "reasons": list(ruled.reasons),
        "partial": partial,
        "policy": {
            "source": policy.source,
            "fail_on": [str(one) for one in policy.fail_on],
            "ignore": list(policy.ignore),
            "sensitivity": policy.sensitivity,
            "waivers": [
                {**dataclasses.asdict(one), "expires": one.expires.isoformat()}
                for one in policy.waiver
            ],
        },
        "seconds": seconds,
        "clock": clock,
        "checks": plain,
    }
    cleaned: dict[str, Any] = plain_of(record)
    return cleaned


def write_record(record: dict[str, Any], path: Path) -> None:
    """Write a record, whole or not at all.

    Parameters
    ----------
    record : dict
        As `make_record` returns it.
    path : Path
        Where to.

    Raises
    ------
    UsageError
        If the folder cannot be written.
    """
    with written_whole(path) as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """Read a record from its file, or from the folder that holds it.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    dict
        As `make_record` returns it.

    Raises
    ------
    FixtureError
        If it is none, or one of another version.
    """
    file = path / NAME if path.is_dir() else path
    return read_versioned(
        file, SCHEMA, VERSION, remedy="Write it anew with drizzle-harness upgrade"
    )


def plain_of(value: Any) -> Any:
    """Return what JSON can hold: numbers that are not finite become text.

    Parameters
    ----------
    value : object
        Of dict, list, tuple, State, numbers, text and None.
    """
    if isinstance(value, dict):
        return {str(key): plain_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_of(item) for item in value]
    if isinstance(value, State):
        return str(value)
    if isinstance(value, bool | int | str) or value is None:
        return value
    number = float(value)
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else str(number)
