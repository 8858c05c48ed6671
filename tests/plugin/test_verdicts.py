"""A verdict is the outcome of a test: exit code, JUnit and record agree."""

import pytest

JUNIT = {
    "PASS": "passed",
    "FAIL": "failure",
    "EXPECTED_FAIL": "xfail",
    "NOT_MEASURED": "failure",
}
ENTRY = """
[[expected_failure]]
core = "{core}"
case = "{case}"
specification = "{specification}"
reason = "loses a tenth of the light"
"""


@pytest.fixture(scope="module")
def judged(run_gate, tmp_path_factory):
    """Give a parallel run of three cores, of which one loses flux as it is known to."""
    path = tmp_path_factory.mktemp("entries") / "mine.toml"
    path.write_text(ENTRY.format(core="lossy", case="scene/*", specification="photometry.flux*"))
    return run_gate(
        *("--core", "acting:Sound", "--core", "acting:Lossy", "--core", "acting:Raising"),
        *("-n", "2", "--expected-failures", str(path)),
    )


def test_the_header_names_cores_profile_and_frames(judged):
    """Whoever reads a log knows what was judged on what."""
    assert "drizzle cores: sound 1.0, lossy 1.0, raising 1.0; profile quick" in judged.text
    assert "frames: " in judged.text
    assert "(folder: none)" in judged.text
    assert "left out: frames/niriss-hd36805, whose frames are not here" in judged.text


def test_a_sound_core_passes(judged):
    """All verdicts on it are PASS."""
    assert {one["outcome"] for one in judged.verdicts("sound").values()} == {"PASS"}
    assert len(judged.verdicts("sound")) > 20


def test_a_fault_fails_where_it_is_not_known(judged):
    """Flux is an expected failure, the pixels are not."""
    found = judged.verdicts("lossy")
    assert found["photometry.flux_ratio"]["outcome"] == "EXPECTED_FAIL"
    assert "loses a tenth of the light" in found["photometry.flux_ratio"]["message"]
    assert found["agreement.science"]["outcome"] == "FAIL"
    assert found["agreement.weight"]["outcome"] == "PASS"
    assert judged.code == 1


def test_what_is_known_is_told_in_one_line_a_reason_at_the_end(judged):
    """Failures of single tests come first, so that the last lines are the verdict."""
    known = "known of lossy, 1 checks: loses a tenth of the light"
    assert known in judged.text
    places = [judged.text.index(one) for one in ("short test summary", known, "verdicts: ")]
    assert places == sorted(places)


def test_a_core_that_raises_fails_all_its_checks(judged):
    """Every check has its verdict, with the reason."""
    found = judged.verdicts("raising")
    assert set(found) == set(judged.verdicts("sound"))
    assert {one["outcome"] for one in found.values()} == {"FAIL"}
    assert all("failed with ValueError: no luck" in one["message"] for one in found.values())


def test_record_and_junit_agree(judged):
    """Each verdict is the outcome of one test, whichever process ran it."""
    recorded = {
        (one["core"], one["specification"]): {JUNIT[one["outcome"]]}
        for one in judged.record["verdicts"]
    }
    assert recorded == judged.outcomes


def test_the_record_says_what_was_run(judged):
    """Cores with versions, the profile, and what was left out."""
    assert judged.record["cores"] == {"lossy": "1.0", "raising": "1.0", "sound": "1.0"}
    assert judged.record["profile"] == "quick"
    assert "frames/niriss-hd36805" in judged.record["absent"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"core": "sound", "case": "scene/nowhere-*", "specification": "psf.*"},
            "[core sound, case scene/nowhere-*, specification psf.*] matches nothing",
        ),
        (
            {"core": "sound", "case": "scene/no-dither-*", "specification": "integrity.finite"},
            "passes, but",
        ),
    ],
    ids=["unmatched", "stale"],
)
def test_entries_are_held_to_what_they_say(run_gate, tmp_path, fields, message):
    """An entry that nothing answers to, or that passes, fails the run."""
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY.format(**fields))
    session = run_gate("--core", "acting:Sound", "--expected-failures", str(path))
    assert session.code == 1
    assert message in session.text


def test_what_a_core_cannot_do_is_told(run_gate):
    """Without a dq image its check is not applicable: told, recorded, and no failure."""
    pytest.importorskip("drizzlepac", exc_type=ImportError)
    session = run_gate("--core", "drizzlepac")
    assert session.code == 0
    assert session.verdicts("drizzlepac")["integrity.dq"]["outcome"] == "NOT_APPLICABLE"
    assert "not applicable to 1 checks: drizzlepac makes no dq image" in session.text


def test_what_could_not_be_measured_fails_unless_declared(run_gate, tmp_path):
    """A truncated frame is told by name; a partial run goes on without it."""
    (tmp_path / "j8bt06nyq_flt.fits").write_bytes(b"SIMPLE  =                    T" * 100)
    for partial, code in ([], 1), (["--partial"], 0):
        session = run_gate(
            "--core", "acting:Sound", *partial, cases="frames/hrc-47tuc", frames=tmp_path
        )
        assert session.code == code
        found = session.verdicts("sound")
        assert {one["outcome"] for one in found.values()} == {"NOT_MEASURED"}
        assert all("j8bt06nyq_flt.fits" in one["message"] for one in found.values())
