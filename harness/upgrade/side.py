"""One side of an upgrade: what a user names, and what an installer is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import UsageError

Kind = Literal["release", "wheel", "sdist", "folder", "git"]

SDIST_ENDINGS = (".tar.gz", ".tar.bz2", ".tgz", ".zip")
GIT_PREFIXES = ("git+https://", "git+http://", "git+ssh://", "git+file://")
ALLOWED = (
    'a requirement ("drizzle==2.2.0"), a wheel or sdist file, a source folder with a '
    'pyproject.toml or setup.py, or a git URL ("git+https://host/project.git@branch")'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is to be installed on one side.

    Attributes
    ----------
    spec : str
        As the user wrote it.
    kind : {"release", "wheel", "sdist", "folder", "git"}
    target : str
        What an installer is given: the requirement, the absolute path, or the URL.
    package : str
        Normalised name of the distribution; "" where only an installation will tell.
    version : str
        Where it is pinned or stands in a file name; "" where only an installation will tell.
    extras : tuple of str
        Further requirements, such as "numpy<2".
    python : str
        Version ("3.12") or path of the interpreter; "" for the one that runs the harness.
    """

    spec: str
    kind: Kind
    target: str
    package: str = ""
    version: str = ""
    extras: tuple[str, ...] = ()
    python: str = ""


def parse_side(spec: str, *, extras: tuple[str, ...] = (), python: str = "") -> Side:
    """Understand what a user names as one side of an upgrade.

    Parameters
    ----------
    spec : str
        A requirement, a file, a folder or a git URL.
    extras : tuple of str, optional
        Further requirements.
    python : str, optional
        Version or path of the interpreter.

    Raises
    ------
    UsageError
        If it is none of these, or a further requirement is malformed.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    text = spec.strip()
    for extra in extras:
        try:
            Requirement(extra)
        except InvalidRequirement as error:
            raise UsageError(
                f"{extra!r} is no requirement ({error})",
                where="--with",
                allowed='a requirement such as "numpy<2"',
            ) from error
    kind, target, package, version = _understand(text)
    return Side(
        spec=text,
        kind=kind,
        target=target,
        package=package,
        version=version,
        extras=extras,
        python=python,
    )


def _understand(text: str) -> tuple[Kind, str, str, str]:
    if text.startswith(GIT_PREFIXES):
        return "git", text, "", ""
    path = Path(text).expanduser()
    if path.exists():
        return _understand_path(path.resolve())
    looks_like_path = text.startswith((".", "/", "~")) or text.endswith((".whl", *SDIST_ENDINGS))
    if looks_like_path:
        raise UsageError(f"{text!r} does not exist", where="side of the upgrade", allowed=ALLOWED)
    return _understand_requirement(text)


def _understand_path(path: Path) -> tuple[Kind, str, str, str]:
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    if path.is_dir():
        if not any((path / name).is_file() for name in ("pyproject.toml", "setup.py")):
            raise UsageError(
                "has neither pyproject.toml nor setup.py", where=str(path), allowed=ALLOWED
            )
        return "folder", str(path), _project_name(path), ""
    if path.suffix == ".whl":
        try:
            package, version, _, _ = parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            raise UsageError(f"is no name of a wheel ({error})", where=str(path)) from error
        return "wheel", str(path), str(package), str(version)
    if path.name.endswith(SDIST_ENDINGS):
        try:
            package, version = parse_sdist_filename(path.name)
        except InvalidSdistFilename:
            # Archives of tags are called by their tag; the installation tells what they hold.
            return "sdist", str(path), "", ""
        return "sdist", str(path), str(package), str(version)
    raise UsageError("is neither a wheel nor an sdist", where=str(path), allowed=ALLOWED)


def _project_name(folder: Path) -> str:
    """Return the name that a folder's pyproject.toml states, "" where it states none."""
    from packaging.utils import canonicalize_name

    from harness.fixture_data import read_toml

    path = folder / "pyproject.toml"
    if not path.is_file():
        return ""
    content = read_toml(path)
    project = content.get("project")
    name = project.get("name", "") if isinstance(project, dict) else ""
    return str(canonicalize_name(name)) if name else ""


def _understand_requirement(text: str) -> tuple[Kind, str, str, str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise UsageError(
            f"{text!r} is neither a requirement nor a path ({str(error).splitlines()[0]})",
            where="side of the upgrade",
            allowed=ALLOWED,
        ) from error
    pins = [one for one in requirement.specifier if one.operator in ("==", "===")]
    version = pins[0].version if len(pins) == 1 and "*" not in pins[0].version else ""
    return "release", str(requirement), str(canonicalize_name(requirement.name)), version
