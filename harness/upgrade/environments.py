"""Environments for one side of an upgrade: made once for the same content, shared by all runs.

The folder of an environment is named by what is in it: the requirement or the bytes of the file
or folder, the further requirements, the Python and the platform. A marker file, written last,
says that it is whole; without it the folder is made anew. A lock keeps two runs from making the
same one at once. Nothing is ever written into the environment that runs the harness.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentBuildError
from harness.upgrade.identity import COMMIT, environment_key, resolve_commit
from harness.upgrade.installer import find_uv, install, python_of
from harness.upgrade.interpreter import Interpreter, find_interpreter
from harness.upgrade.recipes import find_recipes
from harness.upgrade.side import Side

MARKER = "drizzle-harness.json"
INVENTORY = (
    "import importlib.metadata as m,json\n"
    "found=[]\n"
    "for d in m.distributions():\n"
    "    url=d.read_text('direct_url.json')\n"
    "    found.append([d.metadata['Name'],d.version,json.loads(url)['url'] if url else ''])\n"
    "print(json.dumps(found))\n"
)
INVENTORY_LIMIT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An installed side.

    Attributes
    ----------
    side : Side
        With the package and version that were installed.
    python : Path
        Its interpreter.
    python_version, platform : str
    versions : dict of str to str
        Every distribution in it, by normalised name.
    recipes : tuple of str
        Requirements that recipes added, each with its reason.
    key : str
        Name of its folder in the cache.
    """

    side: Side
    python: Path
    python_version: str
    platform: str
    versions: dict[str, str]
    recipes: tuple[str, ...]
    key: str

    @property
    def label(self) -> str:
        """Package and version, with what tells it from other builds of the same."""
        side = self.side
        text = f"{side.package} {side.version}"
        if side.kind == "release":
            return text
        # The name of a wheel says it all again; its content tells it from another of that name.
        name = self.key.rpartition("-")[2][:6]
        if side.kind in ("folder", "git"):
            name = COMMIT.sub(lambda found: found[0][:8], Path(side.target).name)
        return f"{text} ({side.kind} {name})"


def prepare_environment(
    side: Side,
    *,
    cache: Path | None = None,
    uv: str | bool | None = True,
    refresh: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Environment:
    """Return the environment of a side; make it if it is not there.

    Parameters
    ----------
    side : Side
    cache : Path, optional
        Folder of all environments; the user's cache folder where not given.
    uv : str, None or bool, optional
        Path of uv; None or False for venv and pip; True to look for it.
    refresh : bool, optional
        Make it anew although it is there.
    tell : callable, optional
        Gets a line before what takes time.

    Raises
    ------
    UsageError
        If the interpreter does not exist, or the repository has no such branch.
    EnvironmentBuildError
        If the side cannot be installed, or its repository not be read; with the end of the log.
    FixtureError
        If the recipes of old releases cannot be read.
    """
    from filelock import FileLock

    tool = find_uv() if uv is True else (uv or None)
    interpreter = find_interpreter(side.python, tool)
    recipes = find_recipes(side, interpreter.version)
    added = tuple(dict.fromkeys(one for recipe in recipes for one in recipe.requirements))
    constraints = tuple(dict.fromkeys(c for recipe in recipes for c in recipe.build_constraints))
    side = resolve_commit(side)
    key = environment_key(side, interpreter, added, constraints)
    folder = (cache or default_cache()) / f"{side.package or 'source'}-{key}"
    told = tuple(f"{', '.join(one.requirements)}: {one.reason}" for one in recipes)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        facts = None if refresh else _read_marker(folder)
        if facts is None:
            tell(f"installing {side.spec} for Python {interpreter.version}")
            facts = _build(side, interpreter, folder, added, constraints, tool)
    side = dataclasses.replace(side, package=facts["package"], version=facts["version"])
    return Environment(
        side=side,
        python=python_of(folder),
        python_version=interpreter.version,
        platform=interpreter.platform,
        versions=facts["versions"],
        recipes=told,
        key=folder.name,
    )


def default_cache() -> Path:
    """Return the folder of all environments, in the user's cache."""
    import platformdirs

    named = os.environ.get("DRIZZLE_HARNESS_CACHE")
    base = Path(named) if named else platformdirs.user_cache_path("drizzle-harness")
    return base / "environments"


def _build(
    side: Side,
    interpreter: Interpreter,
    folder: Path,
    added: tuple[str, ...],
    constraints: tuple[str, ...],
    uv: str | None,
) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    log = folder.with_name(f"{folder.name}.log")
    with tempfile.TemporaryDirectory(prefix="drizzle-harness-source-") as scratch:
        target = side.target
        if side.kind == "folder":
            # Builds write beside the sources, and the user's folder is none of theirs.
            target = str(Path(scratch) / Path(side.target).name)
            shutil.copytree(side.target, target, symlinks=True)
        try:
            install(
                folder,
                interpreter,
                (target, *side.extras, *added),
                constraints,
                log,
                uv=uv,
                label=side.spec,
            )
        except EnvironmentBuildError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    facts = _take_inventory(side, folder)
    marker = folder / f"{MARKER}.part"
    marker.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    marker.replace(folder / MARKER)
    return facts


def _take_inventory(side: Side, folder: Path) -> dict[str, Any]:
    from packaging.utils import canonicalize_name

    answer = subprocess.run(
        [str(python_of(folder)), "-I", "-c", INVENTORY],
        capture_output=True,
        text=True,
        timeout=INVENTORY_LIMIT,
        check=False,
    )
    if answer.returncode:
        raise EnvironmentBuildError(
            f"its environment does not run: {answer.stderr.strip()[-400:]}", where=side.spec
        )
    found = [(canonicalize_name(name), version, url) for name, version, url in
             json.loads(answer.stdout)]  # fmt: skip
    package = side.package
    if not package:
        own = Path(side.target.partition("@")[0] if side.kind == "git" else side.target).name
        package = next((name for name, _, url in found if url.rstrip("/").endswith(own)), "")
    versions = {str(name): version for name, version, _ in sorted(found)}
    if package not in versions:
        raise EnvironmentBuildError(
            f"installs no distribution {package!r}",
            where=side.spec,
            allowed="a project whose name in pyproject.toml is that of its distribution",
        )
    return {"package": package, "version": versions[package], "versions": versions}


def _read_marker(folder: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and python_of(folder).exists() else None
