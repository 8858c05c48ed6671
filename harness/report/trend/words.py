"""A trend in words: how much there is, of when, and what changed."""

from __future__ import annotations

from collections.abc import Sequence

from harness.timing.history import NOTABLE, History, Machine, Run, Series, Step


def tell_machine(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """Return facts of the runs on a machine."""
    versions: dict[str, list[str]] = {}
    for run in runs:
        for timing in run.timings:
            seen = versions.setdefault(timing.core or "harness", [])
            if timing.version not in seen:
                seen.append(timing.version)
    pythons = list(dict.fromkeys(run.python for run in runs))
    return (
        ("Runs", f"{len(runs)}, {runs[0].date:%Y-%m-%d} to {runs[-1].date:%Y-%m-%d}"),
        ("Python", " → ".join(pythons)),
        *((core, " → ".join(seen)) for core, seen in sorted(versions.items())),
        ("Uncommitted changes", f"in {sum(run.dirty for run in runs)} runs"),
    )


def tell_title(history: History, series: Sequence[Series]) -> str:
    """Say how much there is."""
    names = len({one.name for one in series})
    told = [count_of(len(history.runs), "run") + f" of {count_of(names, 'benchmark')}"]
    if history.clocks:
        told.append(count_of(len(history.clocks), "record") + " of the clock")
    return " and ".join(told if history.runs else told[1:])


def tell_span(history: History) -> str:
    """Say when, and of what."""
    dates = [run.date for run in history.runs] + [one.date for one in history.clocks]
    cores = sorted({timing.core for run in history.runs for timing in run.timings} - {""})
    span = f"{min(dates):%Y-%m-%d} to {max(dates):%Y-%m-%d}"
    return " · ".join([span, *([", ".join(cores)] if cores else [])])


def tell_summary(steps: Sequence[tuple[Series, Step]], machines: Sequence[Machine]) -> str:
    """Say what changed, and what cannot be said."""
    notable = [step for _, step in steps if step.notable]
    slower = sum(step.ratio > 1 for step in notable)
    blind = sum(step.scatter is None for _, step in steps)
    told = (
        f"{count_of(len(notable), 'change')} between versions above {100 * NOTABLE:g} % and beyond "
        f"the scatter: {slower} slower, {len(notable) - slower} faster."
        if notable
        else "No change between versions stands out from the scatter between runs."
        if steps
        else "No benchmark was run with two versions on one machine."
    )
    if blind:
        told += (
            f" Of {count_of(blind, 'change')} the scatter is not known: "
            "run each version at least twice."
        )
    if len(machines) > 1:
        told += (
            f" The runs come from {len(machines)} machines; times are compared within each alone."
        )
    return told


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
