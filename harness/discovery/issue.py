"""The text of a finding, ready to be pasted into an upstream issue."""

from __future__ import annotations

from harness.discovery.finding import Finding

SANITIZED = "sanitized"
HOW = (
    "the core is built with `-fsanitize=address,undefined -fno-sanitize-recover=all` and the "
    "sanitizers' libraries are preloaded; `drizzle-harness sanitize` does both"
)
"""How a finding is seen that no ordinary build shows."""
PROJECTS = {"drizzle": "spacetelescope/drizzle", "drizzlepac": "spacetelescope/drizzlepac"}


def write_issue(finding: Finding, script: str) -> str:
    """Return the Markdown of an issue: what, where, expected, actual, script."""
    versions = ", ".join(f"{name} {version}" for name, version in finding.versions.items())
    kernels = ", ".join(f"`{one}`" for one in finding.kernels)
    needs = ", ".join(sorted(finding.features)) or "nothing out of the ordinary"
    text = [
        f"# {title_of(finding)}",
        "",
        finding.judgement.get("cause", finding.message).rstrip(".") + ".",
        "",
        f"- **Severity**: {finding.severity}",
        f"- **Seen with**: {versions or finding.core}; {kernels}",
        f"- **Needs**: {needs}",
        f"- **What should hold**: {finding.statement}",
        f"- **Expected**: {finding.expected}",
        f"- **Actual**: {finding.actual}",
    ]
    if finding.claim == SANITIZED:
        text.append(f"- **To see it**: {HOW}")
    if finding.judgement.get("upstream"):
        text.append(f"- **Upstream**: {finding.judgement['upstream']}")
    if script:
        text += ["", "```python", script.rstrip(), "```"]
    project = PROJECTS.get(finding.core)
    if project:
        text += ["", f"For https://github.com/{project}/issues. Found by drizzle-harness."]
    return "\n".join(text) + "\n"


def title_of(finding: Finding) -> str:
    """Return what happens, in a few words: those of the person who judged it, if any did."""
    title = str(finding.judgement.get("title") or f"{finding.kind}: {finding.statement}")
    return title[0].upper() + title[1:].rstrip(".")
