"""Tests of harness.report.trend: the page of many records."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main

pytest.importorskip("jinja2", reason="jinja2 is not installed")
pytest.importorskip("matplotlib", reason="matplotlib is not installed")

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "timing"))
from written_records import RESULT, benchmark, write_record

from harness.timing.record import write_clock

VERSIONS = ("2.1.0", "2.1.0", "2.2.0", "2.2.0", "3.0.0", "3.0.0")
FACTORS = {"2.1.0": 1.0, "2.2.0": 0.8, "3.0.0": 1.1}


def run_trend(*arguments: str) -> str:
    """Run the command and return what it prints."""
    done = CliRunner().invoke(main, ["trend", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write six runs on one machine, one on another, a record of the clock, and the page."""
    folder = tmp_path_factory.mktemp("trend")
    records = folder / "records"
    records.mkdir()
    for month, version in enumerate(VERSIONS, start=1):
        times = [
            benchmark(f"test_drizzle[drizzle-{name}]", seconds * FACTORS[version], version=version)
            for name, seconds in (("square", 0.1 + month / 1e4), ("turbo<b>", 0.05))
        ]
        write_record(records / f"{month}.json", f"2026-0{month}-01T00:00:00+00:00", times)
    times = [benchmark("test_drizzle[drizzle-square]", 7.0, version="3.0.0")]
    write_record(records / "laptop.json", "2026-07-01T00:00:00+00:00", times, node="laptop")
    write_clock(RESULT, records / "clock.json")
    assert str(folder / "page" / "trend.html") in run_trend(
        str(records), "--out", str(folder / "page")
    )
    return folder / "page"


def test_the_page_needs_nothing_else(folder: Path) -> None:
    """No address, no outside resource, and names are text, not markup."""
    page = (folder / "trend.html").read_text(encoding="utf-8")
    outside = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert {address for address in outside if "www.w3.org" not in address} == set()
    assert "<b>" not in page
    assert "turbo&lt;b&gt;" in page


def test_changes_are_told_by_version_and_machine(folder: Path) -> None:
    """Steps stand with their versions; the laptop's 7 s are a section and no step."""
    page = (folder / "trend.html").read_text(encoding="utf-8")
    assert "drizzle 2.1.0 → 2.2.0" in page
    assert "drizzle 2.2.0 → 3.0.0" in page
    assert page.count(">notable</td>") == 4
    assert "Times of different machines are not compared" in page
    assert "laptop: EPYC 7B13, 8 processors, Linux x86_64" in page
    changes = page[page.index('id="changes"') : page.index('id="clock"')]
    assert "laptop" not in changes


def test_the_clock_s_verdicts_are_there(folder: Path) -> None:
    """With what could not be timed."""
    page = (folder / "trend.html").read_text(encoding="utf-8")
    for told in ("SLOWER", "NOT_TIMED", "drizzle 2.2.0 → drizzle 3.0.0", "+8.0 %"):
        assert told in page


def test_figures_and_markdown_lie_beside_it(folder: Path) -> None:
    """Every drawing is a PNG file, too; the tables are the same in Markdown."""
    names = {path.name for path in (folder / "figures").iterdir()}
    assert {"clock.png", "overview-0.png"} <= names
    assert sum(name.startswith(("series-0", "series-1")) for name in names) >= 2
    text = (folder / "trend.md").read_text(encoding="utf-8")
    assert "4 changes between versions above 5 %" in text
    assert "| drizzle[drizzle-square] | A (bench1) | drizzle 2.2.0 → 3.0.0 | +37." in text
    assert "| 2026-" in text


def test_one_run_makes_a_page_without_steps(tmp_path: Path) -> None:
    """There is nothing to compare, and the page says so."""
    record = write_record(tmp_path / "one.json", "2026-01-01", [benchmark("test_a", 1.0)])
    run_trend(str(record), "--out", str(tmp_path / "page"))
    page = (tmp_path / "page" / "trend.html").read_text(encoding="utf-8")
    assert "No benchmark was run with two versions on one machine" in page
    assert 'id="changes"' not in page


def test_a_wrong_file_is_an_error_in_one_line(tmp_path: Path) -> None:
    """Exit code 2, the file's name, and no page."""
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(
        main, ["trend", str(tmp_path / "bad.json"), "--out", str(tmp_path / "page")]
    )
    assert done.exit_code == 2
    assert "bad.json" in done.output
    assert not (tmp_path / "page").exists()
