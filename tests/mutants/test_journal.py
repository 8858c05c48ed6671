"""The journal: nothing is lost, nothing of other sources or suites is taken up."""

import pytest

from harness.errors import FixtureError, UsageError
from harness.mutants.journal import NAME, Fate, Journal


def test_taken_up(tmp_path):
    """Fates come back by mutation and suite; those that were dropped for any suite."""
    journal = Journal(tmp_path, "abc")
    killed = Fate(id="a", state="killed", suite="s", by="check")
    dropped = Fate(id="b", state="unchanged")
    journal.add(killed)
    journal.add(dropped)
    journal.close()
    again = Journal(tmp_path, "abc")
    assert again.find("a", "s") == killed
    assert again.find("a", "other") is None
    assert again.find("b", "other") == dropped
    again.close()


def test_torn_line(tmp_path):
    """A line that a kill has torn is cut off, those before it stay."""
    journal = Journal(tmp_path, "abc")
    journal.add(Fate(id="a", state="survived", suite="s"))
    journal.close()
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes() + b'{"id": "b", "sta')
    again = Journal(tmp_path, "abc")
    assert again.find("a", "s") is not None
    again.add(Fate(id="c", state="killed", suite="s"))
    again.close()
    assert len(path.read_text().splitlines()) == 3


def test_other_sources(tmp_path):
    """The journal of other sources is refused, not mixed up."""
    Journal(tmp_path, "abc").close()
    with pytest.raises(UsageError, match="other sources"):
        Journal(tmp_path, "def")


def test_broken_line(tmp_path):
    """A line in the midst that cannot be read is named."""
    Journal(tmp_path, "abc").close()
    path = tmp_path / NAME
    path.write_text(path.read_text() + '{"id": "a", "state": "eaten"}\n{}\n')
    with pytest.raises(FixtureError, match="line 2"):
        Journal(tmp_path, "abc")


def test_unwritable(tmp_path):
    """A folder that cannot be made is told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--out"):
        Journal(tmp_path / "file" / "below", "abc")
