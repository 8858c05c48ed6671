"""The report in words: a table by function, and every survivor in its source."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from harness.mutants.equivalents import entry_text
from harness.mutants.journal import DEAD, DROPPED
from harness.mutants.report import Mutant, Report

CONTEXT = 2
"""Lines of source before and behind a survivor."""
COLUMNS = ("killed", "timed out", "crashed", "survived")


def describe(report: Report) -> str:
    """Return the whole report as text."""
    return "\n".join([*table(report), "", *survivors(report), *totals(report)]) + "\n"


def table(report: Report) -> list[str]:
    """Return the lines of the table by function."""
    rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in report.mutants:
        state = "equivalent" if one.equivalent else one.fate.state
        rows[one.mutation.file, one.mutation.function][state] += 1
    width = max([len(function) for _, function in rows] or [8])
    head = f"{'function':{width}}  {'killed':>6} {'time':>5} {'crash':>5} {'alive':>5} "
    head += f"{'equiv':>5} {'dropped':>7}  score"
    lines = []
    last = ""
    for (file, function), counts in rows.items():
        if file != last:
            lines += ["", file, head]
            last = file
        tried = sum(counts[state] for state in COLUMNS)
        dead = tried - counts["survived"]
        cells = [counts[state] for state in COLUMNS]
        line = f"{function:{width}}  {cells[0]:6} {cells[1]:5} {cells[2]:5} {cells[3]:5} "
        line += f"{counts['equivalent']:5} {sum(counts[state] for state in DROPPED):7}  "
        lines.append(line + (f"{dead / tried:5.0%}" if tried else "    -"))
    return lines


def survivors(report: Report) -> list[str]:
    """Return the lines that show each survivor in its source, and the reasons of equivalents."""
    lines: list[str] = []
    for one in report.survivors:
        lines += [*view(report.build.root, one), ""]
    if lines:
        lines += ["To judge one of them equivalent, give --equivalents a file with its entry:", ""]
        lines += [f"{entry_text(one.mutation)}\n" for one in report.survivors]
    for one in report.mutants:
        if one.equivalent and one.fate.state not in DROPPED:
            lines.append(f"equivalent: {one.mutation.id}: {one.equivalent}")
    return lines


def view(root: Path, mutant: Mutant) -> list[str]:
    """Return a survivor with the lines around it, those that it changes as in a patch."""
    mutation = mutant.mutation
    source = (root / mutation.file).read_bytes()
    old = source.decode(errors="replace").splitlines()
    new = mutation.apply(source).decode(errors="replace").splitlines()
    first = mutation.line - 1
    count = mutation.original.count("\n") + 1
    changed = count - (len(old) - len(new))
    lines = [f"survived: {mutation.id}  in {mutation.function} ({mutation.kind})"]
    before = range(max(first - CONTEXT, 0), first)
    lines += [f"  {number + 1:5}   {old[number]}" for number in before]
    lines += [f"  {first + k + 1:5} - {old[first + k]}" for k in range(count)]
    lines += [f"        + {new[first + k]}" for k in range(changed)]
    end = first + count
    lines += [
        f"  {number + 1:5}   {old[number]}" for number in range(end, min(end + CONTEXT, len(old)))
    ]
    return lines


def totals(report: Report) -> list[str]:
    """Return the closing lines: how many of what, the score, and how long a mutant took."""
    states = Counter(one.fate.state for one in report.mutants)
    ran = [one for one in report.mutants if one.fate.state not in DROPPED]
    equivalent = sum(bool(one.equivalent) for one in ran)
    seconds = sorted(one.fate.seconds for one in ran)
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    lines = [
        f"{report.build.name} ({report.plan.spec}, sha256 {report.sources.sha256[:12]}...), "
        f"seed {report.plan.seed}: {len(ran)} of {report.total} mutations run; {told}; "
        f"{equivalent} equivalent",
    ]
    if seconds:
        lines.append(
            f"time a mutant: median {seconds[len(seconds) // 2]:.1f} s, mean "
            f"{sum(seconds) / len(seconds):.1f} s, longest {seconds[-1]:.1f} s"
        )
    if report.tried:
        dead = len(report.tried) - len(report.survivors)
        lines.append(
            f"score: {dead} of {len(report.tried)} mutants that are not equivalent are dead, "
            f"{report.score:.1%}"
        )
        found = sum(one.fate.state in DEAD for one in ran)
        lines.append(f"without judging any: {found} of {len(ran)}, {found / len(ran):.1%}")
    return lines
