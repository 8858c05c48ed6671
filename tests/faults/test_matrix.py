"""Every fault is found by the check that is there for it, and no other is blamed."""

import dataclasses
from fnmatch import fnmatchcase

import pytest

from harness.cores.registry import list_cores, load_core
from harness.errors import FixtureError
from harness.faults import expectation
from harness.faults import matrix as matrix_module
from harness.faults.core import FAULTS, Fault
from harness.faults.expectation import CLOCK_CHECKS, load_expectations
from harness.faults.matrix import State, run_matrix
from harness.faults.table import list_checks, mark, to_markdown, to_plain
from harness.trials.case import Case

JUDGED = [one.name for one in load_expectations().fault if not one.timed]
HIDDEN = {"drizzlepac": {"nan-leaks": "integrity.finite"}}
"""What cannot be shown on a core that does it by itself."""
IMPOSSIBLE = {"drizzlepac": {"variance-plain", "dq-lost"}}
QUIET = Case(source="scene/no-dither", kernel="square", pixfrac=1.0, scale=0.5)


@pytest.fixture
def expectations():
    """Give what is expected of the faults."""
    return load_expectations()


def altered(expectations, name, **changes):
    """Return the expectations with another one of a fault."""
    changed = [
        dataclasses.replace(one, **changes) if one.name == name else one
        for one in expectations.fault
    ]
    return dataclasses.replace(expectations, fault=tuple(changed))


@pytest.mark.parametrize("core", ["drizzle", "drizzlepac"])
def test_every_fault_of_a_real_core_is_found_by_its_own_check(core, expectations):
    """All faults turn their own check red, no unrelated one, and the core itself is green."""
    pytest.importorskip(core, reason=f"{core} is not installed", exc_type=ImportError)
    assert core in list_cores()
    matrix = run_matrix(core, expectations, faults=JUDGED)
    assert matrix.right.red == {}
    assert len(matrix.right.green) > 20
    wrong = {row.fault: row.reason for row in matrix.rows if row.state is not State.CAUGHT}
    hidden = HIDDEN.get(core, {})
    assert set(wrong) == set(hidden) | IMPOSSIBLE.get(core, set()), wrong
    for fault, check in hidden.items():
        assert f"{check} is a known failure" in wrong[fault]
    assert matrix.sound


def test_every_check_is_the_own_one_of_a_fault(expectations):
    """No specification that can fail is without a fault that must turn it red."""
    patterns = [pattern for one in expectations.fault for pattern in one.own]
    alone = [
        check
        for check in list_checks()
        if not any(fnmatchcase(check, pattern) for pattern in patterns)
    ]
    assert alone == []


def test_every_pattern_names_a_check(expectations):
    """What is expected of a fault, or allowed, are checks that exist."""
    patterns = {pattern for one in expectations.fault for pattern in one.own}
    patterns |= {pattern for one in expectations.consequence for pattern in one.checks}
    known = list_checks()
    assert not [p for p in patterns if not any(fnmatchcase(check, p) for check in known)]
    assert set(CLOCK_CHECKS) <= set(known)


def test_a_fault_that_its_check_does_not_see_is_missed(expectations):
    """Where a check that should see a fault stays green, the matrix is not sound."""
    blind = altered(expectations, "flux-lost", own=("integrity.fill",), may=("science", "fluxes"))
    matrix = run_matrix("oracle", blind, faults=["flux-lost"], cases=[QUIET])
    assert matrix.rows[0].state is State.MISSED
    assert matrix.rows[0].reason == "integrity.fill stayed green"
    assert not matrix.sound


def test_a_check_that_has_nothing_to_do_with_a_fault_is_told(expectations):
    """A check outside the own ones and the consequences must not turn red."""
    narrow = altered(expectations, "flux-lost", may=("fluxes",))
    matrix = run_matrix("oracle", narrow, faults=["flux-lost"], cases=[QUIET])
    (row,) = matrix.rows
    assert row.state is State.UNRELATED
    assert row.reason.startswith("agreement.science turned red")
    assert mark(row, "agreement.science", narrow) == "✗"
    assert not matrix.sound


def test_a_core_that_is_red_by_itself_is_told(expectations):
    """The matrix of a core that fails without any fault is not sound, and hides what it hides."""
    matrix = run_matrix(
        "fault:flux-lost:oracle", expectations, faults=["flux-lost", "fill-wrong"], cases=[QUIET]
    )
    assert "photometry.flux_ratio" in matrix.right.red
    states = {row.fault: row.state for row in matrix.rows}
    assert states == {"flux-lost": State.HIDDEN, "fill-wrong": State.CAUGHT}
    assert not matrix.sound


def test_a_fault_without_its_case_is_not_shown(expectations):
    """A fault whose own checks no case makes is told, not counted as found."""
    matrix = run_matrix("oracle", expectations, faults=["nan-leaks", "dq-lost"], cases=[QUIET])
    states = {row.fault: row.state for row in matrix.rows}
    assert states == {"nan-leaks": State.MISSED, "dq-lost": State.MISSED}
    noise = run_matrix("oracle", expectations, faults=["order-dependent"], cases=[QUIET])
    assert noise.rows[0].state is State.NOT_SHOWN


def test_a_matrix_becomes_text(expectations):
    """Markdown has a row for each fault and a column for each check made; data say the same."""
    matrix = run_matrix("oracle", expectations, faults=["fill-wrong"], cases=[QUIET])
    text = to_markdown([matrix], expectations)
    (row,) = [line for line in text.splitlines() if line.startswith("| `fill-wrong` | CAUGHT")]
    (right,) = [one for one in matrix.rows if one.fault == "fill-wrong"]
    made = {*right.red, *right.green} & set(list_checks())
    assert row.count("|") == len(made) + 3
    assert row.count("●") == 1
    for name in FAULTS:
        assert f"| `{name}` | {FAULTS[name].statement} |" in text
    plain = to_plain(matrix)
    assert plain["sound"] is True
    assert list(plain["rows"][0]["red"]) == ["integrity.fill"]


def test_expectations_are_held_to_the_faults(monkeypatch):
    """A fault without expectations is an error that names it."""
    added = Fault(name="new-fault", statement="Does nothing.", wrong=lambda call: call.right())
    monkeypatch.setitem(FAULTS, "new-fault", added)
    with pytest.raises(FixtureError, match="new-fault"):
        load_expectations()


@pytest.mark.parametrize(("key", "value"), [("cases", "nowhere"), ("may", "anything")])
def test_expectations_name_what_is_there(monkeypatch, key, value):
    """A case or a consequence that is not there is an error that names it."""
    wrong = altered(load_expectations(), "parity", **{key: (value,)})
    monkeypatch.setattr(expectation, "load_fixture", lambda path, kind: wrong)
    with pytest.raises(FixtureError, match=f"'parity' names '{value}'"):
        load_expectations()


class WrongAtOnePixfrac:
    """A core that fills with zeros where whole pixels are drizzled, and is right elsewhere."""

    def __init__(self):
        self._right, self._wrong = load_core("oracle"), load_core("fault:fill-wrong:oracle")
        self.name, self.version = "half-right", "1"
        self.capabilities = self._right.capabilities

    def drizzle(self, exposures, params):
        """Combine exposures."""
        core = self._wrong if params.pixfrac == 1.0 else self._right
        return core.drizzle(exposures, params)


@pytest.mark.parametrize(
    ("pixfracs", "state"), [((1.0,), State.HIDDEN), ((1.0, 0.7), State.CAUGHT)]
)
def test_what_is_red_by_itself_on_one_case_counts_on_another(
    expectations, monkeypatch, pixfracs, state
):
    """A failure of the core itself hides a fault on its own case alone."""
    monkeypatch.setattr(matrix_module, "load_core", lambda spec: WrongAtOnePixfrac())
    cases = [dataclasses.replace(QUIET, pixfrac=one) for one in pixfracs]
    matrix = run_matrix("half-right", expectations, faults=["fill-wrong"], cases=cases)
    assert matrix.rows[0].state is state
