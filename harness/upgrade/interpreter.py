"""Which Python a side is installed for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

ASK = (
    "import json,platform,sys,sysconfig;"
    "print(json.dumps([platform.python_version(),sysconfig.get_platform(),"
    "platform.python_implementation()]))"
)
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
    path = _locate(asked, uv)
    answer = subprocess.run(
        [str(path), "-I", "-c", ASK], capture_output=True, text=True, timeout=ASK_LIMIT, check=False
    )
    if answer.returncode:
        raise UsageError(
            f"{path} does not run ({answer.stderr.strip()[-200:]})", where=f"Python {asked!r}"
        )
    version, platform, implementation = json.loads(answer.stdout)
    return Interpreter(path=path, version=version, platform=platform, implementation=implementation)


def _locate(asked: str, uv: str | None) -> Path:
    if not asked:
        return Path(sys.executable)
    if not re.fullmatch(r"\d+(\.\d+){1,2}", asked):
        path = Path(asked).expanduser()
        if path.is_file():
            return path.absolute()
        raise UsageError(
            f"no interpreter {asked!r}", where="Python", allowed='a version ("3.12") or a path'
        )
    if asked in (f"{sys.version_info[0]}.{sys.version_info[1]}", sys.version.split()[0]):
        return Path(sys.executable)
    if uv is not None:
        found = subprocess.run(
            [uv, "python", "find", "--no-project", "--no-python-downloads", asked],
            capture_output=True,
            text=True,
            timeout=ASK_LIMIT,
            check=False,
        )
        if found.returncode == 0:
            return Path(found.stdout.strip())
    named = shutil.which(f"python{asked}")
    if named is None:
        raise UsageError(
            f"Python {asked} is not installed",
            where="Python",
            allowed="a version that uv or the search path knows, or a path",
            remedy="Install it, or name the path of the interpreter",
        )
    return Path(named)
