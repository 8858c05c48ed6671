"""The matrix as text: marks, a Markdown table, plain data for a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from harness.faults.core import FAULTS
from harness.faults.expectation import CLOCK_CHECKS, Expectations
from harness.faults.matrix import Matrix, Row, State
from harness.gates.load import load_specifications

OWN, ALSO, STRANGE, KNOWN, GREEN, NONE = "●", "○", "✗", "~", "·", ""
LEGEND = {
    OWN: "red, the fault's own check",
    ALSO: "red as a consequence",
    STRANGE: "red without reason",
    KNOWN: "red without the fault, too: a listed failure of the core",
    GREEN: "green",
    NONE: "not made on the cases of the fault",
}


def list_checks() -> tuple[str, ...]:
    """Return the columns: all specifications that can fail, then what the clock tells."""
    names = [one.name for one in load_specifications() if not one.limit.advisory]
    return (*names, *CLOCK_CHECKS)


def mark(row: Row, check: str, expectations: Expectations) -> str:
    """Return the mark of a fault in the column of a check."""
    if check in row.red:
        if any(fnmatchcase(check, pattern) for pattern in expectations.of(row.fault).own):
            return OWN
        return ALSO if expectations.allows(row.fault, check) else STRANGE
    if check in row.known:
        return KNOWN
    return GREEN if check in row.green else NONE


def to_markdown(matrices: Sequence[Matrix], expectations: Expectations) -> str:
    """Write matrices as one Markdown document."""
    checks = list_checks()
    cores = " ".join(f"--core {matrix.core}" for matrix in matrices)
    lines = [
        "# Which check finds which fault",
        "",
        f"Written by `drizzle-harness faults {cores} --markdown FILE`; not to be edited.",
        "",
    ]
    lines += ["| fault | what the core does | must turn red |", "| --- | --- | --- |"]
    for expected in expectations.fault:
        own = ", ".join(f"`{pattern}`" for pattern in expected.own)
        lines.append(f"| `{expected.name}` | {FAULTS[expected.name].statement} | {own} |")
    lines += ["", "The columns of the matrices:", ""]
    lines += [f"{number}. `{check}`" for number, check in enumerate(checks, 1)]
    told = "; ".join(f"{sign} {meaning}" for sign, meaning in LEGEND.items() if sign)
    lines += ["", f"Marks: {told}; empty: {LEGEND[NONE]}."]
    for matrix in matrices:
        lines += ["", f"## {matrix.core} {matrix.version}", ""]
        possible = [row for row in matrix.rows if row.state is not State.IMPOSSIBLE]
        made = {name for row in possible for name in (*row.red, *row.green, *row.known)}
        shown = [(number, check) for number, check in enumerate(checks, 1) if check in made]
        numbers = " | ".join(str(number) for number, _ in shown)
        lines += [f"| fault | state | {numbers} |", f"| --- | --- |{' --- |' * len(shown)}"]
        for row in possible:
            marks = " | ".join(mark(row, check, expectations) for _, check in shown)
            lines.append(f"| `{row.fault}` | {row.state} | {marks} |")
        reasons: dict[str, list[str]] = {}
        for row in matrix.rows:
            if row.reason:
                reasons.setdefault(f"{row.state}: {row.reason}", []).append(f"`{row.fault}`")
        notes = [f"- {', '.join(names)}: {reason}." for reason, names in reasons.items()]
        lines += ["", *notes] if notes else []
    return "\n".join(lines) + "\n"


def to_plain(matrix: Matrix) -> dict[str, Any]:
    """Return a matrix as what JSON can hold."""
    plain = dataclasses.asdict(matrix)
    for row in (plain["right"], *plain["rows"]):
        row["green"], row["known"] = sorted(row["green"]), sorted(row["known"])
        row["state"] = str(row["state"])
    return {**plain, "sound": matrix.sound}
