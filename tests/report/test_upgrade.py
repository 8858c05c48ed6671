"""Tests of what is told of an upgrade, on a record that is written here."""

import xml.etree.ElementTree as Xml
from datetime import date

import pytest

from harness.errors import FixtureError
from harness.report.upgrade.junit import make_junit
from harness.report.upgrade.page import make_page, report_record
from harness.report.upgrade.summary import console_lines, make_markdown, write_outputs
from harness.timing.instructions import InstructionChange
from harness.upgrade.check import Check, State
from harness.upgrade.instructions import check_work
from harness.upgrade.policy import Policy, Waiver, rule
from harness.upgrade.record import make_record, read_record

SIDE = {
    "label": "drizzle 1", "spec": "drizzle==1", "kind": "release", "package": "drizzle",
    "version": "1", "with": [], "recipes": ["numpy<2: old"], "python": "3.11.7", "key": "a",
    "platform": "linux-x86_64", "numpy": "1.26", "versions": {"numpy": "1.26", "astropy": "6"},
}  # fmt: skip
NEW = SIDE | {
    "label": "drizzle 2", "numpy": "2.1", "versions": {"numpy": "2.1", "astropy": "7"}
}  # fmt: skip
CLOCK = {
    "ratio": 1.08, "low": 1.05, "high": 1.11, "detectable": 0.03, "p_value": 0.0, "blocks": 6,
    "pairs": 36, "ratios": [1.07, 1.08, 1.09], "wall_ratio": 1.08, "processor_ratio": 1.08,
}  # fmt: skip


def passing():
    """Return a record in which nothing fails: one check is waived, one is ignored."""
    checks = [
        Check(name="call/a", family="call", state=State.WARNS, message="warns"),
        Check(name="interface/b", family="interface", state=State.VANISHED, message="gone"),
        check_work(InstructionChange(workload="w", baseline=1e6, candidate=1.01e6), 0.05),
    ]
    waiver = Waiver(check="call/a", reason="known", expires=date(2999, 1, 1))
    policy = Policy(waiver=(waiver,), ignore=("interface/*",), source="policy.toml")
    return make_record(
        old=dict(SIDE), new=dict(NEW), checks=checks, ruled=rule(checks, policy), policy=policy,
        profile="quick", seconds={"clock": 1.5}, clock=None, partial=["memory (left out)"],
    )  # fmt: skip


def record():
    """Return a record with a finding of every ruling."""
    area = {"image": "wht", "shape": [4, 5], "block": 1, "values": [[0.0, None], [1.0, 0.25]]}
    checks = [
        Check(name="call/a", family="call", state=State.VANISHED, message="gone <b> | \x00"),
        Check(name="call/b", family="call", state=State.WARNS, message="warns"),
        Check(
            name="difference/c", family="difference", state=State.REGRESSED, message="wht differs",
            metric="wht", smallest="RawImage(data=1)", map=area,
            figures={"largest_difference": float("inf")},
        ),
        Check(name="difference/d", family="difference", state=State.SAME, message="the same"),
        Check(
            name="specification/s/case-1", family="specification", state=State.FIXED,
            message="right now", figures={"old": 2.0, "new": 1.0},
        ),
        Check(name="clock/w", family="clock", state=State.SLOWER, message="8 %", figures=CLOCK,
              old="1 ms", new="1.08 ms"),
        Check(name="clock/v", family="clock", state=State.INCONCLUSIVE, message="?",
              figures=CLOCK | {"low": 0.0, "high": float("inf")}),
    ]  # fmt: skip
    waiver = Waiver(check="call/b", reason="known", expires=date(2999, 1, 1))
    policy = Policy(waiver=(waiver,), source="policy.toml")
    return make_record(
        old=dict(SIDE), new=dict(NEW), checks=checks, ruled=rule(checks, policy), policy=policy,
        profile="quick", seconds={"clock": 1.5}, clock=None, partial=["memory (left out)"],
    )  # fmt: skip


def test_the_record_comes_back(tmp_path) -> None:
    """What is written is read, numbers that are not finite included, and the checks with it."""
    written = record()
    paths = write_outputs(written, tmp_path, page=False)
    assert [path.name for path in paths] == ["upgrade.json", "summary.md", "junit.xml"]
    read = read_record(tmp_path)
    assert read == written
    assert read["checks"][2]["state"] == State.REGRESSED
    assert float(read["checks"][2]["figures"]["largest_difference"]) == float("inf")


def test_another_record_is_refused(tmp_path) -> None:
    """A file that is no record of an upgrade is told as such."""
    (tmp_path / "upgrade.json").write_text('{"schema": "drizzle-harness/gate", "version": 1}')
    with pytest.raises(FixtureError, match="drizzle-harness/gate"):
        read_record(tmp_path)


def test_junit_counts_what_the_verdict_counts() -> None:
    """Failures, errors and skipped tests are those of the rulings; texts are legal XML."""
    root = Xml.fromstring(make_junit(record()))  # noqa: S314 - our own text
    assert len(root.findall(".//failure")) == 3
    assert len(root.findall(".//error")) == 1
    assert len(root.findall(".//skipped")) == 1
    suites = {one.get("name"): one for one in root}
    assert suites["call"].get("failures") == "1"
    assert suites["policy"].get("tests") == "0"


def test_markdown_is_escaped_and_complete() -> None:
    """The summary has the verdict, every finding, waivers, and what else differs."""
    told = make_markdown(record())
    assert "drizzle 1 → drizzle 2: FAIL" in told
    assert "gone &lt;b> \\|" in told
    assert "Waived: known" in told
    assert "numpy is 2.1, was 1.26" in told
    assert "astropy 6 → 7" in told
    assert "RawImage(data=1)" in told


def test_the_console_ends_with_the_verdict() -> None:
    """The last line is the verdict, and what fails stands before."""
    lines = list(console_lines(record()))
    assert lines[-1] == "drizzle 1 → drizzle 2: FAIL"
    assert lines[0].startswith("FAIL")


def test_the_page_shows_everything(tmp_path) -> None:
    """Page and figures come from the record alone; hostile text is escaped."""
    write_outputs(record(), tmp_path, page=False)
    path = report_record(tmp_path / "upgrade.json", tmp_path)
    page = path.read_text()
    for text in ("Do not move to", "call/a", "gone &lt;b&gt;", "Waived: known", "+8.0", "wht",
                 "RawImage(data=1)", "numpy&lt;2: old"):  # fmt: skip
        assert text in page, text
    assert "<b> |" not in page
    assert (tmp_path / "figures" / "upgrade-ratios.png").stat().st_size > 1000
    drawings = make_page(record())[1]
    assert [one.name for one in drawings] == ["upgrade-overview", "upgrade-ratios"]


def test_a_pass_says_what_it_rests_on() -> None:
    """What was waived, ignored and left out stands at the top; counts are in every form."""
    made = passing()
    page, _ = make_page(made)
    told = "Nothing fails of 3 checks (1 waived, 1 ignored by the policy); not looked at: memory."
    for text in (page, make_markdown(made)):
        assert told in text
        assert text.index(told) < text.index("1,010,000")
    assert "+1.00 % instructions" in make_junit(made)
    assert "new 1.01e+06" in make_junit(made)
