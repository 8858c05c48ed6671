"""Equivalents: what is judged must be there, be reasoned, and not be seen by a check."""

import pytest

from harness.errors import FixtureError, SpecificationError
from harness.mutants.equivalents import check_killed, load_equivalents

KNOWN = {"f.c:1:1:1 -> 2", "f.c:2:1:< -> <="}


def write(path, *entries, sha256="abc"):
    """Write a file of entries."""
    lines = [f'sha256 = "{sha256}"']
    for identifier, reason in entries:
        lines += ["[[equivalent]]", f'id = "{identifier}"', f'reason = "{reason}"']
    path.write_text("\n".join(lines) + "\n")
    return path


def test_reasons(tmp_path):
    """The reasons come back by identifier."""
    path = write(tmp_path / "e.toml", ("f.c:1:1:1 -> 2", "never read"))
    assert load_equivalents(path, "abc", KNOWN) == {"f.c:1:1:1 -> 2": "never read"}


@pytest.mark.parametrize(
    ("entries", "sha256", "words"),
    [
        ([("f.c:9:1:1 -> 2", "gone")], "abc", "matches no mutation"),
        ([("f.c:1:1:1 -> 2", " ")], "abc", "has no reason"),
        ([("f.c:1:1:1 -> 2", "a"), ("f.c:1:1:1 -> 2", "b")], "abc", "stands twice"),
        ([], "other", "speaks of sources"),
    ],
)
def test_stale(tmp_path, entries, sha256, words):
    """An entry that cannot count is an error that names file and entry."""
    path = write(tmp_path / "e.toml", *entries, sha256=sha256)
    with pytest.raises(SpecificationError, match=words) as caught:
        load_equivalents(path, "abc", KNOWN)
    assert str(path) in str(caught.value)


def test_unknown_key(tmp_path):
    """A key that does not exist is refused."""
    path = tmp_path / "e.toml"
    path.write_text('sha256 = "abc"\nequivalents = []\n')
    with pytest.raises(FixtureError, match="equivalents"):
        load_equivalents(path, "abc", KNOWN)


def test_killed(tmp_path):
    """A mutation that a check has killed is not equivalent."""
    check_killed({"a"}, {"b"}, tmp_path)
    with pytest.raises(SpecificationError, match="a"):
        check_killed({"a"}, {"a", "b"}, tmp_path)
