"""Tests of benchmarks/prove_clock.py: the tables from a known journal, and one real round."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not part of this installation", allow_module_level=True)
pytest.importorskip("drizzle", reason="drizzle is not installed")
sys.path.insert(0, str(FOLDER))
from proof_table import summarize, to_markdown  # noqa: E402 - not where it is not
from prove_clock import CLOCK, PYTEST, choose_kinds  # noqa: E402 - as above

MACHINE = {"processor": "EPYC", "processors": 2, "system": "Linux", "machine": "x86_64"}
PLAN = {"sensitivity": 0.05, "error": 0.01, "looks": [6, 10]}


def trial(kind: str, index: int, verdict: str, ratio: float) -> dict[str, object]:
    """Return one entry of a journal."""
    common = {"kind": kind, "index": index, "verdict": verdict, "ratio": ratio, "seconds": 5.0}
    common |= {"date": f"2026-01-01T00:00:{index:02d}", "load": 1.0}
    if kind in PYTEST:
        return common | {"median_ratio": 1.0, "min_ratio": 1.06, "rounds": 100}
    return common | {
        "wall_ratio": 1.0, "detectable": 0.03, "milliseconds": 7.0, "blocks": 6, "waited": 0.5,
    }  # fmt: skip


def test_the_tables_count_what_the_journal_holds() -> None:
    """Verdicts, rates with exact intervals, and trials that broke down are all in the total."""
    journal = [
        {"kind": "calibration", "core": "drizzle 3", "python": "3.11", "numpy": "2", "rows": {},
         "machine": MACHINE},
        *(trial(CLOCK[0], index, "SAME", 1.0) for index in range(18)),
        trial(CLOCK[0], 18, "SLOWER", 1.03),
        {"kind": CLOCK[0], "index": 19, "verdict": "NOT_TIMED", "message": "died", "load": None,
         "date": "2026-01-01T00:00:19"},
        *(trial(PYTEST[0], index, "regressed", 1.2) for index in range(4)),
        trial(PYTEST[0], 4, "passed", 1.0),
    ]  # fmt: skip
    found = summarize(journal, PLAN, "square")
    same = found["clock"][CLOCK[0]]
    assert same["trials"] == 20
    assert same["verdicts"]["NOT_TIMED"] == 1
    assert same["slower_rate"]["rate"] == pytest.approx(0.05)
    assert same["slower_rate"]["low"] == pytest.approx(0.00127, abs=1e-4)
    assert same["slower_rate"]["high"] == pytest.approx(0.2487, abs=1e-3)
    other = found["pytest-benchmark"][PYTEST[0]]
    assert (other["mean:5%"]["count"], other["median:5%"]["count"], other["min:5%"]["count"]) == (
        4,
        0,
        5,
    )
    told = to_markdown(found)
    assert "| same release | 20 | 0 | 18 | 1 | 0 | 1 | 1 of 20 = 5.0 %" in told
    assert "4 of 5 = 80.0 %" in told


def test_slowed_trials_are_spread_over_all_rounds() -> None:
    """As many as asked for, not all of them in the first hour."""
    rounds = [choose_kinds(index, 200, 60) for index in range(200)]
    assert all({CLOCK[0], PYTEST[0]} <= set(kinds) for kinds in rounds)
    assert sum(CLOCK[1] in kinds for kinds in rounds) == 60
    assert sum(CLOCK[2] in kinds for kinds in rounds) == 30
    assert sum(CLOCK[1] in kinds for kinds in rounds[:100]) == 30


def test_a_real_round_leaves_journal_and_tables(tmp_path: Path) -> None:
    """One verdict of the clock and one of pytest-benchmark; the same command has nothing to add."""
    command = [sys.executable, str(FOLDER / "prove_clock.py"), "--out", str(tmp_path)]
    options = ["--trials", "1", "--slowed", "0", "--nice", "0"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = {json.loads(line)["kind"] for line in lines}
    assert kinds == {"calibration", CLOCK[0], PYTEST[0]}
    found = json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))
    assert found["clock"][CLOCK[0]]["trials"] == 1
    assert found["pytest-benchmark"][PYTEST[0]]["rounds"]["median"] >= 5
    again = subprocess.run([*command, *options], capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines() == lines
