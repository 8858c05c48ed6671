from dataclasses import replace

from harness.discovery.corpus import cases_dir, load_findings
from harness.discovery.table import write_table
from harness.fixture_data import fixtures_dir

TABLE = fixtures_dir().parent / "docs" / "findings.md"


def test_the_document_is_the_corpus():
    """docs/findings.md is what `drizzle-harness replay --table` writes."""
    if TABLE.is_file():
        assert TABLE.read_text(encoding="utf-8") == write_table(load_findings(cases_dir()))


def test_a_line_tells_core_severity_and_upstream():
    """What a person judged stands in the table; bars in it do not break the columns."""
    first = load_findings(cases_dir())[0]
    judgement = {"title": "one | two", "upstream": "[#1](https://x)", "cold_seconds": 12.4}
    text = write_table([replace(first, judgement=judgement), replace(first, judgement={})])
    line = next(one for one in text.splitlines() if "One / two" in one)
    assert line.count("|") == 7
    assert "[#1](https://x) | 12 |" in line
    assert f"{first.core} {first.versions[first.core]}" in line
    assert "not known | - |" in text
    assert f"| {first.severity} | 2 |" in text
