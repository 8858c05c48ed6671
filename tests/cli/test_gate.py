"""Tests of `drizzle-harness gate`: what it hands to pytest, and what comes back."""

import itertools
import subprocess
import sys

import pytest
from click.testing import CliRunner

from harness.cli import main


@pytest.fixture
def asked(monkeypatch):
    """Collect the command that would be run; its exit code is 7."""
    commands = []

    def call(command):
        commands.append(command)
        return 7

    monkeypatch.setattr(subprocess, "call", call)
    return commands


def test_options_reach_pytest(asked, tmp_path):
    """Every option has its place, further arguments pass, and the exit code comes back."""
    args = ["gate", "--core", "drizzle", "--core", "a:B", "--profile", "standard", "-n", "3"]
    args += ["--frames-dir", str(tmp_path), "--record", str(tmp_path / "r.json"), "-k", "ir-box"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 7
    (command,) = asked
    assert command[:3] == [sys.executable, "-m", "pytest"]
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
