"""Where the files of a set are: a folder, installed packages, or the archive, in this order."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.checksum import file_checksum
from harness.errors import FrameError, UsageError
from harness.frames.archive import fetch_product, find_in_cache
from harness.frames.manifest import (
    UNKNOWN,
    FrameEntry,
    FrameManifest,
    list_frame_sets,
    load_manifest,
)

FOLDER_VARIABLE = "DRIZZLE_HARNESS_FRAMES"

Source = Literal["folder", "package", "archive"]
Check = Literal["verified", "first use", "unlisted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedFrame:
    """One file of a set, found.

    Attributes
    ----------
    entry : FrameEntry
        What the manifest says of it.
    path : Path
        Where it is.
    source : {"folder", "package", "archive"}
        Where it came from.
    sha256 : str
        Of the file as it is.
    check : {"verified", "first use", "unlisted"}
        The checksum is in the manifest (or, for the archive, in the record of the first
        download); it was recorded just now; or the user's folder holds a version that the
        manifest does not list, such as a later calibration.
    """

    entry: FrameEntry
    path: Path
    source: Source
    sha256: str
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSet:
    """A set whose files are all there.

    Attributes
    ----------
    manifest : FrameManifest
        What the set is.
    frames : tuple of LocatedFrame
        Its files, in the order of the manifest.
    """

    manifest: FrameManifest
    frames: tuple[LocatedFrame, ...]

    def find(self, file: str) -> LocatedFrame:
        """Return one file of the set by name.

        Parameters
        ----------
        file : str
            As the manifest names it.
        """
        return next(frame for frame in self.frames if frame.entry.file == file)


def frames_folder(folder: Path | str | None) -> Path | None:
    """Return the folder that the argument or the environment names, None for none.

    Parameters
    ----------
    folder : Path, str or None
        None for what the environment says.

    Raises
    ------
    UsageError
        If it is not a folder.
    """
    named = str(folder) if folder is not None else os.environ.get(FOLDER_VARIABLE, "")
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_dir():
        raise UsageError(
            f"{named} is not a folder",
            where="--frames-dir" if folder is not None else FOLDER_VARIABLE,
            remedy="Name a folder with frames, or leave it away",
        )
    return path


def locate_frames(
    set_name: str,
    *,
    folder: Path | str | None = None,
    remote: bool = False,
    base_url: str | None = None,
) -> FrameSet:
    """Find every file of a set.

    Parameters
    ----------
    set_name : str
        Name of a manifest.
    folder : Path or str, optional
        Folder with frames, itself or one level below; the environment variable
        DRIZZLE_HARNESS_FRAMES where not given.
    remote : bool, optional
        Download what neither the folder nor an installed package nor the cache has.
    base_url : str, optional
        Of the archive; `harness.frames.archive.archive_url` where not given.

    Returns
    -------
    FrameSet

    Raises
    ------
    FixtureError
        If there is no such set.
    FrameError
        If a file is nowhere; the message names every place and the remedy.
    UsageError
        If `folder` is none.
    """
    manifest = load_manifest(set_name)
    at = frames_folder(folder)
    frames = tuple(
        _locate(entry, manifest, at, remote=remote, base_url=base_url) for entry in manifest.frame
    )
    return FrameSet(manifest=manifest, frames=frames)


def available_sets(folder: Path | str | None = None) -> tuple[str, ...]:
    """Name the sets that can be had without the network, in alphabetical order.

    Parameters
    ----------
    folder : Path or str, optional
        Looked into before others.

    Raises
    ------
    UsageError
        If it is not a folder.
    FixtureError
        If a manifest is wrong.
    """
    at = frames_folder(folder)
    names = []
    for name in list_frame_sets():
        manifest = load_manifest(name)
        if all(_on_disk(entry, manifest, at) for entry in manifest.frame):
            names.append(name)
    return tuple(names)


def find_in_folder(file: str, set_name: str, folder: Path) -> Path | None:
    """Return the file in a folder, in its subfolder of that set, or one level below.

    Parameters
    ----------
    file : str
        As the manifest names it.
    set_name : str
        Name of the manifest.
    folder : Path
        That there is.
    """
    near = [folder / file, folder / set_name / file]
    below = sorted(path / file for path in folder.iterdir() if path.is_dir())
    return next((path for path in (*near, *below) if path.is_file()), None)


def find_in_package(entry: FrameEntry) -> Path | None:
    """Return the version that an installed package brings, without importing the package.

    Parameters
    ----------
    entry : FrameEntry
        Its `package` says where.
    """
    if entry.package is None:
        return None
    found = importlib.util.find_spec(entry.package.module)
    if found is None or not found.submodule_search_locations:
        return None
    paths = (Path(root) / entry.package.path for root in found.submodule_search_locations)
    return next((path for path in paths if path.is_file()), None)


def _on_disk(entry: FrameEntry, manifest: FrameManifest, folder: Path | None) -> bool:
    return bool(
        (folder is not None and find_in_folder(entry.file, manifest.name, folder))
        or find_in_package(entry)
        or (entry.archive and find_in_cache(entry.archive))
    )


def _locate(
    entry: FrameEntry,
    manifest: FrameManifest,
    folder: Path | None,
    *,
    remote: bool,
    base_url: str | None,
) -> LocatedFrame:
    path = None if folder is None else find_in_folder(entry.file, manifest.name, folder)
    if path is not None:
        return _judge(entry, path, "folder")
    path = find_in_package(entry)
    if path is not None:
        return _judge(entry, path, "package")
    if entry.archive and (remote or find_in_cache(entry.archive)):
        product = fetch_product(
            entry.archive, sha256=entry.archive_sha256, base_url=base_url, offline=not remote
        )
        return LocatedFrame(
            entry=entry,
            path=product.path,
            source="archive",
            sha256=product.sha256,
            check="first use" if product.first_use else "verified",
        )
    raise _nowhere(entry, manifest, folder, remote=remote)


def _judge(entry: FrameEntry, path: Path, source: Source) -> LocatedFrame:
    listed = {entry.sha256, entry.archive_sha256} - {UNKNOWN}
    if entry.package is not None:
        listed.add(entry.package.sha256)
    sha256 = file_checksum(path)
    check: Check = "verified" if sha256 in listed else "unlisted"
    return LocatedFrame(entry=entry, path=path, source=source, sha256=sha256, check=check)


def _nowhere(
    entry: FrameEntry, manifest: FrameManifest, folder: Path | None, *, remote: bool
) -> FrameError:
    looked = [
        f"folder {folder} and the folders in it"
        if folder is not None
        else f"no folder (neither --frames-dir nor {FOLDER_VARIABLE} names one)"
    ]
    remedies = [f"name a folder that has {entry.file} with --frames-dir"]
    if entry.package is not None:
        looked.append(f"package {entry.package.module} (not installed, or without the file)")
        remedies.append(f"install {entry.package.distribution}")
    if not entry.archive:
        looked.append("no archive (the archive does not have this file)")
    elif not remote:
        looked.append("the cache of downloads (the archive itself only with --remote-data)")
        remedies.append("allow the download with --remote-data")
    return FrameError(
        f"{entry.file} was not found; looked in {'; '.join(looked)}",
        where=f"frame set {manifest.name}",
        remedy="To have it, " + ", or ".join(remedies),
    )
