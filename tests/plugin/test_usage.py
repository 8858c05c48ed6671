"""What is asked of the gate wrongly ends the run before anything is computed, with exit code 4."""

import pytest

USAGE = 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["-n", "2", "--core", "nonesuch"],
            "no core is called 'nonesuch'. Allowed: astrodrizzle, drizzle",
        ),
        (["--core", "nonesuch:Core"], "core nonesuch:Core: cannot be imported"),
        (["--core", "acting:Nobody"], "cannot be made"),
        (["--core", "acting:Sound", "--core", "acting:Double"], "two of the cores call themselves"),
        (["--core", "acting:Sound", "--profile", "huge"], "invalid choice: 'huge'"),
        (["--core", "acting:Sound", "--frames-dir", "/nowhere"], "/nowhere is not a folder"),
        (["--core", "acting:Sound", "--expected-failures", "no.toml"], "no.toml: cannot be read"),
        (
            ["--core", "acting:Sound", "--core-timeout", "-3"],
            "--core-timeout: is '-3'; allowed are",
        ),
        (["--core", "acting:Sound", "--core-timeout", "soon"], "is 'soon'; allowed are seconds"),
        (["--core", "acting:Sound", "--gate-record", "/proc/no/r.json"], "cannot be written"),
        (["--core", "acting:Sound", "--truths", "/proc/no"], "/proc/no: cannot be written"),
    ],
    ids=[
        "parallel",
        "module",
        "attribute",
        "double",
        "profile",
        "frames",
        "expected",
        "limit",
        "no-limit",
        "record",
        "truths",
    ],
)
def test_wrong_usage_is_told(run_gate, args, message):
    """The message names what was asked and what there is; a quiet run says it too."""
    session = run_gate("-q", *args)
    assert session.code == USAGE
    assert message in session.text
    assert "Traceback" not in session.text
    assert session.record == {}


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["alone", "n2"])
def test_no_core_is_told(run_gate, processes):
    """Without a core there is nothing to judge; the message names those that are registered."""
    session = run_gate(*processes)
    assert session.code == USAGE
    assert "no core to judge: give --core NAME (known: astrodrizzle, drizzle" in session.text


def test_a_wrong_entry_is_told(run_gate, tmp_path):
    """A file of expected failures with a wrong key is named with the key."""
    path = tmp_path / "mine.toml"
    path.write_text('[[expected_failure]]\ncore = "x"\ncase = "y"\nspecification = "z"\n')
    session = run_gate("--core", "acting:Sound", "--expected-failures", str(path))
    assert session.code == USAGE
    assert f"{path}: key 'expected_failure.0.reason'" in session.text
