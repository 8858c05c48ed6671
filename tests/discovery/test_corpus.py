"""The corpus that comes with the harness: whole, readable, and reproducible by its scripts."""

import importlib.metadata
import json
import subprocess
import sys

import pytest

from harness.discovery.corpus import cases_dir, load_finding
from harness.discovery.finding import Finding
from harness.discovery.issue import SANITIZED
from harness.discovery.registry import claims
from harness.discovery.violation import SEVERITIES

FOLDERS = sorted(path.parent for path in cases_dir().glob("*/case.json"))
VERDICTS = {"defect", "documented", "open"}
CORES = {"drizzle": "drizzle.resample", "drizzlepac": "drizzlepac.cdriz"}
TIME_LIMIT = 60

# Importing drizzlepac takes longer than all its scripts: it is imported once, and every script
# runs in a fork of that process.
FORKS = """
import importlib, json, os, runpy, sys, warnings
warnings.simplefilter("ignore")
importlib.import_module(sys.argv[1])
codes = {}
for script in sys.argv[2:]:
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        sys.argv = [script]
        code = 0
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            code = 99
        os._exit(code)
    codes[script] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps(codes))
"""


def installed(core):
    """Return the version of a core, or None."""
    try:
        return importlib.metadata.version(core)
    except importlib.metadata.PackageNotFoundError:
        return None


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case_is_whole(folder):
    """Every case can be read, is named by its signature, was judged, and has script and text."""
    finding = load_finding(folder)
    assert isinstance(finding, Finding)
    assert finding.slug == folder.name
    assert finding.claim in claims()
    assert finding.severity in SEVERITIES
    assert finding.judgement["verdict"] in VERDICTS
    assert finding.judgement["cause"]
    script = (folder / "reproduce.py").read_text(encoding="utf-8")
    assert len(script.splitlines()) <= 40
    assert script in (folder / "issue.md").read_text(encoding="utf-8")
    assert (folder / "arrays.npz").stat().st_size < 20_000


@pytest.mark.parametrize("core", CORES)
def test_scripts_show_the_defects_of_the_recorded_version(core):
    """With the version that a case was seen with, its script ends with 1.

    What only a sanitizer sees is left to `drizzle-harness sanitize`.
    """
    version = installed(core)
    facts = {folder: json.loads((folder / "case.json").read_text()) for folder in FOLDERS}
    scripts = [
        str(folder / "reproduce.py")
        for folder, one in facts.items()
        if one["core"] == core
        and one["versions"].get(core) == version
        and one["claim"] != SANITIZED
    ]
    if not scripts:
        pytest.skip(f"no cases of {core} {version}")
    done = subprocess.run(
        [sys.executable, "-c", FORKS, CORES[core], *scripts],
        capture_output=True, text=True, timeout=TIME_LIMIT + 10 * len(scripts), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout.splitlines()[-1])
    assert {script: code for script, code in codes.items() if code != 1} == {}


def test_causes_are_told_once():
    """No two cases of a core have the same cause and the same property."""
    seen = {}
    for folder in FOLDERS:
        finding = load_finding(folder)
        key = (finding.core, finding.claim, finding.judgement["title"])
        assert key not in seen, f"{folder.name} repeats {seen[key]}"
        seen[key] = folder.name
