"""Making an environment and installing into it: uv where it exists, venv and pip otherwise."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from harness.errors import EnvironmentBuildError
from harness.upgrade.interpreter import Interpreter

BUILD_LIMIT = 1800
"""Seconds for all of an installation; C sources of old releases take one or two minutes."""
END_OF_LOG = 25
"""Lines of the log that an error carries."""
FOREIGN = (
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_TARGET",
    "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "UV_PROJECT_ENVIRONMENT",
    "UV_SYSTEM_PYTHON",
)  # fmt: skip
"""Variables by which the caller's environment would reach into the new one, or be written to."""


def find_uv() -> str | None:
    """Return the path of uv, or None: on the search path, or installed beside the harness."""
    found = shutil.which("uv")
    if found is not None:
        return found
    try:
        from uv import find_uv_bin
    except ImportError:
        return None
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return None


def install(
    folder: Path,
    interpreter: Interpreter,
    requirements: Sequence[str],
    build_constraints: Sequence[str],
    log: Path,
    *,
    uv: str | None,
    label: str,
) -> None:
    """Make a virtual environment and install into it.

    Parameters
    ----------
    folder : Path
        Where; it must not exist.
    interpreter : Interpreter
    requirements : sequence of str
        Requirements, paths, URLs.
    build_constraints : sequence of str
        What holds where sources are built.
    log : Path
        File that gets what the tools say.
    uv : str or None
        Path of uv; None for venv and pip.
    label : str
        What is installed, for errors.

    Raises
    ------
    EnvironmentBuildError
        With the end of the log.
    """
    constraints = folder.with_suffix(".constraints")
    constraints.write_text("".join(f"{one}\n" for one in build_constraints), encoding="utf-8")
    python = python_of(folder)
    if uv is not None:
        make = [uv, "venv", "--no-project", "--python", str(interpreter.path), str(folder)]
        fill = [uv, "pip", "install", "--python", str(python), *requirements]
        fill += ["--build-constraints", str(constraints)] if build_constraints else []
        extra = {"UV_PYTHON_DOWNLOADS": "never"}
    else:
        make = [str(interpreter.path), "-m", "venv", str(folder)]
        fill = [str(python), "-m", "pip", "install", "--no-input", *requirements]
        # pip reads it in the isolated environments of builds, too; the option is young.
        extra = {"PIP_CONSTRAINT": str(constraints)} if build_constraints else {}
    environ = {name: value for name, value in os.environ.items() if name not in FOREIGN} | extra
    try:
        with log.open("w", encoding="utf-8") as stream:
            for command in (make, fill):
                _run(command, environ, stream, log, label)
    finally:
        constraints.unlink(missing_ok=True)


def python_of(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    windows = folder / "Scripts" / "python.exe"
    return windows if os.name == "nt" else folder / "bin" / "python"


def _run(
    command: list[str], environ: dict[str, str], stream: IO[str], log: Path, label: str
) -> None:
    stream.write(f"$ {' '.join(command)}\n")
    stream.flush()
    try:
        code = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            timeout=BUILD_LIMIT,
            check=False,
        ).returncode
        found = f"{Path(command[0]).name} ended with code {code}"
    except subprocess.TimeoutExpired:
        code, found = 1, f"{Path(command[0]).name} did not end within {BUILD_LIMIT} s"
    except OSError as error:
        code, found = 1, f"{command[0]} cannot be run ({error.strerror})"
    if code:
        raise EnvironmentBuildError(
            f"cannot be installed: {found}",
            where=label,
            remedy=f"Read {log}, which ends as follows; name what is missing with --with, or "
            f"another Python:\n{_end_of(log)}",
        )


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-END_OF_LOG:])
