"""The tables of the clock's proof, from its journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CONFIDENCE = 0.95
SPEEDS = ("FASTER", "SAME", "SLOWER", "INCONCLUSIVE", "NOT_TIMED")
CLOCK = ("same release", "slower by 5 %", "slower by 3 %")
PYTEST = ("pytest same release", "pytest slower by 5 %")
THRESHOLD = 1.05


def write_tables(
    entries: Sequence[dict[str, Any]], out: Path, plan: dict[str, Any], workload: str
) -> None:
    """Write proof.json and proof.md."""
    summary = summarize(entries, plan, workload)
    (out / "proof.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    (out / "proof.md").write_text(to_markdown(summary), encoding="utf-8")


def summarize(
    entries: Sequence[dict[str, Any]], plan: dict[str, Any], workload: str
) -> dict[str, Any]:
    """Return counts, rates with their intervals, and the conditions."""
    calibration = next(one for one in entries if one["kind"] == "calibration")
    trials = [one for one in entries if one["kind"] != "calibration"]
    of_kind = {kind: [one for one in trials if one["kind"] == kind] for kind in (*CLOCK, *PYTEST)}
    loads = [one["load"] for one in trials if one["load"] is not None]
    waits = [min(one["waited"], 1.0) for one in trials if "waited" in one]
    return {
        "workload": workload,
        "core": calibration["core"],
        "python": calibration["python"],
        "machine": calibration["machine"],
        "numpy": calibration["numpy"],
        "rows": calibration["rows"],
        "plan": plan,
        "from": min(one["date"] for one in trials),
        "to": max(one["date"] for one in trials),
        "load": describe(loads),
        "waited": describe(waits),
        "clock": {kind: summarize_clock(of_kind[kind]) for kind in CLOCK if of_kind[kind]},
        "pytest-benchmark": {
            kind: summarize_pytest(of_kind[kind]) for kind in PYTEST if of_kind[kind]
        },
    }


def summarize_clock(trials: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the clock said of one kind of trial."""
    counts = Counter(one["verdict"] for one in trials)
    total = len(trials)
    trials = [one for one in trials if "ratio" in one]
    ratios = np.log([one["ratio"] for one in trials])
    return {
        "trials": total,
        "verdicts": {speed: counts[speed] for speed in SPEEDS},
        "slower_rate": rate(counts["SLOWER"], total),
        "mean_ratio": float(np.exp(ratios.mean())),
        "ratio_scatter": float(ratios.std(ddof=1)) if len(trials) > 1 else None,
        "ratio": describe([one["ratio"] for one in trials]),
        "wall_ratio": describe([one["wall_ratio"] for one in trials]),
        "detectable": describe([one["detectable"] for one in trials]),
        "milliseconds": describe([one["milliseconds"] for one in trials]),
        "seconds": describe([one["seconds"] for one in trials]),
        "blocks": describe([one["blocks"] for one in trials]),
    }


def summarize_pytest(trials: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what pytest-benchmark said, and what other statistics of its runs would have said."""
    total = len(trials)
    return {
        "trials": total,
        "mean:5%": rate(sum(one["verdict"] == "regressed" for one in trials), total),
        "median:5%": rate(sum(one["median_ratio"] > THRESHOLD for one in trials), total),
        "min:5%": rate(sum(one["min_ratio"] > THRESHOLD for one in trials), total),
        "ratio": describe([one["ratio"] for one in trials]),
        "rounds": describe([one["rounds"] for one in trials]),
        "seconds": describe([one["seconds"] for one in trials]),
    }


def rate(count: int, total: int) -> dict[str, Any]:
    """Return a rate with its exact (Clopper-Pearson) interval."""
    from scipy.stats import binomtest

    interval = binomtest(count, total).proportion_ci(CONFIDENCE)
    return {
        "count": count,
        "of": total,
        "rate": count / total,
        "low": float(interval.low),
        "high": float(interval.high),
    }


def describe(values: Sequence[float]) -> dict[str, float] | None:
    """Return smallest, median and largest."""
    if not values:
        return None
    return {
        "min": float(np.min(values)),
        "median": float(np.median(values)),
        "max": float(np.max(values)),
    }


def to_markdown(summary: dict[str, Any]) -> str:
    """Return the tables for people."""
    machine = summary["machine"]
    lines = [
        "# What the clock was seen to do",
        "",
        "`python benchmarks/prove_clock.py --out DIR` makes this page.",
        "",
        f"{summary['core']}, Python {summary['python']}, workload {summary['workload']}, on "
        f"{machine['processor'] or machine['machine']} ({machine['processors']} processors, "
        f"{machine['system']}), {summary['from']} to {summary['to']}. Each command ran on "
        f"one processor, one process at a time. {tell_load(summary)} ",
        f"The plan: sensitivity {percent(summary['plan']['sensitivity'])}, error "
        f"{percent(summary['plan']['error'])}, looks after "
        f"{', '.join(str(look) for look in summary['plan']['looks'])} blocks.",
        "",
        "## The clock",
        "",
        f"| candidate | verdicts | {' | '.join(SPEEDS)} | called SLOWER | "
        "estimate, mean and scatter | would have seen | a verdict takes |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, found in summary["clock"].items():
        counts = " | ".join(str(found["verdicts"][speed]) for speed in SPEEDS)
        scatter = found["ratio_scatter"]
        spread = "" if scatter is None else f" ± {percent(scatter)}"
        lines.append(
            f"| {kind} | {found['trials']} | {counts} | {tell_rate(found['slower_rate'])} | "
            f"{100 * (found['mean_ratio'] - 1):+.2f} %{spread} | "
            f"{percent(found['detectable']['median'])} "
            f"({percent(found['detectable']['max'])} at worst) | "
            f"{found['seconds']['median']:.1f} s |"
        )
    lines += [
        "",
        "The slowed candidates repeat the core on the first rows of the frame: "
        + ", ".join(f"{kind}: {rows} of 256" for kind, rows in summary["rows"].items())
        + ". Estimates of the ratio by wall time alone lay between "
        + f"{summary['clock']['same release']['wall_ratio']['min']:.3f} and "
        + f"{summary['clock']['same release']['wall_ratio']['max']:.3f} for the same release, by "
        + "the clock between "
        + f"{summary['clock']['same release']['ratio']['min']:.3f} and "
        + f"{summary['clock']['same release']['ratio']['max']:.3f}.",
        "",
        "## pytest-benchmark on the same machine in the same hours",
        "",
        "Each run is compared with the one before it. The exit code of "
        "`--benchmark-compare-fail=mean:5%` counts; the other two columns are what the same runs "
        "give with another statistic.",
        "",
        "| candidate | comparisons | mean:5% fails | median:5% fails | min:5% fails | "
        "ratio of means, smallest to largest | rounds | a run takes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, found in summary["pytest-benchmark"].items():
        rates = " | ".join(tell_rate(found[name]) for name in ("mean:5%", "median:5%", "min:5%"))
        lines.append(
            f"| {kind.removeprefix('pytest ')} | {found['trials']} | {rates} | "
            f"{found['ratio']['min']:.2f} to {found['ratio']['max']:.2f} | "
            f"{found['rounds']['median']:.0f} | {found['seconds']['median']:.1f} s |"
        )
    lines += ["", "Rates are with exact 95 % intervals.", ""]
    return "\n".join(lines)


def tell_load(summary: dict[str, Any]) -> str:
    """Return how busy the machine was."""
    load, waited = summary["load"], summary["waited"]
    told = ""
    if load is not None:
        told = f"Load average {load['min']:.1f} to {load['max']:.1f}, median {load['median']:.1f}. "
    return (
        f"{told}Of the wall time of the timed calls, {percent(waited['min'])} to "
        f"{percent(waited['max'])} (median {percent(waited['median'])}) was spent waiting while "
        "other processes had the processor."
    )


def tell_rate(found: dict[str, Any]) -> str:
    """Return a rate with its interval."""
    return (
        f"{found['count']} of {found['of']} = {percent(found['rate'])} "
        f"({percent(found['low'])} to {percent(found['high'])})"
    )


def percent(value: float) -> str:
    """Return a share in per cent."""
    return f"{100 * value:.1f} %"
