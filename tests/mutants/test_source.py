"""Sources: from a folder, a file, and the package index."""

import shutil
import tarfile
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.mutants.source import fetch_sources

TINY = Path(__file__).parent / "tinycore"


@pytest.fixture
def sdist(tmp_path):
    """Pack the small core as an sdist."""
    path = tmp_path / "dist" / "tinycore-1.0.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as archive:
        archive.add(TINY, "tinycore-1.0")
    return path


def test_folder(tmp_path):
    """A folder is copied, and its hash changes with its content."""
    folder = tmp_path / "mine"
    shutil.copytree(TINY, folder)
    first = fetch_sources(str(folder), tmp_path)
    assert (first.folder / "src" / "tiny.c").is_file()
    (folder / "src" / "tiny.c").write_text("int changed;\n")
    second = fetch_sources(str(folder), tmp_path)
    assert second.sha256 != first.sha256
    assert (second.folder / "src" / "tiny.c").read_text() == "int changed;\n"


def test_file(tmp_path, sdist):
    """An sdist is unpacked without its own folder; its hash is that of the file."""
    found = fetch_sources(str(sdist), tmp_path)
    assert (found.folder / "pyproject.toml").is_file()
    assert len(found.sha256) == 64
    assert fetch_sources(str(sdist), tmp_path).sha256 == found.sha256


def test_requirement(tmp_path, sdist, monkeypatch):
    """A requirement is fetched by pip, once."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(sdist.parent))
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")
    found = fetch_sources("tinycore==1.0", tmp_path)
    assert (found.folder / "pyproject.toml").is_file()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    assert fetch_sources("tinycore==1.0", tmp_path) == found


def test_what_is_not_there(tmp_path, monkeypatch):
    """What is neither file nor folder nor release is told, with what is allowed."""
    for spec in ("no such/thing", "drizzle-3.0.0.tar.gz"):
        with pytest.raises(UsageError, match=f"{spec}: is neither a file.*Correct the path"):
            fetch_sources(spec, tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UsageError, match=r"tinycore==9\.9: pip could"):
        fetch_sources("tinycore==9.9", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="neither pyproject"):
        fetch_sources(str(tmp_path / "empty"), tmp_path)
    (tmp_path / "text.tar.gz").write_text("no archive")
    with pytest.raises(UsageError, match="cannot be unpacked"):
        fetch_sources(str(tmp_path / "text.tar.gz"), tmp_path)
