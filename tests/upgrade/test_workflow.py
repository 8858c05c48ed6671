"""The workflow in the docs: its shell on a real repository, with the command noted and not run."""

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / "docs" / "upgrade-workflow.yml"
STEP = "      - name: Compare the pins\n"


def script() -> str:
    """Return the shell of the step that compares the pins."""
    step = WORKFLOW.read_text().partition(STEP)[2].partition("\n      - name:")[0]
    return textwrap.dedent(step.partition("        run: |\n")[2])


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    told = {**os.environ, **environment}
    return subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("old", "new", "code", "asked"),
    [
        ("drizzle==2.1.1", "drizzle==2.2.0", 0, "upgrade drizzle==2.1.1 drizzle==2.2.0"),
        ("drizzle==2.1.1  # why", 'drizzle==2.2.0 ; python_version > "3"', 0, "drizzle==2.2.0 --"),
        ("drizzle==2.1.1 \\\n  --hash=sha256:00", "drizzle==2.2.0", 0, "drizzle==2.1.1 drizzle"),
        ("drizzle==2.1.1", "drizzle==2.1.1", 0, ""),
        ("drizzlepac==3.11.0", "drizzle==2.2.0", 2, ""),
    ],
)
def test_the_pins_are_compared(tmp_path: Path, old: str, new: str, code: int, asked: str) -> None:
    """Both bare pins reach the command; an unchanged pin ends well, an absent one with words."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    pins = tmp_path / "requirements.txt"
    pins.write_text(f"numpy\n{old}\n")
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "git", "add", "requirements.txt")
    run(tmp_path, "git", *identity, "commit", "-qm", "pins")
    base = run(tmp_path, "git", "rev-parse", "HEAD").stdout.strip()
    pins.write_text(f"numpy\n{new}\n")
    noted = tmp_path / "bin" / "drizzle-harness"
    noted.parent.mkdir()
    noted.write_text('#!/bin/sh\necho "$@" > asked.txt\n')
    noted.chmod(0o755)
    path = f"{noted.parent}{os.pathsep}{os.environ['PATH']}"
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script())
    ended = run(tmp_path, *shell, BASE=base, PACKAGE="drizzle", PATH=path)
    assert ended.returncode == code, ended
    told = tmp_path / "asked.txt"
    assert asked in told.read_text() if asked else not told.exists()
    assert bool(code) == ("::error::no pin drizzle==" in ended.stdout)
