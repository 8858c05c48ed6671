"""Checksums of files and folders: equal content gives equal ones, wherever it lies."""

import hashlib
import shutil

from harness.checksum import file_checksum, folder_checksum

LEAVE_OUT = shutil.ignore_patterns("*.pyc", ".git")


def test_file(tmp_path):
    """The checksum of a file is its sha256, as sha256sum tells it."""
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 100_000)
    assert file_checksum(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_folder(tmp_path):
    """Names and contents count, the place does not, nor what is left out."""
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "below").mkdir(parents=True)
    (first / "below" / "a.py").write_text("1")
    (first / "b.py").write_text("2")
    plain = folder_checksum(first, LEAVE_OUT)
    shutil.copytree(first, second)
    (second / ".git").mkdir()
    (second / ".git" / "HEAD").write_text("main")
    (second / "below" / "a.pyc").write_text("3")
    assert folder_checksum(second, LEAVE_OUT) == plain
    (second / "b.py").rename(second / "c.py")
    renamed = folder_checksum(second, LEAVE_OUT)
    (second / "c.py").write_text("4")
    assert len({plain, renamed, folder_checksum(second, LEAVE_OUT)}) == 3
