"""Tests of `drizzle-harness gate`: what it hands to pytest, and what comes back."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from harness.cli import main

SLOW = """
import time
from pathlib import Path

from harness.cores.registry import load_core


class Slow:
    name, version = "slow", "1"
    calls = 0

    def __init__(self):
        self.right = load_core("oracle")
        self.capabilities = self.right.capabilities

    def drizzle(self, exposures, params):
        Slow.calls += 1
        if Slow.calls == 2:
            Path("second").touch()
            time.sleep(30)
        return self.right.drizzle(exposures, params)
"""


@pytest.fixture
def asked(monkeypatch):
    """Collect the command that would be run; its exit code is 7."""
    commands = []

    def call(command):
        commands.append(command)
        return 7

    monkeypatch.setattr("harness.cli.gate.run_to_end", call)
    return commands


def test_options_reach_pytest(asked, tmp_path):
    """Every option has its place, further arguments pass, and the exit code comes back."""
    args = ["gate", "--core", "drizzle", "--core", "a:B", "--profile", "standard", "-n", "3"]
    args += ["--frames-dir", str(tmp_path), "--record", str(tmp_path / "r.json"), "-k", "ir-box"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 7
    (command,) = asked
    assert command[:4] == [sys.executable, "-P", "-m", "pytest"]
    given = list(itertools.pairwise(command))
    for pair in (
        ("--core", "drizzle"),
        ("--core", "a:B"),
        ("--profile", "standard"),
        ("-n", "3"),
        ("--frames-dir", str(tmp_path)),
        ("--gate-record", str(tmp_path / "r.json")),
        ("-k", "ir-box"),
    ):
        assert pair in given


def test_one_process_is_a_process_of_its_own(asked):
    """A core that ends its process must not end the run, so that there is always a worker."""
    CliRunner().invoke(main, ["gate", "--core", "drizzle"])
    assert ("-n", "1") in list(itertools.pairwise(asked[0]))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["gate"], "Missing option '--core'"),
        (["gate", "--core", "x", "--profile", "huge"], "'huge' is not one of"),
        (["gate", "--core", "x", "-n", "0"], "0 is not in the range"),
    ],
)
def test_wrong_options_are_told(asked, args, message):
    """Nothing is run, and the exit code is that of a wrong command line."""
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert message in result.output
    assert asked == []


def test_the_lists_have_what_there_is():
    """Specifications with limits, scenes with descriptions, frames with their state."""
    run = CliRunner().invoke
    specifications = run(main, ["specifications"]).output
    assert "agreement.weight (minimum): at most 1" in specifications
    assert "weight.advice (stretch): at most 0.2 (advisory)" in specifications
    assert "ir-box: Isolated stars, four-point box" in run(main, ["scenes"]).output
    assert "ngc3370-f160w (archive only)" in run(main, ["frames"]).output


def test_an_interrupted_run_keeps_its_verdicts(tmp_path):
    """Ctrl-C reaches the command and pytest; the record of what was judged is written."""
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-c", "from harness.cli import main; main()", "gate"]
    command += ["--core", "slow:Slow", "--record", "r.json", "-k", "no-dither or unequal-counts"]
    with subprocess.Popen(
        command, cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as run:
        deadline = time.monotonic() + 60
        while not (tmp_path / "second").exists():
            assert time.monotonic() < deadline, "the core was not called twice"
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        told = run.communicate(timeout=60)[0]
    assert json.loads((tmp_path / "r.json").read_text())["verdicts"], told
    assert "verdicts: " in told


def test_a_folder_called_harness_shadows_nothing(tmp_path):
    """The command of one release may be given in the checkout of another."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("raise RuntimeError('another harness')\n")
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-P", "-c", "from harness.cli import main; main()", "gate"]
    command += ["--core", "slow:Slow", "--co", "-q", "-k", "no-dither"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "@slow@" in done.stdout
