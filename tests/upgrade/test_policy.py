"""Tests of harness.upgrade.policy."""

from datetime import date
from pathlib import Path

import pytest

from harness.errors import FixtureError
from harness.upgrade.check import Check, State
from harness.upgrade.policy import FAILING, Ruling, load_policy, rule

TODAY = date(2026, 6, 1)


def check(name: str, state: State) -> Check:
    """Return a check with a name and a state."""
    family = name.split("/", maxsplit=1)[0]
    return Check(name=name, family=family, state=state, message=f"{name} is {state}")


def write(folder: Path, text: str) -> Path:
    """Write a policy file."""
    path = folder / "policy.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("state", list(State))
def test_what_fails_without_a_policy(state: State) -> None:
    """Without a policy file every change for the worse, or of unknown worth, fails."""
    ruled = rule([check("difference/a", state)], load_policy(None), today=TODAY)
    expected = "FAIL" if state in FAILING else "PASS"
    if state is State.INCONCLUSIVE:
        expected = "INCONCLUSIVE"
    assert ruled.verdict == expected


def test_a_failure_prevails_over_what_is_not_decided() -> None:
    """What fails is told before what the clock could not decide."""
    checks = [check("clock/a", State.INCONCLUSIVE), check("call/b", State.REGRESSED)]
    ruled = rule(checks, load_policy(None), today=TODAY)
    assert ruled.verdict == "FAIL"
    assert ruled.rulings == (Ruling.INCONCLUSIVE, Ruling.FAIL)
    assert ruled.reasons == ("regressed: 1 call check: call/b",)


def test_a_waiver_lets_its_findings_pass(tmp_path: Path) -> None:
    """Findings that a waiver matches are accepted, with its reason and link in the record."""
    path = write(
        tmp_path,
        '[[waiver]]\ncheck = "call/blot-*"\nreason = "we do not blot"\n'
        'link = "https://example.org/1"\nexpires = 2026-06-01\n',
    )
    checks = [check("call/blot-sinc", State.REGRESSED), check("call/plain", State.SAME)]
    ruled = rule(checks, load_policy(path), today=TODAY)
    assert ruled.verdict == "PASS"
    assert ruled.rulings[0] is Ruling.WAIVED
    assert ruled.waived == {"call/blot-sinc": "we do not blot (https://example.org/1)"}


def test_an_expired_waiver_fails(tmp_path: Path) -> None:
    """After its day a waiver no longer excuses, and is told as expired."""
    path = write(tmp_path, '[[waiver]]\ncheck = "call/*"\nreason = "soon"\nexpires = 2026-05-31\n')
    ruled = rule([check("call/a", State.REGRESSED)], load_policy(path), today=TODAY)
    assert ruled.verdict == "FAIL"
    assert "expired on 2026-05-31" in ruled.reasons[0]
    assert ruled.rulings == (Ruling.FAIL,)


def test_a_waiver_that_matches_nothing_fails(tmp_path: Path) -> None:
    """A waiver of what is no longer found must be taken out."""
    path = write(tmp_path, '[[waiver]]\ncheck = "call/*"\nreason = "soon"\nexpires = 2027-01-01\n')
    ruled = rule([check("call/a", State.FIXED)], load_policy(path), today=TODAY)
    assert ruled.verdict == "FAIL"
    assert "matches no finding" in ruled.reasons[0]


def test_what_a_project_ignores_and_what_it_fails_on(tmp_path: Path) -> None:
    """A project says which checks count, and which states."""
    path = write(tmp_path, 'fail_on = ["regressed"]\nignore = ["*lanczos*"]\n')
    checks = [check("difference/lanczos3", State.REGRESSED), check("call/a", State.WARNS)]
    ruled = rule(checks, load_policy(path), today=TODAY)
    assert ruled.verdict == "PASS"
    assert ruled.rulings == (Ruling.IGNORED, Ruling.NOTE)


def test_an_undecided_clock_may_be_let_pass(tmp_path: Path) -> None:
    """A project may run the gate where the clock cannot decide."""
    path = write(tmp_path, "require_clock = false\n")
    ruled = rule([check("clock/a", State.INCONCLUSIVE)], load_policy(path), today=TODAY)
    assert ruled.verdict == "PASS"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[waiver]]\ncheck = "a"\nexpires = 2027-01-01\n', "reason"),
        ('[[waiver]]\ncheck = "a"\nreason = " "\nexpires = 2027-01-01\n', "empty reason"),
        ('[[waiver]]\ncheck = "a"\nreason = "b"\nexpires = "soon"\n', "expires"),
        ('fail_on = ["bad"]\n', "fail_on"),
        ("sensitivity = 0.0\n", "sensitivity is 0"),
        ("sensitivty = 0.1\n", "sensitivty"),
        ("fail_on = [", "is not TOML"),
        (2 * '[[waiver]]\ncheck = "a"\nreason = "b"\nexpires = 2027-01-01\n', "stands twice"),
    ],
)
def test_a_faulty_policy_names_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    """A mistake in a policy is told before anything is installed."""
    path = write(tmp_path, text)
    with pytest.raises(FixtureError, match=told) as caught:
        load_policy(path)
    assert str(path) in str(caught.value)


def test_an_absent_policy(tmp_path: Path) -> None:
    """A policy file that is not there is an error, never an empty policy."""
    with pytest.raises(FixtureError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
