"""Tests of harness.upgrade.backtest: what counts as seen, the pages, the command on real wheels."""

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.errors import FixtureError
from harness.upgrade.backtest import SILENT, Looked, faults_of
from harness.upgrade.check import Check, State
from harness.upgrade.history import Change, Effect, ReleasePair, load_pairs
from harness.upgrade.history_table import make_pages, others_of
from harness.upgrade.policy import FAILING

sys.path.insert(0, str(Path(__file__).parent))
import tinycore

SITE = str(Path(np.__file__).parents[1])
AS_DOCUMENTED, NOT_SEEN = 0, 1
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
    assert sum(old.startswith("drizzlepac==") for old, _ in names) == 8
    visible = [pair for pair in pairs if any(not change.unseen for change in pair.change)]
    assert sum(pair.old.startswith("drizzlepac==") for pair in visible) >= 5
    with pytest.raises(FixtureError, match="no pairs of 'absent'"):
        load_pairs(("absent",))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(State),
            st.sampled_from(State),
            st.sampled_from([one for one in State if one not in SILENT]),
            st.sampled_from(FAILING),
        ),
        max_size=5,
    )
)
def test_what_is_not_seen_is_a_fault(drawn) -> None:
    """Whatever the checks find: a change that one direction does not show is told, no other is."""
    changes, forward, backward = [], [], []
    for number, (way, back, wanted, wanted_back) in enumerate(drawn):
        name = f"call/{number}"
        forward.append(check(way, name))
        backward.append(check(back, name))
        changes.append(
            Change(text=name, seen_by=(name,), forward=(wanted,), backward=(wanted_back,))
        )
    pair = ReleasePair(old="a==1", new="a==2", change=tuple(changes))
    faults = faults_of(Looked(pair=pair, forward=tuple(forward), backward=tuple(backward)))
    expected = []
    for number, (way, back, wanted, wanted_back) in enumerate(drawn):
        expected += [f"a==1 -> a==2: not seen forward: call/{number}"] * (way is not wanted)
        expected += [f"a==1 -> a==2: not seen backward: call/{number}"] * (back is not wanted_back)
    assert faults == expected


@pytest.mark.parametrize("state", State)
def test_a_refactoring_is_silent(state: State) -> None:
    """A pair that is documented to change nothing must find nothing at all, either way."""
    pair = ReleasePair(old="a==1", new="a==2", change=(), refactoring=True)
    found = faults_of(Looked(pair=pair, backward=(check(state),)))
    assert bool(found) == (state not in SILENT)
    assert all("a refactoring is not passed backward: call/abc" in one for one in found)


def test_the_pages() -> None:
    """The pages have counts, the matrix, and what saw each change; errors stand in them, too."""
    pages = make_pages([looked(State.FIXED, State.REGRESSED)])
    assert "1 pairs, 1 documented changes: 1 seen in both directions, 0 missed" in pages
    assert "| drizzle==1 → 2 | a fix |  | 1 fixed / 1 regressed |" in pages
    assert "Forward PASS, backward FAIL (1 check)" in pages
    assert "  - backward: `call/abc` regressed" in pages
    missed = make_pages([looked(State.FIXED, State.SAME)])
    assert "0 seen in both directions, 1 missed" in missed
    assert "**not seen backward**" in missed
    failed = Looked(pair=looked(State.SAME, State.SAME).pair, error="no such release")
    assert "could not run: no such release" in make_pages([failed])
    assert faults_of(failed) == ["drizzle==1 -> drizzle==2: no such release"]


def test_what_the_notes_do_not_tell() -> None:
    """A finding that no change and no effect accounts for is shown as such."""
    effect = Effect(text="a side effect", seen_by=("call/b",))
    one = looked(State.FIXED, State.REGRESSED, also=(effect,))
    both = (check(State.REGRESSED, "call/b"), check(State.VANISHED, "call/c"))
    found = Looked(pair=one.pair, forward=(*one.forward, *both), backward=one.backward)
    assert [other.name for other in others_of(found, found.forward)] == ["call/c"]
    pages = make_pages([found])
    assert "- not in the notes: a side effect\n  - `call/b` regressed" in pages
    assert "of which the notes say nothing\n  - `call/c` vanished" in pages


HISTORY = """
[[pair]]
old = {old!r}
new = {new!r}
core = "tinycore:Core"
[[pair.change]]
text = "a change"
"""
SEEN = 'seen_by = ["difference/point-*"]\nforward = ["fixed"]\nbackward = ["regressed"]\n'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("", "'a change' is incomplete"),
        (SEEN + 'unseen = "why"\n', "'a change' is incomplete"),
        (SEEN.replace("regressed", "added"), "may be seen backward as added"),
    ],
)
def test_a_faulty_history_is_refused(tmp_path: Path, change: str, told: str) -> None:
    """A change is seen by a check, failing on the way back, or told as unseen; never both."""
    path = tmp_path / "history.toml"
    path.write_text(HISTORY.format(old="a==1", new="a==2") + change)
    with pytest.raises(FixtureError, match=told):
        load_pairs(file=path)


@pytest.mark.parametrize(("new", "code"), [("", AS_DOCUMENTED), ("weight", NOT_SEEN)])
def test_a_change_that_is_not_seen_ends_with_an_error(
    tmp_path: Path, make_wheel, new: str, code: int
) -> None:
    """The command says 0 for a fix that is seen both ways, and 1 where nothing was mended."""
    wheels = []
    for version, wrong in (("1.0", "weight"), ("1.1", new)):
        files = {"tinycore.py": tinycore.source(version, wrong), "tiny_numpy.pth": f"{SITE}\n"}
        wheels.append(str(make_wheel("tinycore", version, files)))
    path = tmp_path / "history.toml"
    path.write_text(HISTORY.format(old=wheels[0], new=wheels[1]) + SEEN)
    words = ["--history", str(path), "--cache", str(tmp_path / "cache"), "--out"]
    out = tmp_path / "pages.md"
    result = CliRunner().invoke(main, ["backtest", *words, str(out)])
    assert result.exit_code == code, result.output
    assert ("NOT AS DOCUMENTED" in result.output) == bool(code)
    assert ("**not seen" in out.read_text()) == bool(code)


def test_a_pair_that_is_not_there() -> None:
    """To ask for a release at which no pair ends is an error, not a success without pairs."""
    result = CliRunner().invoke(main, ["backtest", "--new", "drizzle==0.1"])
    assert result.exit_code == 2
    assert "no pair ends at drizzle==0.1" in result.output
