"""A core's own tests as a suite, without those that cannot pass where only the sdist is."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

from harness.errors import UsageError
from harness.mutants.build import Build
from harness.mutants.environment import make_environment

EXTRAS = ("test", "tests", "testing")
"""Names of the optional dependencies that a package's tests need."""
SUMMARY = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.+?)?)(?: - .*)?$", re.MULTILINE)
NO_TESTS = 5
"""Exit code of pytest."""
OPTIONS = ("-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", ".", "-W", "ignore")


def own_command(build: Build, folder: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the command that runs a core's own tests, and what it leaves out.

    The tests are those in the package itself, or else in a folder "tests" of the sdist. Those
    that fail on the core as it is are left out: mostly their data are not in the sdist.

    Parameters
    ----------
    build : Build
    folder : Path
        In which the command will find "package"; see `harness.mutants.command.Command`.

    Raises
    ------
    UsageError
        If there are no tests, or none passes.
    CoreError
        If the environment of the tests cannot be made.
    """
    tests = _find_tests(build)
    wheel = next((build.package.parent / "wheel").glob("*.whl"))
    python = make_environment(
        build.package.parent / "environment",
        ("pytest", f"{build.name}{_extra(build.root)} @ {wheel.resolve().as_uri()}"),
    )
    base = [str(python), "-m", "pytest", *OPTIONS, *tests]
    paths = [str(folder / "package")]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    left_out: list[str] = []
    for attempt in ("first", "second"):
        given = [*base, *_leave_out(left_out), "-rfE"]
        done = subprocess.run(
            given, capture_output=True, text=True, check=False, env=variables, cwd=folder
        )
        failing = [one for one in SUMMARY.findall(done.stdout) if one not in left_out]
        if done.returncode == 0:
            return [*base, *_leave_out(left_out), "-x", "-rfE"], tuple(left_out)
        if done.returncode == NO_TESTS or not failing:
            break
        # A second time: one that fails may have hidden another one behind it.
        left_out += failing if attempt == "first" else []
    raise UsageError(
        f"the tests of {build.name} cannot be run here:\n{done.stdout[-1500:]}",
        where="suite own",
        remedy="Name a command with --suite instead",
    )


def _find_tests(build: Build) -> list[str]:
    """Return the folders of tests, relative to where the command runs where they are shipped."""
    found = sorted(
        path
        for path in build.package.rglob("test*")
        if path.is_dir() and path.name in ("tests", "test") and any(path.glob("test_*.py"))
    )
    if found:
        return [str(Path("package") / path.relative_to(build.package)) for path in found]
    if (build.root / "tests").is_dir():
        return [str(build.root / "tests")]
    raise UsageError(
        "neither the package nor its sdist has a folder of tests",
        where=f"{build.name}, suite own",
        remedy="Name a command with --suite instead",
    )


def _extra(root: Path) -> str:
    path = root / "pyproject.toml"
    project = tomllib.loads(path.read_text()).get("project", {}) if path.is_file() else {}
    known = project.get("optional-dependencies", {})
    return next((f"[{name}]" for name in EXTRAS if name in known), "")


def _leave_out(names: list[str]) -> list[str]:
    return [
        f"--deselect={name}" if "::" in name else f"--ignore={name}" for name in sorted(set(names))
    ]
