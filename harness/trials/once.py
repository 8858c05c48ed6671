"""Anything that was made once, kept from run to run in a folder that the user names.

The key of what is kept holds the text of the modules that make it and the versions of the packages
that these rest on. Whatever changes, the old result is not found any more.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from harness.content import content_key
from harness.keeping import keep, recall

Arrays = Mapping[str, npt.NDArray[Any]]
Result = TypeVar("Result")

VARIABLE = "DRIZZLE_HARNESS_TRUTHS"
"""Names the folder; without it nothing is kept."""
CODE = ("scenes", "geometry", "cores", "frames", "metrics", "trials")
FILES = (
    "content.py",
    "exposure_arrays.py",
    "exposure_sequence.py",
    "exposure_stream.py",
    "fixture_data.py",
    "model.py",
    "rows.py",
    "spool.py",
    "weighting.py",
)
"""Modules that have a part in a truth. Some have none, but who would notice one that was missed?"""
PACKAGES = ("numpy", "scipy", "astropy", "photutils", "shapely", "drizzlepac")


def truths_folder() -> Path | None:
    """Return the folder in which truths are kept, or None."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else None


def make_once(
    key: tuple[Any, ...],
    make: Callable[[], Result],
    unpack: Callable[[Result], Arrays],
    pack: Callable[[Arrays], Result],
) -> Result:
    """Make something, or return what was kept of it.

    Parameters
    ----------
    key : tuple
        What it follows from, besides code and packages.
    make : callable
        Takes nothing, returns the result.
    unpack, pack : callable
        From the result to a dict of ndarray of any shape, (ny, nx) or other, and back.

    Raises
    ------
    UsageError
        If what was made cannot be kept.
    """
    folder = truths_folder()
    if folder is None:
        return make()
    name = content_key(_code(), key)
    kept = recall(folder, name)
    if kept is not None:
        return pack(kept)
    made = make()
    keep(folder, name, unpack(made))
    return made


@functools.cache
def _code() -> str:
    """Name the code that makes truths."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for part in (*CODE, *FILES):
        files = [root / part] if part in FILES else sorted((root / part).rglob("*.py"))
        for path in files:
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
    for package in PACKAGES:
        try:
            digest.update(f"{package} {importlib.metadata.version(package)};".encode())
        except importlib.metadata.PackageNotFoundError:
            digest.update(f"no {package};".encode())
    return digest.hexdigest()
