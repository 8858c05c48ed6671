"""Which Python a side is installed for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

ASK = (
    "import json,platform,sys,sysconfig;"
    "print(json.dumps([platform.python_version(),sysconfig.get_platform(),"
    "platform.python_implementation()]))"
)
VERSION = re.compile(r"\d+(\.\d+){1,2}")
ASK_LIMIT = 60
"""Seconds for an interpreter to tell its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that environments are made from.

    Attributes
    ----------
    path : Path
    version : str
        Such as "3.12.1".
    platform : str
        As wheels are tagged: "linux-x86_64".
    implementation : str
        "CPython", "PyPy".
    """

    path: Path
    version: str
    platform: str
    implementation: str


def find_interpreter(asked: str, uv: str | None) -> Interpreter:
    """Find a Python by version or path.

    Parameters
    ----------
    asked : str
        "3.12", "3.12.1", a path, or "" for the Python that runs the harness.
    uv : str or None
        Path of uv, which knows more places than the search path.

    Raises
    ------
    UsageError
        If there is none.
    """
    for path in _candidates(asked, uv):
        answer = subprocess.run(
            [str(path), "-I", "-c", ASK],
            capture_output=True,
            text=True,
            timeout=ASK_LIMIT,
            check=False,
        )
        if answer.returncode:
            # A shim of a version manager that has no such version.
            continue
        version, platform, implementation = json.loads(answer.stdout)
        if VERSION.fullmatch(asked) and not f"{version}.".startswith(f"{asked}."):
            continue
        return Interpreter(
            path=path, version=version, platform=platform, implementation=implementation
        )
    raise UsageError(
        f"Python {asked} is not installed, or does not run",
        where="Python",
        allowed='a version ("3.12") that uv, pyenv or the search path know, or a path',
        remedy="Install it, or name the path of the interpreter",
    )


def _candidates(asked: str, uv: str | None) -> Iterator[Path]:
    """Give interpreters that may be the one that was asked for, the nearest first."""
    if not asked:
        yield Path(sys.executable)
        return
    if not VERSION.fullmatch(asked):
        path = Path(asked).expanduser()
        if not path.is_file():
            raise UsageError(
                f"no interpreter {asked!r}", where="Python", allowed='a version ("3.12") or a path'
            )
        yield path.absolute()
        return
    yield Path(sys.executable)
    if uv is not None:
        found = subprocess.run(
            [uv, "python", "find", "--no-project", "--no-python-downloads", asked],
            capture_output=True,
            text=True,
            timeout=ASK_LIMIT,
            check=False,
        )
        if found.returncode == 0:
            yield Path(found.stdout.strip())
    named = shutil.which(f"python{asked}")
    if named is not None:
        yield Path(named)
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    yield from sorted(pyenv.glob(f"{asked}*/bin/python"), reverse=True)
