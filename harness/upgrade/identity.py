"""What an environment is known by: a name that changes with everything that is installed in it."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from harness.checksum import file_checksum, folder_checksum
from harness.content import content_key
from harness.errors import EnvironmentBuildError, UsageError
from harness.upgrade.interpreter import Interpreter
from harness.upgrade.side import Side

LAYOUT = 1
"""Of the cache; environments of another one are made anew."""
LEFT_OUT = shutil.ignore_patterns(
    ".git", "__pycache__", "*.pyc", "*.pyo", ".tox", ".venv", ".mypy_cache", ".pytest_cache",
    ".ruff_cache",
)  # fmt: skip
"""Parts of a source folder that do not decide what is installed from it."""
COMMIT = re.compile(r"[0-9a-f]{40}")


def resolve_commit(side: Side) -> Side:
    """Return a side with a git branch replaced by its commit, which names content.

    Parameters
    ----------
    side : Side
        As read from its text.

    Raises
    ------
    EnvironmentBuildError
        If git cannot read the repository.
    UsageError
        If the repository has no such branch or tag.
    """
    if side.kind != "git":
        return side
    parts = urlsplit(side.target.removeprefix("git+"))
    path, at, ref = parts.path.rpartition("@")
    if not at:
        path, ref = parts.path, "HEAD"
    base = urlunsplit(parts._replace(path=path, fragment=""))
    if COMMIT.fullmatch(ref):
        return side
    try:
        answer = subprocess.run(
            ["git", "ls-remote", base, ref],  # noqa: S607 - the git of the search path
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        lines, trouble = answer.stdout.splitlines(), ""
        if answer.returncode:
            trouble = " ".join(answer.stderr.split())[-300:]
    except (OSError, subprocess.TimeoutExpired) as error:
        lines, trouble = [], str(error)
    if trouble:
        raise EnvironmentBuildError(
            f"git cannot read {base}: {trouble}",
            where=side.spec,
            remedy="See whether `git ls-remote` of it works from here",
        )
    if not lines:
        raise UsageError(
            f"cannot resolve {ref!r} of {base}",
            where=side.spec,
            allowed="a branch, tag or full commit of a repository that git can reach",
        )
    # Of an annotated tag the commit that it stands for is listed last.
    commit = lines[-1].split()[0]
    whole = urlunsplit(parts._replace(path=f"{path}@{commit}"))
    return dataclasses.replace(side, target=f"git+{whole}")


def environment_key(
    side: Side, interpreter: Interpreter, added: tuple[str, ...], constraints: tuple[str, ...]
) -> str:
    """Return what names an environment, of all that decides what is in it."""
    content = side.target
    if side.kind in ("wheel", "sdist"):
        content = file_checksum(Path(side.target))
    elif side.kind == "folder":
        content = folder_checksum(Path(side.target), LEFT_OUT)
    elif side.kind == "release" and not side.version:
        # What is newest changes; it is asked for once a day.
        content = f"{side.target} {datetime.now(UTC).date().isoformat()}"
    facts = (interpreter.version, interpreter.platform, interpreter.implementation)
    return content_key(LAYOUT, side.kind, content, side.extras, added, constraints, facts)[:16]
