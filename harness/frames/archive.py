"""The MAST archive: products downloaded once into the user's cache, verified at every use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from harness.checksum import file_checksum
from harness.errors import FrameError
from harness.frames.fits_file import open_frame
from harness.frames.manifest import UNKNOWN
from harness.frames.partial import discard
from harness.frames.transfer import Patience, download

CACHE_VARIABLE = "DRIZZLE_HARNESS_CACHE"
ARCHIVE_VARIABLE = "DRIZZLE_HARNESS_ARCHIVE"
MAST = "https://mast.stsci.edu/api/v0.1/Download/file"
"""Download service of MAST; it takes the URI of a product as its parameter `uri`."""
LOCK_TIMEOUT = 3600.0
"""Seconds to wait for another process that downloads the same product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of the archive in the cache.

    Attributes
    ----------
    path : Path
        The file.
    sha256 : str
        Its checksum, as verified.
    first_use : bool
        Whether it was trusted just now, for want of any checksum to verify it against.
    """

    path: Path
    sha256: str
    first_use: bool


def archive_url() -> str:
    """Return the address of the download service: DRIZZLE_HARNESS_ARCHIVE, or MAST."""
    return os.environ.get(ARCHIVE_VARIABLE) or MAST


def cache_dir() -> Path:
    """Return the folder of downloads: DRIZZLE_HARNESS_CACHE, or the user's cache folder."""
    import platformdirs

    named = os.environ.get(CACHE_VARIABLE)
    root = (
        Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("drizzle-harness"))
    )
    return root / "frames"


def find_in_cache(uri: str) -> Path | None:
    """Return the product where it has been downloaded before, else None.

    Parameters
    ----------
    uri : str
        Of the product in the archive.

    Raises
    ------
    FrameError
        If the URI is none of a product.
    """
    path = _place(uri)
    return path if path.is_file() else None


def fetch_product(
    uri: str,
    *,
    sha256: str = UNKNOWN,
    base_url: str | None = None,
    patience: Patience | None = None,
    offline: bool = False,
) -> Product:
    """Return a product of the archive, downloading it if the cache does not have it.

    Any number of processes may ask for the same product: one downloads, the others wait.

    Parameters
    ----------
    uri : str
        Such as "mast:HST/product/ib1f19l6q_flt.fits".
    sha256 : str, optional
        What it must be; "unknown" trusts the first download if it is a whole FITS file, records
        its checksum in the cache, and verifies against that from then on.
    base_url : str, optional
        Of the download service; `archive_url` where not given.
    patience : Patience, optional
        Time limits and tries.
    offline : bool, optional
        Use the cache only.

    Returns
    -------
    Product

    Raises
    ------
    FrameError
        If it cannot be downloaded, or its checksum is another. What was received is kept: the
        partial file to be resumed, the wrong one beside it as ".rejected".
    """
    from filelock import FileLock, Timeout

    path = _place(uri)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=LOCK_TIMEOUT):
            if path.is_file():
                return _verify_cached(path, sha256)
            if offline:
                raise FrameError(
                    "is not in the cache", where=uri, remedy="Allow the download (--remote-data)"
                )
            url = f"{base_url or archive_url()}?uri={quote(uri, safe=':/')}"
            return _download(url, path, sha256, patience or Patience())
    except Timeout as error:
        raise FrameError(
            f"another process has held {error.lock_file} for {LOCK_TIMEOUT:.0f} s",
            where=uri,
            remedy="End that process, or remove the lock file",
        ) from error
    except OSError as error:
        raise FrameError(
            f"the cache cannot be used ({error.strerror or error})",
            where=str(path.parent),
            remedy=f"Make room, or name another folder in {CACHE_VARIABLE}",
        ) from error


def _place(uri: str) -> Path:
    # Manifests allow only plain names between the slashes; this keeps it so for other callers.
    steps = uri.removeprefix("mast:").split("/")
    if not uri.startswith("mast:") or any(step in ("", ".", "..") for step in steps):
        raise FrameError(
            "is not an archive name", where=uri, allowed="such as mast:HST/product/NAME.fits"
        )
    return cache_dir().joinpath(*steps)


def _verify_cached(path: Path, sha256: str) -> Product:
    actual = file_checksum(path)
    wanted, whose = _wanted(path, sha256)
    if wanted == UNKNOWN:
        _record(path, actual)
    elif wanted != actual:
        raise FrameError(
            f"sha256 is {actual}, {whose} says {wanted}",
            where=str(path),
            remedy="Delete the file to download it again",
        )
    return Product(path=path, sha256=actual, first_use=wanted == UNKNOWN)


def _download(url: str, path: Path, sha256: str, patience: Patience) -> Product:
    part = path.with_name(path.name + ".part")
    wanted, whose = _wanted(path, sha256)
    with _progress(path.name) as advance:
        transfer = download(url, part, patience=patience, advance=advance)
        actual = file_checksum(part)
        if transfer.resumed and transfer.whole and wanted not in (UNKNOWN, actual):
            # Two versions may have been joined; a download in one piece tells.
            discard(part)
            transfer = download(url, part, patience=patience, advance=advance)
            actual = file_checksum(part)
    try:
        _accept(part, actual, wanted, whose, url)
    except FrameError as error:
        if not transfer.whole:
            raise FrameError(
                f"{error.found}; the server did not tell the size, the download may be cut short",
                where=url,
                remedy=f"Try again: {part} is kept and will be resumed",
            ) from error
        rejected = path.with_name(path.name + ".rejected")
        part.replace(rejected)
        raise FrameError(
            error.found,
            where=url,
            remedy=f"Look at {rejected}, which is what was received"
            + (f"; if the archive has recalibrated the product, correct {whose}" if whose else ""),
        ) from error
    if wanted == UNKNOWN:
        _record(path, actual)
    part.replace(path)
    return Product(path=path, sha256=actual, first_use=wanted == UNKNOWN)


def _accept(part: Path, actual: str, wanted: str, whose: str, url: str) -> None:
    """Raise an error unless the download is what it must be, or, for want of that, is FITS."""
    if wanted == UNKNOWN:
        open_frame(part)
    elif wanted != actual:
        raise FrameError(f"sha256 of the download is {actual}, {whose} says {wanted}", where=url)


def _wanted(path: Path, sha256: str) -> tuple[str, str]:
    """Return the checksum to verify against, and who says so."""
    if sha256 != UNKNOWN:
        return sha256, "the manifest"
    record = _record_of(path)
    if not record.is_file():
        return UNKNOWN, ""
    words = record.read_text(encoding="utf-8").split()
    return (words[0] if words else UNKNOWN), f"the record of the first download ({record})"


def _record(path: Path, sha256: str) -> None:
    # In the format of sha256sum, so that `sha256sum -c` verifies a cache.
    temporary = path.with_name(path.name + ".sha256.new")
    temporary.write_text(f"{sha256}  {path.name}\n", encoding="utf-8")
    temporary.replace(_record_of(path))


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error, none where that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total if total >= 0 else None)

        yield advance
