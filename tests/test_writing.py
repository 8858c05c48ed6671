"""Files and folders that are on the disk whole, or not at all."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.writing import folder_written_whole

FULL = Path("/dev/full")
"""Where no byte finds room: a full disk of Linux."""


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is a device of Linux")
def test_a_full_disk_keeps_the_folder_that_was_there(tmp_path):
    """The error names the folder and what to do; what was there before stays, alone."""
    target = tmp_path / "finding"
    target.mkdir()
    (target / "case.json").write_text("old")
    told = r"finding: cannot be written \(No space left on device\)\. Make room"
    with pytest.raises(UsageError, match=told), folder_written_whole(target):
        FULL.write_text("new")
    assert (target / "case.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_below_a_file_is_told(tmp_path):
    """The error names the folder that was asked for."""
    (tmp_path / "file").write_text("")
    told = r"file/finding: cannot be written \(Not a directory\)"
    with pytest.raises(UsageError, match=told), folder_written_whole(tmp_path / "file" / "finding"):
        pass
