"""An upgrade in words: lines for the console, Markdown for the summary of a CI job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.writing import written_whole

RECORD = "upgrade.json"
MARKDOWN = "summary.md"
JUNIT = "junit.xml"
RULINGS = ("fail", "inconclusive", "waived", "note", "pass", "ignored")
"""From what stops a release to what does not matter."""
LEFT_OUT = " (left out)"
"""Ends what a record's "partial" says of a family that was not looked at."""
MOST = 20
"""Findings of one ruling that Markdown lists; the page and the record have all of them."""
FAMILIES = {
    "interface": "Interface",
    "call": "Callers' code",
    "difference": "Pixels",
    "specification": "Specifications",
    "file": "AstroDrizzle on files",
    "property": "Properties",
    "case": "Known cases",
    "clock": "Clock",
    "memory": "Memory",
    "instructions": "Instructions",
}
"""Family of checks to its name."""


HEADINGS = {
    "fail": "What fails",
    "inconclusive": "What is not decided",
    "waived": "What is waived",
    "note": "What else changed",
}


def write_outputs(record: dict[str, Any], out: Path, *, page: bool = True) -> list[Path]:
    """Write record, Markdown, JUnit and, where it is wanted, the page with its figures.

    Returns
    -------
    list of Path

    Raises
    ------
    UsageError
        If the folder cannot be written.
    """
    from harness.report.upgrade.junit import make_junit
    from harness.upgrade.record import write_record

    paths = [out / RECORD, out / MARKDOWN, out / JUNIT]
    write_record(record, paths[0])
    for path, text in zip(paths[1:], (make_markdown(record), make_junit(record)), strict=True):
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8")
    if page:
        from harness.report.upgrade.page import write_upgrade_page

        paths.append(write_upgrade_page(record, out))
    return paths


def title_of(record: dict[str, Any]) -> str:
    """Name the two sides."""
    return f"{record['old']['label']} → {record['new']['label']}"


def findings(record: dict[str, Any], ruling: str) -> list[dict[str, Any]]:
    """Return the checks of one ruling, in their order; what could not be asked is none."""
    return [
        check
        for check in record["checks"]
        if check["ruling"] == ruling and check["state"] != "not run"
    ]


def count_states(record: dict[str, Any]) -> dict[str, Counter[str]]:
    """Count rulings by family."""
    counted: dict[str, Counter[str]] = {}
    for check in record["checks"]:
        counted.setdefault(check["family"], Counter())[check["ruling"]] += 1
    return counted


def counted(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the workloads whose instructions were counted."""
    return [
        check
        for check in record["checks"]
        if check["family"] == "instructions" and "counts" in check["figures"]
    ]


def tell_pass(record: dict[str, Any]) -> str:
    """Say what it rests on that nothing fails."""
    counts = Counter(check["ruling"] for check in record["checks"])
    told = [f"{counts[one]} {one}" for one in ("waived", "ignored") if counts[one]]
    left = [one.removesuffix(LEFT_OUT) for one in record["partial"] if one.endswith(LEFT_OUT)]
    words = f"Nothing fails of {len(record['checks'])} checks"
    words += f" ({', '.join(told)} by the policy)" if told else ""
    return words + (f"; not looked at: {', '.join(left)}." if left else ".")


def tell_environments(record: dict[str, Any]) -> list[str]:
    """Say what else differs between the environments, for it may be the cause."""
    old, new = record["old"], record["new"]
    told = [
        f"{key} is {new[key]}, was {old[key]}"
        for key in ("python", "numpy", "platform")
        if old[key] != new[key]
    ]
    both = set(old["versions"]) & set(new["versions"])
    own = {old["package"], new["package"], "numpy"}
    others = [
        f"{name} {old['versions'][name]} → {new['versions'][name]}"
        for name in sorted(both - own)
        if old["versions"][name] != new["versions"][name]
    ]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        told.append(f"other packages differ: {', '.join(others[:5])}{more}")
    return told


def console_lines(record: dict[str, Any]) -> Iterator[str]:
    """Give the lines for a terminal: what fails, then counts, then the verdict."""
    for ruling in ("fail", "inconclusive", "waived"):
        for check in findings(record, ruling)[:MOST]:
            yield f"{ruling.upper():12} {check['name']}  [{check['state']}]"
            yield f"             {_shorten(check['message'], 300)}"
        left = len(findings(record, ruling)) - MOST
        if left > 0:
            yield f"             ... and {left} more (the record has all)"
    for family, counts in count_states(record).items():
        told = ", ".join(f"{counts[one]} {one}" for one in RULINGS if counts[one])
        yield f"{FAMILIES[family]:21} {told}"
    for line in (*tell_environments(record), *record["partial"]):
        yield f"note: {line}"
    for reason in record["reasons"]:
        yield f"reason: {reason}"
    yield f"{title_of(record)}: {record['verdict']}"


def make_markdown(record: dict[str, Any]) -> str:
    """Return the summary of a CI job."""
    lines = [f"## {title_of(record)}: {record['verdict']}", ""]
    if record["verdict"] == "PASS":
        lines += [tell_pass(record), ""]
    if record["reasons"]:
        lines += [*(f"- {_cell(reason)}" for reason in record["reasons"]), ""]
    lines += ["| | fail | inconclusive | waived | note | pass |", "|---|---:|---:|---:|---:|---:|"]
    for family, counts in count_states(record).items():
        numbers = " | ".join(str(counts[one]) for one in RULINGS[:5])
        lines.append(f"| {FAMILIES[family]} | {numbers} |")
    for ruling, heading in HEADINGS.items():
        some = findings(record, ruling)
        if not some:
            continue
        lines += ["", f"### {heading}", "", "| check | | seen |", "|---|---|---|"]
        for check in some[:MOST]:
            seen = check["message"] + (f" Waived: {check['waiver']}" if check["waiver"] else "")
            lines.append(f"| `{check['name']}` | {check['state']} | {_cell(_shorten(seen, 240))} |")
        if len(some) > MOST:
            lines.append(f"| ... and {len(some) - MOST} more | | |")
    work = counted(record)
    if work:
        lines += ["", "### Instructions", "", "| workload | | old | new | ratio |"]
        lines.append("|---|---|---:|---:|---:|")
        for check in work:
            old, new = check["figures"]["counts"]
            name, ratio = check["name"].removeprefix("instructions/"), check["figures"]["ratio"]
            lines.append(f"| {name} | {check['state']} | {old:,.0f} | {new:,.0f} | {ratio:.4f} |")
    smallest = [check for check in findings(record, "fail") if "(" in check["smallest"]]
    if smallest:
        lines += ["", "<details><summary>Smallest cases</summary>", ""]
        for check in smallest[:5]:
            lines += [f"`{check['name']}`", "", "```python", check["smallest"][:1500], "```", ""]
        lines.append("</details>")
    notes = [*tell_environments(record), *record["partial"]]
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in record["seconds"].items())
    lines += ["", *(f"- {_cell(note)}" for note in notes)]
    lines.append(f"- profile {record['profile']}; {seconds}; drizzle-harness {record['harness']}")
    return "\n".join(lines) + "\n"


def _shorten(text: str, longest: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 4]} ..."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
