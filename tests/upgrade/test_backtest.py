"""Tests of harness.upgrade.backtest: its data, and what counts as seen."""

import pytest

from harness.errors import FixtureError
from harness.upgrade import backtest
from harness.upgrade.backtest import Change, Looked, ReleasePair, faults_of, load_pairs, make_table
from harness.upgrade.check import Check, State

CHANGE = Change(
    text="a fix", seen_by=("call/a*",), forward=(State.FIXED,), backward=(State.REGRESSED,)
)


def check(state: State, name: str = "call/abc") -> Check:
    """Return a check."""
    return Check(name=name, family="call", state=state, message="seen")


def looked(forward: State, backward: State, **fields) -> Looked:
    """Return what was found in both directions."""
    pair = ReleasePair(old="drizzle==1", new="drizzle==2", change=(CHANGE,), **fields)
    return Looked(pair=pair, forward=(check(forward),), backward=(check(backward),))


def test_history_that_ships() -> None:
    """Every pair of the issue is there, with what its notes say; reasons stand for the unseen."""
    pairs = load_pairs()
    names = {(pair.old, pair.new) for pair in pairs}
    assert ("drizzle==1.13.3", "drizzle==1.13.4") in names
    assert ("drizzle==2.2.0", "drizzle==3.0.0") in names
    assert sum(old.startswith("drizzle==") for old, _ in names) == 12
    assert sum(old.startswith("drizzlepac==") for old, _ in names) == 5
    with pytest.raises(FixtureError, match="no pairs of 'absent'"):
        load_pairs(("absent",))


def test_what_is_seen() -> None:
    """A change counts as seen where one of its checks has one of its states, both ways."""
    assert faults_of(looked(State.FIXED, State.REGRESSED)) == []
    assert "not seen backward: a fix" in faults_of(looked(State.FIXED, State.SAME))[0]
    assert "not seen forward: a fix" in faults_of(looked(State.SAME, State.REGRESSED))[0]


def test_a_refactoring_must_pass() -> None:
    """A pair that is documented to change nothing must not fail, either way."""
    found = faults_of(looked(State.FIXED, State.REGRESSED, refactoring=True))
    assert len(found) == 1
    assert "a refactoring fails backward: call/abc" in found[0]


def test_the_table() -> None:
    """The table has pair, change, what saw it, and the verdicts; errors stand in it, too."""
    table = make_table([looked(State.FIXED, State.SAME)])
    assert "| drizzle==1 → 2 | a fix | `call/abc` fixed | **not seen** | PASS | PASS |" in table
    failed = Looked(pair=looked(State.SAME, State.SAME).pair, error="no such release")
    assert "could not run: no such release" in make_table([failed])
    assert faults_of(failed) == ["drizzle==1 -> drizzle==2: no such release"]


def test_an_incomplete_change_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that is neither seen by a check nor told as unseen is a mistake in the data."""
    path = tmp_path / "tiny.toml"
    path.write_text('[[pair]]\nold = "a==1"\nnew = "a==2"\n[[pair.change]]\ntext = "something"\n')
    monkeypatch.setattr(backtest, "list_fixtures", lambda folder: {"tiny": path})
    with pytest.raises(FixtureError, match="'something' is incomplete"):
        load_pairs()
