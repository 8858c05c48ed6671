"""Tests of harness.fixture_data."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import FixtureError
from harness.fixture_data import (
    STRICT,
    find_fixture,
    fixtures_dir,
    list_fixtures,
    load_fixture,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A part of a fixture."""

    __pydantic_config__ = STRICT
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rain:
    """A fixture for these tests."""

    __pydantic_config__ = STRICT
    name: str
    drops: tuple[Drop, ...] = ()


def write(folder: Path, text: str) -> Path:
    """Write a TOML file."""
    path = folder / "rain.toml"
    path.write_text(text)
    return path


def test_nested_tables_become_dataclasses(tmp_path: Path) -> None:
    """Tables and lists of tables arrive as the frozen types."""
    rain = load_fixture(write(tmp_path, 'name = "n"\n[[drops]]\nsize = 2'), Rain)
    assert rain == Rain(name="n", drops=(Drop(size=2.0),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "n"\n[[drops]]\nsize = "big"', r"key 'drops\.0\.size' has 'big'"),
        ('name = "n"\ncolour = 3', "key 'colour' has 3"),
        ("drops = []", "key 'name' is missing"),
        ("nam = 3", "key 'name' is missing; key 'nam' has 3, and no such key is known"),
        ("name = ", "is not TOML"),
    ],
    ids=["type", "unknown", "missing", "misspelt", "syntax"],
)
def test_errors_name_file_key_and_value(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake is told with the file and the key it is in."""
    with pytest.raises(FixtureError, match=rf"rain\.toml: {expected}"):
        load_fixture(write(tmp_path, text), Rain)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A path that does not exist is told as such."""
    with pytest.raises(FixtureError, match="No such file"):
        load_fixture(tmp_path / "rain.toml", Rain)


def test_unknown_fixture_lists_the_known() -> None:
    """The message for an unknown name holds those that exist."""
    known = next(iter(list_fixtures("profiles")))
    with pytest.raises(FixtureError, match=rf"no 'nonesuch' in profiles.*{known}"):
        find_fixture("profiles", "nonesuch")


def test_every_folder_of_fixtures_is_explained():
    """The README of the fixtures has a line for each folder, with a module that is there."""
    text = (fixtures_dir() / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| `(\w+)` \| .+ \| `(harness/[\w/]+\.py)` \|$", text, re.MULTILINE)
    folders = sorted(path.name for path in fixtures_dir().iterdir() if path.is_dir())
    assert sorted(name for name, _ in lines) == folders
    root = fixtures_dir().parent
    assert [module for _, module in lines if not (root / module).is_file()] == []
