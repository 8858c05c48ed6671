"""A core that ends its process, or never comes back, is a result and not the end of the run."""

import pytest


@pytest.fixture(scope="module")
def session(run_gate):
    """Give a run of a core that dies, one that hangs and one that is sound."""
    return run_gate(
        *("--core", "acting:Dying", "--core", "acting:Hanging", "--core", "acting:Sound"),
        *("-n", "1", "--core-timeout", "5"),
    )


@pytest.mark.parametrize(
    ("core", "reason"),
    [
        ("dying", "the process in which the core ran has died"),
        ("hanging", "gave no product within 5 s"),
    ],
)
def test_a_death_is_the_verdict_of_every_check(session, core, reason):
    """Each check of the case fails with the reason, once."""
    found = session.verdicts(core)
    assert set(found) == set(session.verdicts("sound"))
    assert {one["outcome"] for one in found.values()} == {"FAIL"}
    assert all(reason in one["message"] for one in found.values())


def test_the_run_goes_on(session):
    """What comes after the dead is judged as ever."""
    assert {one["outcome"] for one in session.verdicts("sound").values()} == {"PASS"}
    assert session.code == 1


def test_junit_has_no_more_than_the_record(session):
    """The test in which the process died failed, and no other core's did."""
    for (core, _), kinds in session.outcomes.items():
        assert ("failure" in kinds or "error" in kinds) is (core != "sound")
