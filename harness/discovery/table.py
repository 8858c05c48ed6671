"""The corpus as a table for people: docs/findings.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.discovery.finding import Finding
from harness.discovery.issue import title_of
from harness.discovery.violation import SEVERITIES

HEAD = """\
# Findings

What `drizzle-harness discover` and `drizzle-harness sanitize` found in released cores, each judged
by hand. Every line is a folder of `fixtures/cases` with the arrays, a script that needs only numpy
and the core, and the text of an issue; `drizzle-harness replay` says which are still there. Those
of the property `sanitized` are seen on a core that is built with sanitizers alone, by
`drizzle-harness sanitize`. Seconds are from a cold start of a search over all properties to the
first sight, on a machine shared with others; cases with a dash were met by a search of some
properties only, or by the sanitizers.

This file is written by `drizzle-harness replay --table > docs/findings.md`.
"""
COLUMNS = ("Core", "What happens", "Property", "Severity", "Upstream", "Seconds")
CASES = "../fixtures/cases"


def write_table(findings: Sequence[Finding]) -> str:
    """Return the Markdown of all findings: counts, and a line for each, worst first."""
    cores = sorted({one.core for one in findings})
    counted = Counter((one.core, one.severity) for one in findings)
    lines = [HEAD, _row(("", *cores)), _row(("---", *["---:"] * len(cores)))]
    for severity in SEVERITIES:
        lines.append(_row((severity, *[str(counted[core, severity]) for core in cores])))
    lines += ["", _row(COLUMNS), _row(("---",) * (len(COLUMNS) - 1) + ("---:",))]
    lines += [_line(one) for one in sorted(findings, key=_order)]
    return "\n".join(lines) + "\n"


def _order(finding: Finding) -> tuple[str, int, str, str]:
    return finding.core, SEVERITIES.index(finding.severity), finding.claim, finding.slug


def _line(finding: Finding) -> str:
    version = finding.versions.get(finding.core, "")
    seconds = finding.judgement.get("cold_seconds")
    return _row(
        (
            f"{finding.core} {version}".strip(),
            f"[{title_of(finding)}]({CASES}/{finding.slug}/issue.md)",
            finding.claim,
            finding.severity,
            finding.judgement.get("upstream") or "not known",
            "-" if seconds is None else f"{seconds:.0f}",
        )
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
