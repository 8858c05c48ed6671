"""The page of an upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.drawing import Drawing
from harness.report.page import check_installed, render, write_page
from harness.report.parts import Card, Tone
from harness.report.upgrade.figures import clock_checks, draw_overview, draw_ratios, map_rows
from harness.report.upgrade.summary import findings, tell_environments, tell_pass, title_of
from harness.report.upgrade.tables import (
    TONES,
    checks_table,
    clock_table,
    metrics_table,
    work_table,
)
from harness.upgrade.record import read_record

PAGE = "upgrade.html"
HEADLINES = {"PASS": "Go ahead with", "FAIL": "Do not move to", "INCONCLUSIVE": "Not decided:"}
GROUPS = (
    ("fails", "fail", "What fails", "Each stops the upgrade, unless a policy file waives it."),
    ("undecided", "inconclusive", "What is not decided", "More time for the clock may tell."),
    ("waived", "waived", "What is waived", "Found, and accepted for a time."),
    ("notes", "note", "What else changed", "Fixes, additions and other words for the same."),
)


def write_upgrade_page(record: dict[str, Any], out: Path) -> Path:
    """Write the page of an upgrade, and its figures as PNG files beside it.

    Returns
    -------
    Path
        `out/upgrade.html`.

    Raises
    ------
    UsageError
        If jinja2 or matplotlib are missing, or the folder cannot be written.
    """
    check_installed()
    page, drawings = make_page(record)
    write_page(page, out / PAGE, drawings)
    return out / PAGE


def report_record(path: Path, out: Path) -> Path:
    """Write the page of the upgrade whose record is in a file.

    Raises
    ------
    FixtureError
        If it is no record of an upgrade, or one of another version.
    UsageError
        If the folder cannot be written.
    """
    return write_upgrade_page(read_record(path), out)


def make_page(record: dict[str, Any]) -> tuple[str, tuple[Drawing, ...]]:
    """Return the page of an upgrade, and its drawings."""
    overview, ratios = draw_overview(record), draw_ratios(record)
    maps = map_rows(record)
    groups = [
        (anchor, heading, words, [_shown(check) for check in findings(record, ruling)])
        for anchor, ruling, heading, words in GROUPS
    ]
    groups = [group for group in groups if group[3]]
    metrics, work = metrics_table(record), work_table(record)
    sections = [("overview", "Overview"), *((group[0], group[1]) for group in groups)]
    sections += [("maps", "Maps")] if maps else []
    sections += [("clock", "Clock")] if ratios else []
    sections += [("work", "Instructions")] if work else []
    sections += [("metrics", "Metrics")] if metrics else []
    sections += [("checks", "Checks"), ("made", "How it was made")]
    page = render(
        "upgrade.html.j2",
        record=record,
        title=title_of(record),
        passing=tell_pass(record) if record["verdict"] == "PASS" else "",
        headline=HEADLINES[record["verdict"]],
        cards=_cards(record),
        sections=sections,
        overview=overview,
        notes=[*tell_environments(record), *record["partial"]],
        groups=groups,
        maps=maps,
        ratios=ratios,
        clock=clock_table(record) if ratios else None,
        work=work,
        metrics=metrics,
        others=checks_table(record),
        facts=_facts(record),
    )
    return page, tuple(one for one in (overview, ratios) if one is not None)


def _shown(check: dict[str, Any]) -> dict[str, Any]:
    return check | {"tone": TONES[check["ruling"]]}


def _cards(record: dict[str, Any]) -> tuple[Card, ...]:
    total = len(record["checks"])
    failing, fixed = len(findings(record, "fail")), _count(record, "fixed")
    same = _count(record, "same") + _count(record, "roundoff")
    cards = [
        Card(
            label="Verdict", value=record["verdict"],
            tone={"PASS": "good", "FAIL": "bad"}.get(record["verdict"], "warn"),  # type: ignore[arg-type]
        ),
        Card(label="Findings that fail", value=str(failing), tone="bad" if failing else "good"),
        Card(label="Fixed", value=str(fixed), tone="good" if fixed else ""),
        Card(label="The same", value=str(same), note=f"of {total} checks"),
    ]  # fmt: skip
    for check in clock_checks(record)[:2]:
        figures = check["figures"]
        change = 100 * (float(figures["ratio"]) - 1)
        tones: dict[str, Tone] = {"slower": "bad", "faster": "good", "inconclusive": "warn"}
        cards.append(
            Card(
                label=check["name"].removeprefix("clock/"), value=f"{change:+.1f}", unit="% time",
                note=f"{check['state']}; {100 * float(figures['detectable']):.1f} % would be seen",
                tone=tones.get(check["state"], ""),
            )
        )  # fmt: skip
    return tuple(cards)


def _count(record: dict[str, Any], state: str) -> int:
    return sum(check["state"] == state for check in record["checks"])


def _facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    facts = []
    for side in ("old", "new"):
        one = record[side]
        facts.append((side.capitalize(), f"{one['label']} from {one['spec']}"))
        facts.append(
            (f"{side.capitalize()} environment", f"Python {one['python']}, numpy {one['numpy']}")
        )
        facts += [(f"{side.capitalize()}, added", recipe) for recipe in one["recipes"]]
    facts += [(f"Seconds: {stage}", f"{value:.0f}") for stage, value in record["seconds"].items()]
    facts.append(("Policy", record["policy"]["source"] or "every finding fails"))
    facts.append(("Machine", record["machine"]["platform"]))
    return facts
