"""Tests of harness.upgrade.side."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.upgrade.side import parse_side


@pytest.mark.parametrize(
    ("spec", "package", "version"),
    [
        ("drizzle==2.2.0", "drizzle", "2.2.0"),
        ("drizzle", "drizzle", ""),
        ("drizzle>=2", "drizzle", ""),
        ("drizzle==2.*", "drizzle", ""),
        (" DrizzlePac == 3.10.0 ", "drizzlepac", "3.10.0"),
    ],
)
def test_a_requirement(spec: str, package: str, version: str) -> None:
    """A requirement names its package, and its version where it is pinned."""
    side = parse_side(spec)
    assert (side.kind, side.package, side.version) == ("release", package, version)


def test_files_and_folders(tmp_path: Path) -> None:
    """A wheel, an sdist and a source folder are known by what they are called, or hold."""
    wheel = tmp_path / "drizzle-3.0.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    sdist = tmp_path / "drizzle-3.0.0.tar.gz"
    for path in (wheel, sdist):
        path.touch()
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "Drizzle"\n')
    sides = [parse_side(str(path)) for path in (wheel, sdist, folder)]
    assert [side.kind for side in sides] == ["wheel", "sdist", "folder"]
    assert [side.package for side in sides] == ["drizzle"] * 3
    assert [side.version for side in sides] == ["3.0.0", "3.0.0", ""]
    assert sides[2].target == str(folder)


def test_a_git_url() -> None:
    """A git URL goes to the installer as it is."""
    side = parse_side("git+https://example.org/drizzle.git@main")
    assert side.kind == "git"
    assert side.target == "git+https://example.org/drizzle.git@main"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("drizzle=2.2.0", "neither a requirement nor a path"),
        ("./absent", "does not exist"),
        ("absent-1.0-py3-none-any.whl", "does not exist"),
    ],
)
def test_what_is_none_of_these(spec: str, told: str) -> None:
    """Anything else is an error that says what a side can be."""
    with pytest.raises(UsageError, match=told) as caught:
        parse_side(spec)
    assert "a source folder" in str(caught.value)


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    """A folder that cannot be installed is told as such."""
    with pytest.raises(UsageError, match="neither pyproject"):
        parse_side(str(tmp_path))


def test_a_malformed_extra() -> None:
    """A further requirement is checked before anything is built."""
    with pytest.raises(UsageError, match="--with"):
        parse_side("drizzle==2.2.0", extras=("numpy=<2",))
