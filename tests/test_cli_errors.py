"""What the commands say of files and folders that cannot be used, in one line and no traceback."""

import pytest
from click.testing import CliRunner

from harness.cli import USAGE, main


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
        (["mutants", "/nowhere"], "/nowhere: is neither a file nor a folder that is there, nor"),
        (["sanitize", "/nowhere"], "/nowhere: is neither a file nor a folder that is there, nor"),
    ],
    ids=["folder", "core", "record", "report", "no record", "mutants", "sanitize"],
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
