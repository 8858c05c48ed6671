"""The sources of a core: an sdist from the package index, a file, or a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from harness.checksum import file_checksum, folder_checksum
from harness.errors import UsageError

LEFT_OUT = shutil.ignore_patterns(".git", "build", "*.egg-info", "__pycache__", ".tox", ".venv")
"""What a folder holds beside its sources."""
ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".zip")
"""How the name of an sdist ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Unpacked sources.

    Attributes
    ----------
    origin : str
        What was asked for.
    folder : Path
        With pyproject.toml or setup.py.
    sha256 : str
        Of the file; of names and contents of all files for a folder.
    """

    origin: str
    folder: Path
    sha256: str


def fetch_sources(spec: str, out: Path) -> Sources:
    """Unpack an sdist below a folder.

    Parameters
    ----------
    spec : str
        A requirement such as "drizzle==3.0.0", which pip fetches from the package index, the path
        of an sdist, or a folder.
    out : Path
        Gets "sdist" and "source".

    Raises
    ------
    UsageError
        If there is no such sdist, or it holds no Python package.
    """
    given = Path(spec)
    target = out / "source"
    if given.is_dir():
        digest = folder_checksum(given, LEFT_OUT)
        if not (target.is_dir() and _noted(out) == digest):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(given, target, ignore=LEFT_OUT, symlinks=True)
        return _checked(spec, target, digest, out)
    path = given if given.is_file() else _download(spec, out / "sdist")
    digest = file_checksum(path)
    if not (target.is_dir() and _noted(out) == digest):
        shutil.rmtree(target, ignore_errors=True)
        _unpack(path, target)
    return _checked(spec, target, digest, out)


def _checked(spec: str, folder: Path, digest: str, out: Path) -> Sources:
    if not any((folder / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise UsageError(
            "has neither pyproject.toml nor setup.py",
            where=spec,
            allowed="the source distribution of a Python package, or a checkout",
        )
    (out / "source.sha256").write_text(digest + "\n")
    return Sources(origin=spec, folder=folder, sha256=digest)


def _noted(out: Path) -> str:
    note = out / "source.sha256"
    return note.read_text().strip() if note.is_file() else ""


def _download(requirement: str, folder: Path) -> Path:
    name = _name_of(requirement)
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "requirement"
    found = [path for path in folder.iterdir() if path != note]
    if not (found and note.is_file() and note.read_text() == requirement):
        for path in found:
            path.unlink()
        # Below our own folder: some packages' metadata can only be had by building them.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        command += [str(folder), "--no-binary", name, requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = [path for path in folder.iterdir() if path != note]
        if done.returncode or len(found) != 1:
            raise UsageError(
                f"pip could not fetch the sdist ({_last_line(done.stderr)})",
                where=requirement,
                remedy="Name a release that has an sdist, or give the path of the file",
            )
        note.write_text(requirement)
    return found[0]


def _name_of(requirement: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        # (The name of a file is that of a package, too, as far as its letters go.)
        if not requirement.endswith(ARCHIVES):
            return Requirement(requirement).name
    except InvalidRequirement:
        pass
    raise UsageError(
        "is neither a file nor a folder that is there, nor a requirement",
        where=requirement,
        allowed='a requirement such as "drizzle==3.0.0", an sdist, or a folder',
        remedy="Correct the path",
    )


def _unpack(path: Path, target: Path) -> None:
    passing = target.with_name("source.new")
    shutil.rmtree(passing, ignore_errors=True)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(passing)  # noqa: S202 - zipfile keeps members inside
        else:
            with tarfile.open(path) as packed:
                packed.extractall(passing, filter="data")
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise UsageError(f"cannot be unpacked ({error})", where=str(path)) from error
    below = list(passing.iterdir())
    # An sdist has one folder, NAME-VERSION.
    (below[0] if len(below) == 1 and below[0].is_dir() else passing).rename(target)
    shutil.rmtree(passing, ignore_errors=True)


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["no message"])[-1]
