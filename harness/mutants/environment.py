"""A private environment in which a core is built, with the headers that it will run with."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

from harness.errors import CoreError

SHARED_VERSIONS = ("numpy", "astropy")
"""Packages whose headers an extension may be compiled against: of the version that it will run
with, that of the environment of the harness."""


def make_environment(folder: Path, requirements: tuple[str, ...]) -> Path:
    """Make an environment with pip, install requirements, and return its interpreter.

    Raises
    ------
    CoreError
        If it cannot be made, or a requirement not be installed.
    """
    python = folder / "bin" / "python"
    if not python.is_file():
        run_step([sys.executable, "-m", "venv", str(folder)], f"making {folder}")
    if not requirements:
        return python
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={one}\n" for name, one in _shared_versions().items()))
    run_step(
        [str(python), "-m", "pip", "install", "--quiet", "--upgrade",
         "--constraint", str(constraints), *requirements],
        f"installing {', '.join(requirements)} into {folder}",
    )  # fmt: skip
    return python


def _shared_versions() -> dict[str, str]:
    found = {}
    for name in SHARED_VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def run_step(command: list[str], what: str, **variables: str) -> None:
    """Run a command; what it wrote is told if it fails.

    Raises
    ------
    CoreError
        If the command fails.
    """
    environment = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CoreError(f"failed:\n{end}", where=what, remedy="See the messages above")
