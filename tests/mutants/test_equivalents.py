"""Equivalents: what is judged must be there, be reasoned, and not be seen by a check."""

import pytest

from harness.errors import FixtureError, SpecificationError
from harness.fixture_data import list_fixtures, load_fixture
from harness.mutants.equivalents import (
    FOLDER,
    EquivalentFile,
    entry_text,
    find_shipped,
    load_equivalents,
)
from harness.mutants.mutation import list_mutations

SOURCE = b"""\
int one;
int two;

int f(int a)
{
    if (a < 1) {
        return 1;
    }
    return 2;
}
int g(int a)
{
    return f(a);
}
"""
KNOWN = list_mutations("f.c", SOURCE)
LESS = next(one for one in KNOWN if one.replacement == "<=")
NEVER = next(one for one in KNOWN if one.replacement == "(0)")


def write(path, *entries, sha256="abc"):
    """Write a file of entries, each the text of one."""
    path.write_text("\n".join([f'core = "tiny"\nsha256 = "{sha256}"', *entries]) + "\n")
    return path


def reasoned(mutation, reason="never read"):
    """Return the entry of a mutation with a reason."""
    return entry_text(mutation).replace('reason = ""', f'reason = "{reason}"')


def test_reasons(tmp_path):
    """The reasons come back by identifier, and the text of an entry is one."""
    path = write(tmp_path / "e.toml", reasoned(LESS), reasoned(NEVER, "a is 3"))
    assert load_equivalents(path, "abc", KNOWN) == {LESS.id: "never read", NEVER.id: "a is 3"}


def test_moved_line(tmp_path):
    """A line that has moved, or is set in otherwise, is found; one that has changed is not."""
    path = write(tmp_path / "e.toml", reasoned(LESS))
    moved = list_mutations("f.c", b"int h;\n\n" + SOURCE.replace(b"    if", b"\tif"))
    (identifier,) = load_equivalents(path, "other", moved)
    assert identifier == LESS.id.replace(":6:11:", ":8:8:")
    changed = list_mutations("f.c", SOURCE.replace(b"return 1", b"return 3"))
    assert load_equivalents(path, "other", changed) == {}


def test_unreachable(tmp_path):
    """A function that nothing reaches is judged as a whole."""
    entry = "[[unreachable]]\nfile = 'f.c'\nfunction = 'f'\nreason = 'no caller'"
    reasons = load_equivalents(write(tmp_path / "e.toml", entry), "abc", KNOWN)
    assert set(reasons) == {one.id for one in KNOWN if one.function == "f"}


def test_no_source():
    """An entry holds a token of the source at most."""
    for one in KNOWN:
        assert "a < 1" not in entry_text(one)
        assert "return" not in entry_text(one)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([reasoned(LESS).replace(LESS.key, "0" * 12)], "matches no mutation"),
        ([reasoned(LESS).replace('"f"', '"g"')], "matches no mutation"),
        ([reasoned(LESS, " ")], "has no reason"),
        ([reasoned(LESS), reasoned(LESS)], "stands twice"),
        ([reasoned(LESS).replace('"f"', '"*"'), reasoned(LESS)], "stands twice"),
    ],
)
def test_stale(tmp_path, entries, words):
    """An entry that cannot count is an error that names file and entry."""
    path = write(tmp_path / "e.toml", *entries)
    with pytest.raises(SpecificationError, match=words) as caught:
        load_equivalents(path, "abc", KNOWN)
    assert str(path) in str(caught.value)
    assert "f.c" in str(caught.value)


def test_unknown_key(tmp_path):
    """A key that does not exist is refused."""
    path = tmp_path / "e.toml"
    path.write_text('core = "tiny"\nsha256 = "abc"\nequivalents = []\n')
    with pytest.raises(FixtureError, match="equivalents"):
        load_equivalents(path, "abc", KNOWN)


def test_shipped():
    """Each file that comes with the harness is found by its sources, and gives reasons."""
    for path in list_fixtures(FOLDER).values():
        content = load_fixture(path, EquivalentFile)
        assert find_shipped(content.sha256) == path
        for entry in (*content.equivalent, *content.unreachable):
            assert len(entry.reason) > len("cannot differ")
    assert find_shipped("0" * 64) is None
