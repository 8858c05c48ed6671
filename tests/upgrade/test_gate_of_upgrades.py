"""Tests of the whole gate: good and bad releases, real and made, through the command line."""

import json
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from harness.cli import main

sys.path.insert(0, str(Path(__file__).parent))
import tinycore

PASS, FAIL, USAGE, INCONCLUSIVE, COULD_NOT_RUN = range(5)
SITE = str(Path(np.__file__).parents[1])


@pytest.fixture
def wheel_of(make_wheel):
    """Return a function that makes a wheel of the small core, right or wrong."""

    def make(version: str, wrong: str = "") -> str:
        files = {"tinycore.py": tinycore.source(version, wrong), "tiny_numpy.pth": f"{SITE}\n"}
        return str(make_wheel("tinycore", version, files))

    return make


def upgrade(*words: str, cache: Path) -> tuple[int, str]:
    """Run the command and return exit code and output."""
    result = CliRunner().invoke(main, ["upgrade", *words, "--cache", str(cache)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


TINY = ("--core", "tinycore:Core", "--only", "difference", "--no-report")


@pytest.mark.parametrize(("wrong", "metric"), [("weight", "wht"), ("crash", "outcome")])
def test_a_bad_release_fails(tmp_path: Path, wheel_of, wrong: str, metric: str) -> None:
    """A release that is wrong in one way is stopped, and the finding names what moved."""
    words = (wheel_of("1.0"), wheel_of("1.1", wrong), *TINY, "--out", str(tmp_path / "out"))
    code, output = upgrade(*words, cache=tmp_path / "cache")
    assert code == FAIL, output
    record = json.loads((tmp_path / "out" / "upgrade.json").read_text())
    failing = [check for check in record["checks"] if check["ruling"] == "fail"]
    assert {check["metric"] for check in failing} == {metric}
    assert {check["state"] for check in failing} == {"regressed"}
    if metric != "outcome":
        assert any("RawImage(" in check["smallest"] for check in failing)
        assert all(check["map"]["values"] for check in failing)
    junit = Xml.parse(tmp_path / "out" / "junit.xml").getroot()  # noqa: S314 - our own file
    assert len(junit.findall(".//failure")) == len(failing)
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "FAIL" in summary
    assert failing[0]["name"] in summary


def test_the_fix_of_a_bad_release_passes(tmp_path: Path, wheel_of) -> None:
    """The way back, from the wrong release to the right one, is a fix."""
    words = (wheel_of("1.1", "weight"), wheel_of("1.2"), *TINY, "--out", str(tmp_path / "out"))
    code, output = upgrade(*words, cache=tmp_path / "cache")
    assert code == PASS, output
    record = json.loads((tmp_path / "out" / "upgrade.json").read_text())
    states = {check["state"] for check in record["checks"]}
    assert "fixed" in states
    assert not states & {"changed", "regressed"}


def test_a_waiver_lets_a_bad_release_pass(tmp_path: Path, wheel_of) -> None:
    """What the policy waives does not stop; the reason is told."""
    policy = tmp_path / "policy.toml"
    waiver = '[[waiver]]\ncheck = "{}"\nreason = "weights are ours"\nexpires = 2999-01-01\n'
    sides = (wheel_of("1.0"), wheel_of("1.1", "weight"))
    policy.write_text(waiver.format("difference/*"))
    code, output = upgrade(*sides, *TINY, "--policy", str(policy), cache=tmp_path / "cache")
    assert code == PASS, output
    assert "WAIVED       difference/point-" in output


def test_what_is_asked_wrongly(tmp_path: Path, wheel_of) -> None:
    """Unknown packages, sides and policies are usage errors, told before any comparison."""
    one = wheel_of("1.0")
    for words, told in (
        ((one, one), "nothing is known of how to call 'tinycore'"),
        ((one, "drizzle=3"), "neither a requirement"),
        ((one, one, "--policy", str(tmp_path / "absent.toml")), "cannot be read"),
    ):
        code, output = upgrade(*words, cache=tmp_path / "cache")
        assert code == USAGE
        assert told in output


def test_what_cannot_run(tmp_path: Path, wheel_of, make_wheel) -> None:
    """A side that cannot be installed, or cannot drizzle, ends with a code of its own."""
    one = wheel_of("1.0")
    absent = str(make_wheel("tinycore", "1.3", {}, requires=("tinycore-absent==1",)))
    code, output = upgrade(one, absent, *TINY, cache=tmp_path / "cache")
    assert code == COULD_NOT_RUN, output
    assert "cannot be installed" in output
    files = {"tinycore.py": "import absent_module\n", "tiny_numpy.pth": f"{SITE}\n"}
    broken = str(make_wheel("tinycore", "1.4", files))
    code, output = upgrade(one, broken, *TINY, cache=tmp_path / "cache")
    assert code == COULD_NOT_RUN, output
    assert "absent_module" in output


def test_two_real_releases(tmp_path: Path, release) -> None:
    """Documented changes from drizzle 2.2.0 to 3.0.0 are seen, and back they are regressions."""
    for spec in ("drizzle==2.2.0", "drizzle==3.0.0"):
        release(spec)
    only = ("--only", "difference", "--only", "call", "--only", "interface", "--no-report")
    states = []
    for sides in (("drizzle==2.2.0", "drizzle==3.0.0"), ("drizzle==3.0.0", "drizzle==2.2.0")):
        out = tmp_path / sides[0]
        result = CliRunner().invoke(main, ["upgrade", *sides, *only, "--out", str(out)])
        assert result.exit_code == FAIL, result.output
        record = json.loads((out / "upgrade.json").read_text())
        states.append({check["name"]: check["state"] for check in record["checks"]})
    forward, back = states
    assert forward["difference/square-corner-outside"] == "fixed"
    assert back["difference/square-corner-outside"] == "regressed"
    assert forward["call/blot-sinc"] == "regressed"
    assert forward["call/blot-lan3"] == "warns"
    assert forward["call/blot-lanczos3"] == "fixed"
    assert back["call/blot-lanczos3"] == "regressed"
    assert forward["interface/drizzle.resample.blot_image/sinscl"] == "vanished"
    assert forward["difference/square-rotated-p1"] in ("same", "roundoff")
