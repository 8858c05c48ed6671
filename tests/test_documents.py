"""The documentation has what it is made from: a page for each job, a formula for each metric."""

import re
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from harness.gates.metric import load_metrics

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def test_every_metric_has_a_formula_that_can_be_drawn():
    """The formulas are TeX of the kind that docutils turns into MathML."""
    math = pytest.importorskip("docutils.utils.math.latex2mathml", reason="docutils is missing")
    for metric in load_metrics().values():
        assert metric.formula, metric.name
        assert metric.region, metric.name
        assert "<math" in math.tex2mathml(metric.formula, as_block=True), metric.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_name_commands_and_pages_that_exist(page):
    """Each `drizzle-harness NAME` is a command, each link to a page leads somewhere."""
    text = page.read_text(encoding="utf-8")
    for command in re.findall(r"drizzle-harness ([a-z]+)\b", text):
        assert command in COMMANDS, f"{page.name} tells of {command}"
    for target in re.findall(r"\]\((?!http|#)([^)#]+)\)", text):
        if not target.startswith("generated/"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_has_a_place_in_the_contents():
    """No page of the site is without an entry in the table of contents."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^([\w./*-]+)$", index, flags=re.MULTILINE)
    for page in PAGES:
        if page.stem != "index":
            assert any(page.match(f"{entry}.md") for entry in listed), page.name
