"""Expected failures: what they excuse, what they do not, and how files are checked."""

import dataclasses

import pytest

from harness.errors import SpecificationError
from harness.gates.expected import (
    ExpectedFailure,
    apply_expected,
    covers_version,
    load_expected_failures,
)
from harness.model import Outcome, Verdict

ENTRY = ExpectedFailure(
    core="mycore",
    case="scene/*",
    specification="coverage.*",
    reason="Drops the edge.",
    link="https://example.org/1",
    source="mycore.toml",
)
VERDICT = Verdict(
    outcome=Outcome.FAIL,
    specification="coverage.holes",
    level="design",
    case="scene/box",
    core="mycore",
    measurement=None,
    message="seen",
)


def write(path, **keys):
    """Write one entry, with some keys changed."""
    entry = {
        "core": "mycore",
        "case": "scene/*",
        "specification": "coverage.*",
        "reason": "Drops the edge.",
    } | keys
    lines = [f'{key} = "{value}"' for key, value in entry.items()]
    path.write_text("\n".join(["[[expected_failure]]", *lines]))
    return path


def test_listed_failure_is_expected():
    """A FAIL that is listed says why and where it was reported."""
    verdict = apply_expected(VERDICT, "1.2", [ENTRY])
    assert verdict.outcome is Outcome.EXPECTED_FAIL
    assert "Drops the edge. (https://example.org/1)" in verdict.message
    assert "seen" in verdict.message


def test_listed_pass_fails():
    """A case that starts to pass fails until the entry goes."""
    passing = dataclasses.replace(VERDICT, outcome=Outcome.PASS)
    verdict = apply_expected(passing, "1.2", [ENTRY])
    assert verdict.outcome is Outcome.FAIL
    assert "passes, but mycore.toml" in verdict.message


@pytest.mark.parametrize("kept", [Outcome.NOT_APPLICABLE, Outcome.NOT_MEASURED])
def test_what_was_not_judged_is_not_excused(kept):
    """An entry excuses a failure, not a measurement that is missing."""
    verdict = dataclasses.replace(VERDICT, outcome=kept)
    assert apply_expected(verdict, "1.2", [ENTRY]) is verdict


@pytest.mark.parametrize(
    "change",
    [
        {"core": "other"},
        {"case": "frames/*"},
        {"specification": "weight.*"},
        {"core_versions": "<1.2"},
        {"case": "Scene/*"},
    ],
)
def test_entry_for_something_else_excuses_nothing(change):
    """Core, case, specification and version must all match, to the letter."""
    entry = dataclasses.replace(ENTRY, **change)
    assert apply_expected(VERDICT, "1.2", [entry]) is VERDICT


@pytest.mark.parametrize(
    ("versions", "version", "covered"),
    [
        ("", "anything at all", True),
        ("==3.0.0", "3.0.0", True),
        (">=2.1,<3.1", "3.1.0", False),
        (">=2.1", "3.1.0.dev7", True),
        (">=2.1", "3.1.0rc1+gabc", True),
        (">=2.1", "not a version", False),
    ],
)
def test_versions_are_those_of_the_package_index(versions, version, covered):
    """Specifiers follow PEP 440, and development versions count."""
    entry = dataclasses.replace(ENTRY, core_versions=versions)
    assert covers_version(entry, version) is covered


def test_files_of_the_user_are_added(tmp_path):
    """A user's file is read beside what ships, and an entry knows its file."""
    path = write(tmp_path / "mine.toml", core_versions=">=1")
    shipped = load_expected_failures()
    both = load_expected_failures(path)
    assert both[: len(shipped)] == shipped
    assert both[-1].source == str(path)
    assert both[-1].core_versions == ">=1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": "  "}, "empty reason"),
        ({"case": ""}, "empty case"),
        ({"core_versions": "newer than 2"}, "'newer than 2'"),
    ],
)
def test_entry_without_reason_or_meaning_is_refused(tmp_path, change, said):
    """An excuse needs a reason, patterns and versions that can be read; the file is named."""
    path = write(tmp_path / "mine.toml", **change)
    with pytest.raises(SpecificationError, match=said) as caught:
        load_expected_failures(path, shipped=False)
    assert str(path) in str(caught.value)


def test_entry_twice_is_refused(tmp_path):
    """Two entries for the same thing would hide which one is stale."""
    first = write(tmp_path / "a.toml")
    second = write(tmp_path / "b.toml", reason="Another.")
    with pytest.raises(SpecificationError, match="stands twice"):
        load_expected_failures(first, second, shipped=False)


def test_file_without_entries_is_fine(tmp_path):
    """The shipped files start empty."""
    path = tmp_path / "none.toml"
    path.write_text("# nothing yet\n")
    assert load_expected_failures(path, shipped=False) == ()
