"""Tests of harness.records: verdicts as versioned JSON."""

import json

import pytest

from harness.errors import FixtureError, UsageError
from harness.model import Measurement, Outcome, Verdict
from harness.records import (
    SCHEMA,
    VERSION,
    check_writable,
    make_record,
    read_record,
    verdict_to_plain,
    write_record,
)


def verdict(**fields):
    """Return a verdict as plain data."""
    measurement = Measurement(
        metric="a.b", value=fields.pop("value", 1.5), unit="", region="here", sample_size=3
    )
    plain = {
        "outcome": Outcome.PASS,
        "specification": "a.b",
        "level": "minimum",
        "case": "scene/one",
        "core": "drizzle",
        "measurement": measurement,
        "message": "",
    }
    return verdict_to_plain(Verdict(**(plain | fields))) | {"core_version": "3.0.0"}


def test_a_record_comes_back_as_it_was_written(tmp_path):
    """Folders are made; schema, versions, cores and verdicts are there."""
    record = make_record([verdict()], profile="quick", absent=["frames/x"])
    path = tmp_path / "new" / "gate.json"
    write_record(record, path)
    assert read_record(path) == record
    assert (record["schema"], record["version"]) == (SCHEMA, VERSION)
    assert record["cores"] == {"drizzle": "3.0.0"}
    assert record["absent"] == ["frames/x"]
    assert record["verdicts"][0]["measurement"]["value"] == 1.5
    assert [path.name for path in path.parent.iterdir()] == ["gate.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_json_cannot_hold_become_text(value):
    """A record is JSON that every reader takes."""
    text = json.dumps(make_record([verdict(value=value)], profile="quick"), allow_nan=False)
    assert json.loads(text)["verdicts"][0]["measurement"]["value"] == str(value)


def test_order_does_not_hang_on_the_process():
    """Verdicts stand by core, case and specification, whoever was first."""
    some = [verdict(core="b"), verdict(core="a", case="y"), verdict(core="a", case="x")]
    one = make_record(some, profile="quick")["verdicts"]
    assert one == make_record(some[::-1], profile="quick")["verdicts"]
    assert [(v["core"], v["case"]) for v in one] == [("a", "x"), ("a", "y"), ("b", "scene/one")]


def test_a_check_that_ran_twice_counts_once():
    """Where a process died and another took over, the last verdict stands."""
    record = make_record([verdict(message="first"), verdict(message="last")], profile="quick")
    assert [one["message"] for one in record["verdicts"]] == ["last"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no record"),
        ("[]", "is no record.*a JSON object"),
        ('{"schema": "drizzle-harness/gate", "version": 99}', r"\('drizzle-harness/gate', 99\)"),
        ('{"schema": "other", "version": 1}', r"\('other', 1\)"),
    ],
)
def test_what_is_no_record_is_told(tmp_path, text, message):
    """A broken, foreign or newer file is named with what it is."""
    path = tmp_path / "gate.json"
    path.write_text(text)
    with pytest.raises(FixtureError, match=rf"gate\.json: .*{message}"):
        read_record(path)


def test_a_missing_record_is_told(tmp_path):
    """So is a file that is not there."""
    with pytest.raises(FixtureError, match=r"none\.json: cannot be read as record.*No such file"):
        read_record(tmp_path / "none.json")


def test_a_record_that_cannot_be_written_is_told_before_and_after(tmp_path):
    """A file where a folder should be, and a folder where the file should be."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "gate.json", tmp_path):
        with pytest.raises(UsageError, match=r"cannot be written.*Name a file in a folder"):
            check_writable(path)
        with pytest.raises(UsageError, match="cannot be written"):
            write_record(make_record([verdict()], profile="quick"), path)
    check_writable(tmp_path / "new" / "gate.json")
    assert not (tmp_path / "new" / "gate.json").exists()


def test_a_failed_write_leaves_the_old_record(tmp_path):
    """What cannot be told as JSON does not destroy what was there."""
    path = tmp_path / "gate.json"
    write_record(make_record([verdict()], profile="quick"), path)
    before = path.read_text()
    with pytest.raises(TypeError):
        write_record({"schema": object()}, path)
    assert path.read_text() == before
