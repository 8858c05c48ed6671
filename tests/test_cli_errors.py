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
        (["report", "nowhere"], "nowhere: "),
    ],
    ids=["folder", "core", "record", "report"],
)
def test_what_cannot_be_used_is_told(args, message):
    """The message names the file or the option, and what to do."""
    result = CliRunner().invoke(main, args)
    assert result.exit_code == USAGE
    assert result.output.startswith(f"error: {message}")
    assert result.output.count("\n") == 1
    assert isinstance(result.exception, SystemExit)
