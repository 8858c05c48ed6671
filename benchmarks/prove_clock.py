"""Prove the clock: how often it is wrong about a release and itself, and what it catches.

    python benchmarks/prove_clock.py --out DIR [--trials 200] [--slowed 60]

One round after the other, each in random order: the clock on one release against itself, and, as
often as asked for, against one that is slower by 5 % (half as often: by 3 %; it really does so much
more work, see slowed_core.py); and beside them pytest-benchmark, run, saved and compared with
`--benchmark-compare-fail=mean:5%`: the same release with its last run, and the slowed one with it.
Everything runs on one processor, one process at a time. `--part` and `--share` divide the work
among commands, each on a processor of its own (taskset); one without them, last, writes the tables.

DIR/journal.jsonl keeps every verdict: the same command goes on where it was stopped. DIR/proof.json
and DIR/proof.md hold the tables.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from proof_table import CLOCK, PYTEST, write_tables

from harness.cores.registry import load_core
from harness.timing.clock import compare_sides
from harness.timing.comparison import ClockPlan
from harness.timing.machine import choose_cpu, describe_machine
from harness.timing.side import TimedSide, make_case, write_case
from harness.timing.workload import Workload

HERE = Path(__file__).resolve().parent
WORKLOAD = Workload(kernel="square", size=256, frames=1)
ADAPTERS = {"drizzle": "harness.cores.stsci_drizzle:load"}
"""Core to what makes it in a process where the harness can be imported."""
SLOWDOWNS = {"slower by 5 %": 0.05, "slower by 3 %": 0.03}
PROBES = (2, 14)
"""Rows at which the cost of a part is measured; it is linear between and around them."""
CALIBRATION = ClockPlan(looks=(20,))
"""Fixed, so that the estimate is without the bias of early stopping."""
PLAIN = ("-p", "no:drizzle_harness", "-p", "no:cacheprovider", "-c", os.devnull)
"""pytest as anybody has it, with its own defaults."""
CASE = """
import sys

sys.path.insert(0, {here!r})
from slowed_core import load

from harness.timing.child.serve import read_case


def test_drizzle(benchmark):
    benchmark(load().drizzle, *read_case({arrays!r}, {facts!r}))
"""


@click.command(help=__doc__.splitlines()[0])
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
@click.option("--core", type=click.Choice(sorted(ADAPTERS)), default="drizzle", show_default=True)
@click.option("--trials", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--slowed", type=click.IntRange(min=0), default=60, show_default=True)
@click.option("--part", type=click.Choice(("clock", "pytest", "all")), default="all")
@click.option("--share", default="1/1", show_default=True, help="1/2 takes the odd rounds, 2/2 ...")
@click.option("--nice", type=int, default=10, show_default=True, help="As of nice(1).")
def prove(out: Path, core: str, trials: int, slowed: int, part: str, share: str, nice: int) -> None:
    """Run what is missing in the journal and write the tables."""
    if hasattr(os, "nice"):
        os.nice(nice)
    cpu = choose_cpu()
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    out.mkdir(parents=True, exist_ok=True)
    journal = Journal(out / "journal.jsonl")
    rows = find_rows(journal, core, SLOWDOWNS if slowed else {})
    written = write_case(make_case(WORKLOAD), out / "case")
    (out / "test_case.py").write_text(
        CASE.format(here=str(HERE), arrays=written["arrays"], facts=written["facts"]),
        encoding="utf-8",
    )
    number, _, shares = share.partition("/")
    for index in range(int(number) - 1, trials, int(shares)):
        kinds = choose_kinds(index, trials, slowed)
        missing = [
            kind
            for kind in kinds
            if part in ("all", "pytest" if kind in PYTEST else "clock")
            and not journal.has(kind, index)
        ]
        random.shuffle(missing)
        # The slowed run is compared with the run of the release beside it, so that one comes first.
        missing.sort(key=lambda kind: kind == PYTEST[1])
        for kind in missing:
            if kind in PYTEST:
                entry = run_pytest(out, core, kind, index, rows)
            else:
                entry = run_clock(core, kind, rows)
            journal.add({"kind": kind, "index": index, **entry})
            click.echo(f"{index + 1}/{trials} {kind}: {entry['verdict']}")
    write_tables(list(journal), out, dataclasses.asdict(ClockPlan()), WORKLOAD.id)
    click.echo((out / "proof.md").read_text(encoding="utf-8"))


def choose_kinds(index: int, trials: int, slowed: int) -> list[str]:
    """Return what one round holds: slowed trials are spread evenly over all rounds."""

    def due(count: int) -> bool:
        return (index + 1) * count // trials > index * count // trials

    kinds = [CLOCK[0], PYTEST[0]]
    kinds += [CLOCK[1]] if due(slowed) else []
    kinds += [CLOCK[2], PYTEST[1]] if due(slowed // 2) else []
    return kinds


class Journal:
    """What was found so far, one JSON object a line.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        # A line that a kill cut short is found again.
        self._entries = [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._entries)

    def has(self, kind: str, index: int) -> bool:
        """Tell whether that trial is done."""
        return any((one["kind"], one["index"]) == (kind, index) for one in self._entries)

    def add(self, entry: dict[str, Any]) -> None:
        """Keep a trial."""
        entry["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        self._entries.append(entry)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")


def find_rows(journal: Journal, core: str, slowdowns: dict[str, float]) -> dict[str, int]:
    """Return how many rows make each slowdown, measured or as the journal has it."""
    for entry in journal:
        if entry["kind"] == "calibration":
            return dict(entry["rows"])
    costs = []
    for probe in PROBES if slowdowns else ():
        result = compare_sides(*make_sides(core, probe), [make_case(WORKLOAD)], CALIBRATION)
        costs.append(result.comparisons[0].ratio - 1)
    # Linear between the probes; down, so that no slowdown is larger than it is called.
    rows = {
        kind: max(1, int(np.interp(wanted, costs, PROBES))) for kind, wanted in slowdowns.items()
    }
    journal.add(
        {
            "kind": "calibration",
            "index": 0,
            "rows": rows,
            "probes": dict(zip(PROBES, costs, strict=False)),
            "core": f"{core} {load_core(core).version}",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": describe_machine(),
        }
    )
    return rows


def make_sides(core: str, rows: int) -> tuple[TimedSide, TimedSide]:
    """Return the release, and it with some rows repeated; without any, the release again."""
    paths = (str(HERE.parent), str(HERE))
    plain = TimedSide(label=core, target=ADAPTERS[core], paths=paths)
    if not rows:
        return plain, plain
    return plain, TimedSide(
        label=f"{core}, {rows} rows again",
        target="slowed_core:load",
        paths=paths,
        variables={"SLOWED_CORE": ADAPTERS[core], "SLOWED_ROWS": str(rows)},
    )


def run_clock(core: str, kind: str, rows: dict[str, int]) -> dict[str, Any]:
    """Return one whole verdict of the clock."""
    result = compare_sides(*make_sides(core, rows.get(kind, 0)), [make_case(WORKLOAD)])
    (found,) = result.comparisons
    if found.baseline is None or found.candidate is None:
        # It stays a trial: a clock that breaks down is not right.
        return {"verdict": str(found.speed), "message": found.message, "load": None}
    return {
        "verdict": str(found.speed),
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "detectable": found.detectable,
        "p_value": found.p_value,
        "blocks": found.blocks,
        "wall_ratio": found.wall_ratio,
        "processor_ratio": found.processor_ratio,
        "milliseconds": 1e3 * found.baseline.seconds,
        "waited": (found.baseline.waited + found.candidate.waited) / 2,
        "seconds": result.seconds,
        "load": result.machine["load"],
    }


def run_pytest(out: Path, core: str, kind: str, index: int, rows: dict[str, int]) -> dict[str, Any]:
    """Return what pytest-benchmark says of a run, compared with one that was saved."""
    saved = out / "saved"
    slowed = kind == PYTEST[1]
    number = str(rows["slower by 5 %"]) if slowed else "0"
    variables = {"SLOWED_CORE": ADAPTERS[core], "SLOWED_ROWS": number}
    if not slowed and index == 0:
        call_pytest(out, variables, f"--benchmark-json={saved}/same-first.json")
    # The release is compared with its run before; the slowed one with the run of this round.
    before = index if slowed else index - 1
    reference = f"same-{before:04d}" if before >= 0 else "same-first"
    record = saved / f"{'slowed' if slowed else 'same'}-{index:04d}.json"
    start = time.monotonic()
    done = call_pytest(
        out,
        variables,
        f"--benchmark-json={record}",
        f"--benchmark-compare={saved}/{reference}.json",
        "--benchmark-compare-fail=mean:5%",
    )
    stats = read_stats(record)
    old = read_stats(saved / f"{reference}.json")
    regressed = "Performance has regressed" in done.stdout + done.stderr
    assert regressed == (done.returncode != 0), done.stdout + done.stderr
    return {
        "verdict": "regressed" if regressed else "passed",
        "ratio": stats["mean"] / old["mean"],
        "median_ratio": stats["median"] / old["median"],
        "min_ratio": stats["min"] / old["min"],
        "rounds": stats["rounds"],
        "seconds": time.monotonic() - start,
        "load": describe_machine()["load"],
    }


def call_pytest(
    out: Path, variables: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the benchmark in a process of its own, on the same processor."""
    (out / "saved").mkdir(exist_ok=True)
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-q"]
    return subprocess.run(
        [
            *command,
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--rootdir",
            str(out),
            str(out / "test_case.py"),
            *options,
        ],
        cwd=HERE.parent,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def read_stats(path: Path) -> dict[str, float]:
    """Return the statistics of the one benchmark in a record."""
    (benchmark,) = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    stats: dict[str, float] = benchmark["stats"]
    return stats


if __name__ == "__main__":
    prove()
