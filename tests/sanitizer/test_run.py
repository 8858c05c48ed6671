"""What sanitizers report of a core: watched, held against the known causes, and told."""

from pathlib import Path

import numpy as np
import pytest

from harness import fixture_data
from harness.cores.request import BlotRequest, Reply, make_pixmap
from harness.discovery.corpus import cases_dir, load_finding, load_findings
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.registry import claims
from harness.discovery.replay import replay_one
from harness.discovery.subject import SANITIZER, Subject
from harness.errors import FixtureError
from harness.fixture_data import list_fixtures, load_fixture
from harness.sanitizer.causes import FOLDER, Cause, CauseFile, load_causes
from harness.sanitizer.keep import keep_case
from harness.sanitizer.report import Report
from harness.sanitizer.run import Sanitized, Sighting, describe
from harness.sanitizer.watched import Watched

TREE = Path("/tree")
OVERFLOW = """\
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6040 at pc 0x7f bp 0x7f sp 0x7f
READ of size 4 at 0x6040 thread T0
    #0 0x7f in get_pixel /tree/util.h:344
    #1 0x7f in doblot /tree/blot.c:717
"""
SIGNATURE = "foreign read in get_pixel < doblot"
FILES = {name: load_fixture(path, CauseFile) for name, path in list_fixtures(FOLDER).items()}
"""The shipped ones."""


class Overflowing:
    """A worker whose core reads beyond images of fewer than three rows, and is right otherwise."""

    def perform(self, request, *, time_limit=10.0):
        """Perform one request."""
        if isinstance(request, BlotRequest) and request.data.shape[0] < 3:
            return Reply(outcome="died", error="SIGABRT", message=OVERFLOW)
        return OraclePerformer().perform(request)


def request(rows, columns=5):
    """Return a blot of an image of some rows."""
    return BlotRequest(
        data=np.ones((rows, columns), dtype=np.float32), pixmap=make_pixmap((4, 4)), interp="linear"
    )


@pytest.fixture
def subject():
    """Open a watched core."""
    return Subject(Watched(Overflowing(), TREE), "small")


def test_a_watched_core_names_the_place(subject):
    """A report becomes a violation of the claim that only a sanitizer can judge."""
    claim = claims()["sanitized"]
    assert SANITIZER not in subject.unsupported
    assert claim.check(subject, request(4)) is None
    found = claim.check(subject, request(2))
    assert (found.kind, found.actual) == ("foreign read", SIGNATURE)


@pytest.mark.parametrize("outcome", ["died", "timed_out", "out_of_memory"])
def test_an_end_without_a_report_is_one(outcome):
    """What ends the process otherwise is not passed over."""
    report = Watched(Overflowing(), TREE).report(Reply(outcome=outcome, error="SIGKILL"))
    assert report.signature == f"{outcome.replace('_', ' ')} in ?"


def test_a_new_report_becomes_a_minimal_case(subject, tmp_path):
    """The request is simplified while the report stays, and kept as a case of the corpus."""
    path = keep_case(subject, request(2, 9), SIGNATURE, tmp_path, {"small": "1", "numpy": "2"})
    kept = load_finding(path)
    assert path.name == kept.slug
    assert kept.claim == "sanitized"
    assert kept.actual == SIGNATURE
    assert kept.request.data.shape == (2, 2)
    assert "fsanitize" in (path / "issue.md").read_text()
    assert keep_case(subject, request(4), SIGNATURE, tmp_path, {}) is None


def test_an_ordinary_build_is_not_asked(subject, tmp_path):
    """The replay of such a case says that it takes a sanitizer; on a watched core it is judged."""
    path = keep_case(subject, request(2), SIGNATURE, tmp_path, {})
    finding = load_finding(path)
    ordinary = replay_one(Subject(OraclePerformer(), "small"), finding)
    assert ordinary.state == "not run"
    assert "sanitizers" in ordinary.message
    assert replay_one(subject, finding).state == "still there"


def result(seen, known, gone=()):
    """Return what came of a run."""
    sightings = {
        one: Sighting(
            report=Report(what="", where="", stack=("f a.c:1",), text="text"),
            told="case x",
            request=request(2),
        )
        for one in seen
    }
    return Sanitized(
        core="small", version="1", requests=9, deaths=2, seen=sightings, known=known, gone=gone,
        kept={},
    )  # fmt: skip


def test_only_what_is_known_passes(tmp_path):
    """A new report fails the run and is told; so does a cause whose case shows nothing any more."""
    cause = Cause(case="small-case", signatures=("foreign read in * < doblot",))
    known = result([SIGNATURE], {SIGNATURE: cause})
    new = result([SIGNATURE, "null pointer in f"], {SIGNATURE: cause})
    gone = result([SIGNATURE], {SIGNATURE: cause}, (cause,))
    assert [one.as_known for one in (known, new, gone)] == [True, False, False]
    assert new.new == ("null pointer in f",)
    lines = describe(new, tmp_path)
    assert f"{SIGNATURE} (known: small-case)" in lines
    assert "null pointer in f (NEW)" in lines
    assert (tmp_path / "02.txt").read_text() == "text"
    assert "GONE: case small-case" in " ".join(describe(gone, tmp_path))


@pytest.mark.parametrize("name", FILES)
def test_shipped_causes_have_cases(name):
    """Every entry names a case of its core; one that only a sanitizer sees has its signature."""
    content = FILES[name]
    cases = {one.slug: one for one in load_findings(cases_dir(), core=content.core)}
    for cause in content.cause:
        assert cause.case in cases
        if cases[cause.case].claim == "sanitized":
            assert cause.explains(cases[cause.case].actual)
    listed = {cause.case for cause in content.cause}
    assert {slug for slug, one in cases.items() if one.claim == "sanitized"} <= listed


def test_causes_are_read_for_their_releases_and_held_to_their_cases(monkeypatch, tmp_path):
    """Other releases have none; a case that is not there, or no signature, is an error."""
    path = tmp_path / "small.toml"
    text = 'core = "small"\ncore_versions = "<2"\n[[cause]]\ncase = "one"\nsignatures = {}\n'
    path.write_text(text.format('["a in b"]'))
    monkeypatch.setattr(fixture_data, "list_fixtures", lambda folder: {"small": path})
    (cause,) = load_causes("small", "1.0", {"one"})
    assert cause.explains("a in b")
    assert not cause.explains("a in c")
    assert load_causes("small", "2.0", {"one"}) == ()
    assert load_causes("other", "1.0", {"one"}) == ()
    with pytest.raises(FixtureError, match="is no case of the core"):
        load_causes("small", "1.0", set())
    path.write_text(text.format("[]"))
    with pytest.raises(FixtureError, match="has no signatures"):
        load_causes("small", "1.0", {"one"})
