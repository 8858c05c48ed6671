"""The tables of an upgrade: the clock, instructions, metrics, checks."""

from __future__ import annotations

from typing import Any

from harness.report.parts import MISSING, Cell, Column, Row, Table, Tone, text
from harness.report.upgrade.figures import clock_checks
from harness.report.upgrade.summary import FAMILIES, counted

TONES: dict[str, Tone] = {
    "fail": "bad", "inconclusive": "warn", "waived": "chosen", "note": "", "pass": "good",
    "ignored": "quiet",
}  # fmt: skip


def clock_table(record: dict[str, Any]) -> Table:
    """Return the workloads that were timed."""
    columns = (
        Column(title="Workload", numeric=False), Column(title="Verdict", numeric=False),
        Column(title="Old"), Column(title="New"),
        Column(title="Ratio", explain="time of the new side over that of the old one"),
        Column(title="From"), Column(title="To"),
        Column(title="Seen", explain="smallest slowdown that this run would have seen, per cent"),
        Column(title="Blocks"),
    )  # fmt: skip
    rows = []
    for check in clock_checks(record):
        figures = check["figures"]
        numbers = [float(figures[key]) for key in ("ratio", "low", "high")]
        rows.append(
            Row(
                cells=(
                    text(check["name"].removeprefix("clock/")),
                    text(check["state"], TONES[check["ruling"]]),
                    text(check["old"]),
                    text(check["new"]),
                    *(Cell(text=f"{one:.4f}", sort=one) for one in numbers),
                    Cell(text=f"{100 * float(figures['detectable']):.1f}",
                         sort=float(figures["detectable"])),
                    Cell(text=str(figures["blocks"]), sort=figures["blocks"]),
                )
            )
        )  # fmt: skip
    return Table(caption="Workloads that were timed.", columns=columns, rows=rows)


def work_table(record: dict[str, Any]) -> Table | None:
    """Return the workloads whose instructions were counted; None where there are none."""
    columns = (
        Column(title="Workload", numeric=False), Column(title="Verdict", numeric=False),
        Column(title="Old", explain="instructions of one call"), Column(title="New"),
        Column(title="Ratio"),
    )  # fmt: skip
    rows = [
        Row(
            cells=(
                text(check["name"].removeprefix("instructions/")),
                text(check["state"], TONES[check["ruling"]]),
                *(Cell(text=f"{count:,.0f}", sort=count) for count in check["figures"]["counts"]),
                Cell(text=f"{check['figures']['ratio']:.4f}", sort=check["figures"]["ratio"]),
            )
        )
        for check in counted(record)
    ]
    return (
        Table(caption="Workloads that were counted.", columns=columns, rows=rows) if rows else None
    )


def metrics_table(record: dict[str, Any]) -> Table | None:
    """Return the measurements that differ; None where none does."""
    columns = (
        Column(title="Specification", numeric=False), Column(title="Case", numeric=False),
        Column(title="Old"), Column(title="New"), Column(title="New minus old"),
        Column(title="", numeric=False),
    )  # fmt: skip
    rows = []
    for check in record["checks"]:
        if "level" not in check["figures"]:
            continue
        old, new = (_float(check["figures"][side]) for side in ("old", "new"))
        if old == new and check["state"] == "same":
            continue
        family, name, case = check["name"].split("/", 2)
        case = f"{case} (files)" if family == "file" else case
        change = None if old is None or new is None else new - old
        rows.append(
            Row(
                cells=(
                    text(name), text(case), *(_number(one) for one in (old, new, change)),
                    text(check["state"], TONES[check["ruling"]]),
                ),
                tone="bad" if check["ruling"] == "fail" else "",
            )
        )  # fmt: skip
    if not rows:
        return None
    return Table(
        caption="Measurements that are not the same to the last digit; most differ by roundoff.",
        columns=columns,
        rows=rows,
    )


def checks_table(record: dict[str, Any]) -> Table:
    """Return the checks that are not the same."""
    columns = (
        Column(title="Check", numeric=False), Column(title="Family", numeric=False),
        Column(title="State", numeric=False), Column(title="Old", numeric=False),
        Column(title="New", numeric=False),
    )  # fmt: skip
    rows = [
        Row(
            cells=(
                text(check["name"]), text(FAMILIES[check["family"]]),
                text(check["state"], TONES[check["ruling"]]), text(check["old"][:60]),
                text(check["new"][:60]),
            )
        )
        for check in record["checks"]
        if check["state"] not in ("same", "not run")
    ]  # fmt: skip
    same = sum(check["state"] == "same" for check in record["checks"])
    return Table(
        caption=f"{same} further checks are the same; the record has all.",
        columns=columns,
        rows=rows,
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _number(value: float | None) -> Cell:
    return Cell(text=MISSING if value is None else f"{value:.5g}", sort=value)
