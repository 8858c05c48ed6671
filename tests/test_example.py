"""A third party's core is judged from an empty folder, with its own expected failures."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "numpy-drizzle"
SOME = "many-exposures or ir-box-point or ir-box-turbo or unequal-counts"
"""Of the cases of the quick profile: seconds for a core in NumPy, with each kind of verdict."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Judge the installed example and give what pytest and the record say."""
    pytest.importorskip("numpy_drizzle", reason="examples/numpy-drizzle is not installed")
    folder = tmp_path_factory.mktemp("empty")
    suite = ["--pyargs", "harness.suite"] if find_spec("harness.suite") else [ROOT / "tests/gate"]
    failures = EXAMPLE / "expected-failures.toml"
    command = [sys.executable, "-m", "pytest", *suite, "--core", "numpy-drizzle", "-k", SOME]
    command += ["--expected-failures", failures, "--gate-record", folder / "record.json"]
    told = subprocess.run(
        [*map(str, command), "--rootdir", str(folder), "--import-mode=importlib"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-3000:]
    return told.stdout, json.loads((folder / "record.json").read_text(encoding="utf-8"))


def test_what_applies_passes_and_what_is_listed_fails(judged):
    """Every verdict is a pass but for the one failure that the example lists."""
    _, record = judged
    outcomes = {}
    for verdict in record["verdicts"]:
        outcomes.setdefault(verdict["outcome"], []).append(verdict["specification"])
    assert outcomes["EXPECTED_FAIL"] == ["integrity.context"]
    assert len(outcomes["PASS"]) > 50
    assert set(outcomes) == {"PASS", "EXPECTED_FAIL", "NOT_APPLICABLE"}


def test_what_the_core_cannot_do_is_told_and_counted(judged):
    """The summary names what does not apply, with the number of checks."""
    printed, record = judged
    told = [one for one in record["verdicts"] if one["outcome"] == "NOT_APPLICABLE"]
    assert f"{len(told)} NOT_APPLICABLE" in printed
    for why in ("makes no dq image", "makes no variance image", "cannot do input unit 'counts'"):
        assert any(why in one["message"] for one in told), why
        assert why in printed


def test_the_guide_has_a_core_that_keeps_the_protocol(tmp_path, monkeypatch):
    """The core that the guide has its reader write is one, and is right."""
    from harness.cores.registry import load_core
    from harness.faults.expectation import load_expectations
    from harness.faults.matrix import State, run_matrix

    text = (ROOT / "docs" / "bring-your-own-core.md").read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "mycore.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_core("mycore:MyCore").name == "mycore"
    matrix = run_matrix("mycore:MyCore", load_expectations(), faults=["flux-lost", "fill-wrong"])
    assert not matrix.right.red
    assert {row.state for row in matrix.rows} == {State.CAUGHT}
