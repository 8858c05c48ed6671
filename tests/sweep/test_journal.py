import resource

import pytest

from harness.errors import FixtureError, UsageError
from harness.model import Measurement
from harness.sweep.journal import Journal
from harness.sweep.measure import PointResult


@pytest.fixture
def opened(tmp_path):
    """Return the function that opens the journal of a folder; all are closed in the end."""
    journals = []

    def open_journal(folder=tmp_path, key="key", described=None):
        journals.append(Journal(folder, key, described or {}))
        return journals[-1]

    yield open_journal
    for journal in journals:
        journal.close()


def result(number, length=20):
    """Return a finished point whose line is of a wanted length."""
    one = Measurement(metric="m", value=0.1 + number, unit="", region="r" * length, sample_size=3)
    return PointResult(number=number, state="done", seconds=0.25, version="1", measurements=(one,))


def test_points_come_back_as_they_were(opened):
    """What is read from the disk equals what was written, to the last bit."""
    journal = opened(described={"a": 1})
    journal.add(result(3))
    journal.close()
    again = opened(described={"a": 1})
    assert list(again.finished) == [3]
    assert again.finished[3].measurements == result(3).measurements
    assert again.finished[3].seconds == 0.25


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_torn_line_is_cut_off(opened, tmp_path, cut):
    """After a torn line the journal goes on cleanly."""
    journal = opened()
    journal.add(result(0))
    journal.add(result(1))
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    again = opened()
    assert list(again.finished) == [0]
    again.add(result(2))
    again.close()
    assert list(opened().finished) == [0, 2]


def test_full_disk_is_an_error_and_leaves_no_half_line(opened, tmp_path):
    """A line that does not fit is taken back: the journal is sound and goes on."""
    journal = opened()
    journal.add(result(0))
    size = (tmp_path / "journal.jsonl").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel says "File too large" where a full disk says "No space left on device".
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(UsageError, match=r"journal\.jsonl: cannot be written.*Make room"):
            journal.add(result(1, length=500))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "journal.jsonl").stat().st_size == size
    assert list(journal.finished) == [0]
    journal.add(result(1, length=500))
    journal.close()
    assert list(opened().finished) == [0, 1]


def test_what_is_no_journal_is_refused(opened, tmp_path):
    """A file of that name that is something else is not overwritten."""
    (tmp_path / "journal.jsonl").write_text("notes\n")
    with pytest.raises(FixtureError, match="is no journal"):
        opened()
    assert (tmp_path / "journal.jsonl").read_text() == "notes\n"


def test_changed_line_is_refused(opened, tmp_path):
    """A line that was edited into nonsense is named, not guessed at."""
    journal = opened()
    journal.add(result(0))
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text().replace('"done"', '"finished"'))
    with pytest.raises(FixtureError, match="state"):
        opened()


def test_changed_files_are_told(opened):
    """The same words with another key mean that the files are others."""
    journal = opened(described={"a": 1})
    journal.add(result(0))
    journal.close()
    with pytest.raises(UsageError, match="its files have changed"):
        opened(key="other", described={"a": 1})


def test_a_journal_without_points_is_nothing_to_lose(opened):
    """Where nothing was finished, another request may have the folder."""
    opened(described={"a": 1}).close()
    assert opened(key="other", described={"b": 2}).finished == {}
