"""Manifests: which files make up a set of real frames, where they come from, their checksums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import FixtureError
from harness.fixture_data import STRICT, find_fixture, list_fixtures, load_fixture
from harness.model import Kernel, Pixels

FOLDER = "frames"
"""Where the manifests lie below `fixtures/`."""
UNKNOWN = "unknown"
"""What a manifest says of a size or checksum that nobody here has seen."""

Role = Literal["exposure", "quality", "pixmap", "reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedFile:
    """A version of a frame that an installed package brings.

    Attributes
    ----------
    distribution, module : str
        Name on the package index, and of the importable package.
    path : str
        Below the module's folder, with forward slashes.
    size : int
        Bytes.
    sha256 : str
        64 hexadecimal digits.
    """

    __pydantic_config__ = STRICT
    distribution: str
    module: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameEntry:
    """One file of a set.

    Attributes
    ----------
    file : str
        Its name in a folder, without any folder.
    size : int or "unknown"
        Bytes of the version that `sha256` names.
    sha256 : str
        Of the version that this project's figures come from, or "unknown".
    role : {"exposure", "quality", "pixmap", "reference"}
        What it holds: science pixels, only the DQ of an exposure, a pixmap, or a product of
        another core to compare with.
    archive : str
        MAST URI, "" where the archive does not have it.
    archive_sha256 : str
        Of the version in the archive; "unknown" is trusted on first use, then verified.
    package : PackagedFile or None
        Where an installed package has a version of it.
    exptime : float or None
        Exposure time where the header does not tell that of this exposure, s.
    quality, pixmap : str
        Files of the set that hold the DQ and the pixmap of this exposure, "" for none.
    kernel, pixfrac :
        How a reference was drizzled.
    """

    __pydantic_config__ = STRICT
    file: str
    size: int | str
    sha256: str
    role: Role = "exposure"
    archive: str = ""
    archive_sha256: str = UNKNOWN
    package: PackagedFile | None = None
    exptime: float | None = None
    quality: str = ""
    pixmap: str = ""
    kernel: Kernel | None = None
    pixfrac: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameManifest:
    """A set of real frames.

    Attributes
    ----------
    name, description : str
        How commands name it, and what is seen in it.
    telescope, instrument, filter, program : str
        What took it, through what, for which observing program.
    pixels : {"real", "derived"}
        As exposed and calibrated, or processed after that.
    label : str
        What reports write beside every result from the set.
    source : str
        Where the files came from, for people.
    stars : int
        How many isolated point sources in it are bright enough to be fitted, at least.
    frame : tuple of FrameEntry
        The files, exposures in the order in which they are combined.
    """

    __pydantic_config__ = STRICT
    name: str
    description: str
    telescope: str
    instrument: str
    filter: str
    program: str
    pixels: Pixels
    label: str
    source: str
    stars: int = 0
    frame: tuple[FrameEntry, ...]


def list_frame_sets() -> tuple[str, ...]:
    """Name the sets that have a manifest, in alphabetical order."""
    return tuple(list_fixtures(FOLDER))


def load_manifest(name: str) -> FrameManifest:
    """Read the manifest of one set.

    Parameters
    ----------
    name : str
        Stem of a file in `fixtures/frames`.

    Raises
    ------
    FixtureError
        If there is none of that name, or the file is wrong; the message names the key.
    """
    return read_manifest(find_fixture(FOLDER, name))


def read_manifest(path: Path) -> FrameManifest:
    """Read and check one manifest file.

    Parameters
    ----------
    path : Path
        A TOML file; its stem is the name of the set.

    Raises
    ------
    FixtureError
        Naming the file, the key, the value and what is allowed.
    """
    manifest = load_fixture(path, FrameManifest)
    for key, value, allowed in _faults(manifest, path.stem):
        raise FixtureError(
            f"key {key!r} has {value!r}",
            where=str(path),
            allowed=allowed,
            remedy="Correct the key",
        )
    return manifest


def _faults(manifest: FrameManifest, stem: str) -> Iterator[tuple[str, object, str]]:
    names = [entry.file for entry in manifest.frame]
    if manifest.name != stem:
        yield "name", manifest.name, f"the name of the file, {stem!r}"
    if not any(entry.role == "exposure" for entry in manifest.frame):
        yield "frame", names, "at least one file of role 'exposure'"
    for at, entry in enumerate(manifest.frame):
        key = f"frame.{at}"
        if names.count(entry.file) > 1:
            yield f"{key}.file", entry.file, "every file once"
        # A name with a folder in it could leave the cache or the user's folder.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", entry.file):
            yield f"{key}.file", entry.file, "a file name without a folder"
        if entry.size != UNKNOWN and not (isinstance(entry.size, int) and entry.size > 0):
            yield f"{key}.size", entry.size, "a positive number of bytes, or 'unknown'"
        for which in ("sha256", "archive_sha256"):
            if not _is_checksum(getattr(entry, which)):
                yield f"{key}.{which}", getattr(entry, which), "64 hexadecimal digits or 'unknown'"
        if entry.archive and not re.fullmatch(r"mast:[^/\s]+(/[^/\s]+)+", entry.archive):
            yield f"{key}.archive", entry.archive, "a URI such as 'mast:HST/product/NAME.fits'"
        if entry.package and not re.fullmatch("[0-9a-f]{64}", entry.package.sha256):
            yield f"{key}.package.sha256", entry.package.sha256, "64 hexadecimal digits"
        for which in ("quality", "pixmap"):
            other = getattr(entry, which)
            roles = {e.file: e.role for e in manifest.frame}
            if other and roles.get(other) != which:
                yield f"{key}.{which}", other, f"a file of the set with role {which!r}"
        if entry.exptime is not None and not entry.exptime > 0:
            yield f"{key}.exptime", entry.exptime, "a positive number of seconds"
        if entry.role == "reference" and (entry.kernel is None or entry.pixfrac is None):
            yield f"{key}.kernel", entry.kernel, "a kernel and a pixfrac for every reference"


def _is_checksum(text: str) -> bool:
    return text == UNKNOWN or re.fullmatch("[0-9a-f]{64}", text) is not None
