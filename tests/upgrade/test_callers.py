"""Tests of harness.upgrade.callers and harness.upgrade.interface, on two small wheels."""

from pathlib import Path

import numpy as np
import pytest

from harness.errors import EnvironmentBuildError, FixtureError
from harness.fixture_data import list_fixtures
from harness.upgrade import callers
from harness.upgrade.answers import Answer, untrue_notices
from harness.upgrade.callers import Call, compare_answers, compare_calls, load_calls, run_calls
from harness.upgrade.check import State
from harness.upgrade.environments import prepare_environment
from harness.upgrade.interface import compare_inventories, take_inventory
from harness.upgrade.side import parse_side

OLD = """
import warnings
def kept(a, b=1): return a
def gone(a): return a
def renamed(scale): return scale
def doubled(a): return a
def slow(a): return a
def moved(a, b, c): return a
def _private(): pass
class Thing:
    def method(self, x): return x
"""
NEW = """
import os, warnings
def kept(a, b=1): warnings.warn("b will go", DeprecationWarning); return a
def renamed(ratio): return ratio
def doubled(a): return 2 * a
def slow(a): os.abort()
def moved(a, c, b): return a
def fresh(): pass
class Thing:
    def method(self, x, y=0): return x + 1
"""
CODES = {
    "kept": 'from tiny import kept; result = {"a": kept(np.ones(3))}',
    "gone": 'from tiny import gone; result = {"a": gone(np.ones(3))}',
    "renamed": 'from tiny import renamed; result = {"a": renamed(scale=np.ones(3))}',
    "doubled": 'from tiny import doubled; result = {"a": doubled(np.arange(3.0))}',
    "died": 'from tiny import slow; result = {"a": slow(np.ones(3))}',
    "method": 'from tiny import Thing; x = np.arange(3.0); result = {"a": Thing().method(x)}',
    "expected": 'from tiny import Thing\nx = np.ones(3)\n'
    'result = {"a": Thing().method(x), "expected_a": x + 1}',
    "fresh": 'from tiny import fresh; result = {"a": 1}',
    "after": 'from tiny import kept; result = {"a": 5}',
}  # fmt: skip
STATES = {
    "kept": State.WARNS,
    "gone": State.VANISHED,
    "renamed": State.VANISHED,
    "doubled": State.CONVENTION,
    "died": State.REGRESSED,
    "method": State.CHANGED,
    "expected": State.FIXED,
    "fresh": State.ADDED,
    "after": State.SAME,
}
BACK = {
    State.WARNS: State.QUIET,
    State.VANISHED: State.ADDED,
    State.ADDED: State.VANISHED,
    State.REGRESSED: State.FIXED,
    State.FIXED: State.REGRESSED,
}


@pytest.fixture
def sides(tmp_path: Path, make_wheel):
    """Return the environments of both wheels, which take numpy from where it is installed."""
    site = Path(np.__file__).parents[1]
    made = []
    for version, code in (("1.0", OLD), ("2.0", NEW)):
        files = {"tiny/__init__.py": code, "tiny_numpy.pth": f"{site}\n"}
        wheel = make_wheel("tiny", version, files)
        made.append(prepare_environment(parse_side(str(wheel)), cache=tmp_path / "cache"))
    return made


def test_callers_code_is_classed_in_both_directions(sides) -> None:
    """Each way of breaking a caller has its state, and the reverse is what it should be."""
    calls = tuple(Call(name=name, purpose=name, code=code) for name, code in CODES.items())
    answers = [run_calls(side, calls) for side in sides]
    forward = {one.name.removeprefix("call/"): one for one in compare_calls(calls, *answers)}
    assert {name: one.state for name, one in forward.items()} == STATES
    assert "SIG" in forward["died"].new or "exit code -6" in forward["died"].new
    assert forward["doubled"].figures["factor"] == 2
    assert forward["doubled"].smallest == CODES["doubled"]
    back = {one.name.removeprefix("call/"): one for one in compare_calls(calls, *answers[::-1])}
    assert {name: one.state for name, one in back.items()} == {
        name: BACK.get(state, state) for name, state in STATES.items()
    }


def test_names_and_parameters(sides) -> None:
    """What vanished, came, or changed its place is told name by name."""
    inventories = [take_inventory(side) for side in sides]
    found = {one.name.removeprefix("interface/"): one for one in compare_inventories(*inventories)}
    assert {name: one.state for name, one in found.items()} == {
        "tiny.gone": State.VANISHED,
        "tiny.fresh": State.ADDED,
        "tiny.renamed/scale": State.VANISHED,
        "tiny.renamed/new": State.ADDED,
        "tiny.moved/order": State.CONVENTION,
        "tiny.Thing.method/new": State.ADDED,
    }
    assert "new: ratio" in found["tiny.renamed/scale"].message


def test_a_package_that_cannot_be_imported(tmp_path: Path, make_wheel) -> None:
    """A side that does not import is an error that says why."""
    wheel = make_wheel("tiny", "1.0", {"tiny/__init__.py": "import absent_thing\n"})
    side = prepare_environment(parse_side(str(wheel)), cache=tmp_path / "cache")
    with pytest.raises(EnvironmentBuildError, match="absent_thing"):
        take_inventory(side)


CALL = Call(name="a", purpose="a", code="")


def answer(**fields) -> Answer:
    """Return what a call that worked left."""
    return Answer(outcome="returned", **fields)


def test_the_smaller_error_is_the_better_side() -> None:
    """Where a call tells its error, the side with the smaller one is right."""
    near, far = (
        answer(arrays={"sci": np.array([1.0, 1.0 + e]), "error_sci": np.array([e])})
        for e in (0.1, 0.3)
    )
    assert compare_answers(CALL, far, near).state is State.FIXED
    assert compare_answers(CALL, near, far).state is State.REGRESSED
    close = answer(arrays={"sci": np.array([1.0, 1.12]), "error_sci": np.array([0.12])})
    assert compare_answers(CALL, near, close).state is State.CHANGED
    assert compare_answers(CALL, near, near).state is State.SAME


def test_what_is_wrong_on_both_sides_is_no_change() -> None:
    """Two wrong results, which chance may have made, are not compared with each other."""
    sides = [answer(arrays={"a": np.array([x]), "expected_a": np.array([1.0])}) for x in (7.0, 9.0)]
    found = compare_answers(CALL, *sides)
    assert found.state is State.SAME
    assert "wrong on both" in found.message


def told(*notices: str, version: str = "3.0.0") -> Answer:
    """Return the answer of a release that gives notices."""
    return answer(warnings=notices, notices=notices, untrue=untrue_notices(tuple(notices), version))


def test_other_words_of_a_warning() -> None:
    """A warning of the same category in other words is not a new one."""
    old, new = (told(f"UserWarning: this is {v}") for v in ("odd", "strange"))
    assert compare_answers(CALL, old, new).state is State.REWORDED


def test_a_notice_that_is_gone_is_missed() -> None:
    """To be told no more of what is taken as before fails; of arithmetic nobody need be told."""
    notice = told("DeprecationWarning: scale will go")
    assert compare_answers(CALL, notice, told()).state is State.QUIET
    assert compare_answers(CALL, told(), notice).state is State.WARNS
    arithmetic = told("RuntimeWarning: divide by zero")
    assert compare_answers(CALL, arithmetic, told()).state is State.SAME
    of_others = answer(warnings=("DeprecationWarning: pkg_resources will go",))
    for sides in ((of_others, told()), (told(), of_others)):
        assert compare_answers(CALL, *sides).state is State.SAME


def test_a_notice_that_cannot_be_true() -> None:
    """A release cannot deprecate since a later one; the way back to such a notice is a fault."""
    false = told("DeprecationWarning: deprecated since version 3.0", version="2.2.0")
    true = told("DeprecationWarning: deprecated since version 2.2.0")
    assert compare_answers(CALL, false, true).state is State.FIXED
    assert compare_answers(CALL, true, false).state is State.REGRESSED
    assert compare_answers(CALL, told(), false).state is State.WARNS
    assert untrue_notices(false.notices, "2.3.0.dev5") == ()


def test_to_be_refused_is_better_than_a_wrong_result() -> None:
    """What was refused and now gives what is wrong is a regression; a name that came is none."""
    wrong = answer(values={"flux": "2", "expected_flux": "1"})
    refused = Answer(outcome="raised", error="ValueError", message="unknown kernel")
    assert compare_answers(CALL, refused, wrong).state is State.REGRESSED
    back = compare_answers(CALL, wrong, refused)
    assert back.state is State.REGRESSED
    assert "a wrong result (flux)" in back.message
    absent = Answer(outcome="raised", error="TypeError", message="'x' is an invalid argument")
    assert compare_answers(CALL, absent, wrong).state is State.ADDED


def test_what_lacks_a_name_and_what_is_a_fault() -> None:
    """A name or a parameter that is not there is told from an error inside."""
    right = answer(values={"flux": "1"})
    for error, message, state in (
        ("AttributeError", "module 'tiny' has no attribute 'gone'", State.ADDED),
        ("AttributeError", "'int' object has no attribute 'find'", State.FIXED),
        ("TypeError", "f() got an unexpected keyword argument 'x'", State.ADDED),
        ("TypeError", "'>' not supported between NoneType and NoneType", State.FIXED),
    ):
        old = Answer(outcome="raised", error=error, message=message)
        assert compare_answers(CALL, old, right).state is state


def test_a_prelude_comes_before_the_code(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls share code by the name of a prelude, which must be there."""
    path = tmp_path / "tiny.toml"
    call = '[[call]]\nname = "a"\npurpose = "a"\ncode = "result = {}"\nprelude = "{}"\n'
    monkeypatch.setattr(callers, "list_fixtures", lambda folder: {"tiny": path})
    path.write_text('[prelude]\nfirst = "x = 1;"\n' + call.replace('"{}"', '"first"'))
    assert load_calls("tiny")[0].code == "x = 1;result = {}"
    path.write_text(call.replace('"{}"', '"absent"'))
    with pytest.raises(FixtureError, match="wants the prelude 'absent'"):
        load_calls("tiny")


def test_who_warns(tmp_path: Path, make_wheel) -> None:
    """A notice is what the package tells its callers, not what others say of it."""
    files = {
        "tiny/__init__.py": "import warnings, other\n"
        "def own(): warnings.warn('own', DeprecationWarning)\n"
        "def level(): warnings.warn('level', UserWarning, stacklevel=2)\n"
        "def inside(): other.old()\n"
        "old = other.deprecated\n",
        "other.py": "import warnings\n"
        "def old(): warnings.warn('of other', DeprecationWarning, stacklevel=2)\n"
        "def deprecated(): warnings.warn('by other for tiny', FutureWarning, stacklevel=2)\n",
        "tiny_numpy.pth": f"{Path(np.__file__).parents[1]}\n",
    }
    wheel = make_wheel("tiny", "1.0", files)
    side = prepare_environment(parse_side(str(wheel)), cache=tmp_path / "cache")
    code = "import tiny; tiny.own(); tiny.level(); tiny.inside(); tiny.old(); result = {}"
    found = run_calls(side, (Call(name="a", purpose="a", code=code),))["a"]
    assert set(found.notices) == {
        "DeprecationWarning: own", "UserWarning: level", "FutureWarning: by other for tiny",
    }  # fmt: skip
    assert set(found.warnings) - set(found.notices) == {"DeprecationWarning: of other"}


@pytest.mark.parametrize("package", sorted(list_fixtures("calls")))
def test_calls_that_ship(package: str) -> None:
    """The calls that come with the harness have unique names and are Python."""
    calls = load_calls(package)
    names = [call.name for call in calls]
    assert len(set(names)) == len(names)
    for call in calls:
        compile(call.code, call.name, "exec")
        assert "result = {" in call.code
