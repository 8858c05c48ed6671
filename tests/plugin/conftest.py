"""Sessions of pytest in processes of their own, with the plugin and cores that misbehave."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
GATE = HERE.parent / "gate" / "test_specifications.py"
CHEAP = "scene/no-dither-square-p0.7-s0.5-EXP"


@dataclasses.dataclass(frozen=True)
class Session:
    """What a session of pytest left behind."""

    code: int
    text: str
    record: dict
    outcomes: dict

    def verdicts(self, core):
        """Return the verdicts on a core by specification."""
        return {one["specification"]: one for one in self.record["verdicts"] if one["core"] == core}


def outcomes_of(path):
    """Return the outcome of every test of the gate in a JUnit file, by core and specification."""
    found = {}
    for test in ElementTree.parse(path).iter("testcase"):  # noqa: S314 - written by our own pytest
        _, core, specification = test.get("name").rstrip("]").split("@")
        kinds = {child.tag for child in test} - {"properties", "system-out", "system-err"}
        kind = next(iter(kinds), "passed")
        if kind == "skipped":
            kind = test.find("skipped").get("type").removeprefix("pytest.")
        found.setdefault((core, specification), set()).add(kind)
    return found


@pytest.fixture(scope="session")
def run_gate(tmp_path_factory):
    """Return the function that runs the gate on one cheap case, and reads what it says."""

    def run(*args, cases=CHEAP, frames=None):
        folder = tmp_path_factory.mktemp("gate")
        record, junit = folder / "record.json", folder / "junit.xml"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DRIZZLE_HARNESS", "PYTEST"))
        }
        environment["PYTHONPATH"] = str(HERE)
        environment["DRIZZLE_HARNESS_CACHE"] = str(folder)
        if frames is not None:
            environment["DRIZZLE_HARNESS_FRAMES"] = str(frames)
        command = [sys.executable, "-m", "pytest", str(GATE), "-p", "no:cacheprovider"]
        command += ["--gate-record", str(record), "--junitxml", str(junit), "-k", cases, *args]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=folder
        )
        return Session(
            code=done.returncode,
            text=done.stdout + done.stderr,
            record=json.loads(record.read_text()) if record.exists() else {},
            outcomes=outcomes_of(junit) if junit.exists() and record.exists() else {},
        )

    return run
