"""What the commands say of files and folders that cannot be used, in one line and no traceback."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from harness.cli import USAGE, main

WITHOUT_DRIZZLE = """
import sys

sys.modules |= {"drizzle": None, "drizzlepac": None}
from harness.cli import main

main(["cores"])
"""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["discover", "--core", "oracle", "--minutes", "0", "--out", "/proc/nowhere"],
            "/proc/nowhere: cannot be used (No such file or directory)",
        ),
        (["discover", "--core", "nonesuch"], "--core: nothing is known of how to call 'nonesuch'"),
        (["trend", "nowhere.json", "--out", "x"], "nowhere.json: cannot be read as record (No"),
        (["report", "nowhere"], "nowhere: there is no such file or folder. Name the JSON file"),
        (["report", "/proc/self/stat"], "/proc/self/stat: is no record. Allowed: JSON with"),
        (
            ["upgrade", "drizzle==2.2.0", "drizzle==3.0.0", "--out", "/proc/no", "--no-report"],
            "/proc/no: cannot be written (No such file or directory). Name a folder",
        ),
        (["faults", "--record", "/proc/no/r.json"], "/proc/no/r.json: cannot be written (No such"),
        (["faults", "--markdown", "/proc/no.md"], "/proc/no.md: cannot be written (No such"),
        (["mutants", "/nowhere"], "/nowhere: is neither a file nor a folder that is there, nor"),
        (["sanitize", "/nowhere"], "/nowhere: is neither a file nor a folder that is there, nor"),
    ],
    ids=[
        "folder",
        "core",
        "record",
        "report",
        "no record",
        "upgrade",
        "faults",
        "matrix",
        "mutants",
        "sanitize",
    ],
)
def test_what_cannot_be_used_is_told(args, message, tmp_path, monkeypatch):
    """The message names the file or the option, and what to do; nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, args)
    assert result.exit_code == USAGE
    assert result.output.startswith(f"error: {message}")
    assert result.output.count("\n") == 1
    assert isinstance(result.exception, SystemExit)
    assert not list(tmp_path.iterdir())


def test_mutants_without_their_extra_are_told_before_anything_is_built(tmp_path, monkeypatch):
    """Sources are read by packages that only this command needs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tree_sitter_c", None)
    result = CliRunner().invoke(main, ["mutants", "drizzle==3.0.0"])
    assert result.exit_code == USAGE
    assert result.output == (
        'error: mutants: needs tree_sitter_c. Install "drizzle-harness[mutants]".\n'
    )
    assert not list(tmp_path.iterdir())


def test_a_core_that_is_not_installed_is_told_under_the_table():
    """The table stays a table; the reason stands below, whole."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIZZLE], capture_output=True, text=True, check=True
    )
    assert "cannot be loaded" in done.stdout
    below = done.stdout[done.stdout.rindex("└") :]
    assert "core drizzle: cannot be imported (ImportError: drizzle is not installed)" in below
