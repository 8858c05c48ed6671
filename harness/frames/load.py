"""All exposures of a set of real frames, with their provenance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.errors import FrameError, UsageError
from harness.frames.fits_file import open_frame
from harness.frames.fits_values import read_image, read_wcs
from harness.frames.locate import FrameSet, LocatedFrame, locate_frames
from harness.frames.read import read_frame
from harness.geometry import native_scale
from harness.model import Exposure, FloatImage, Kernel, OutputGrid


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reference:
    """A product that another core made of the exposures of a set.

    Attributes
    ----------
    kernel : str
        How it was drizzled.
    pixfrac : float
        Likewise.
    sci : ndarray, (ny, nx), float32
        Science image, in the unit of the exposures per second.
    grid : OutputGrid
        Where its pixels are.
    input_scale : float or None
        The scale of an input pixel that the core took kernel sizes from (D001ISCL), arcsec.
    path : Path
        The file.
    """

    kernel: Kernel
    pixfrac: float
    sci: FloatImage
    grid: OutputGrid
    input_scale: float | None
    path: Path


def load_frame_set(
    name: str,
    *,
    folder: Path | str | None = None,
    remote: bool = False,
    subset: int | None = None,
    bits: int | None = None,
) -> tuple[Exposure, ...]:
    """Read the exposures of a set.

    Parameters
    ----------
    name : str
        Name of a manifest.
    folder, remote :
        As for `harness.frames.locate.locate_frames`.
    subset : int, optional
        How many files of exposures, from the first; None or 0 for all.
    bits : int, optional
        DQ bits that still count as good; the default of the instrument where not given.

    Returns
    -------
    tuple of Exposure
        With `origin` telling set, program, source of the file, filter, label, checksum, and
        "pixels" real or derived.

    Raises
    ------
    FixtureError
        If there is no such set.
    UsageError
        If `subset` is more than there are.
    FrameError
        If a file is nowhere or cannot be read.
    """
    return tuple(open_frame_set(name, folder=folder, remote=remote, subset=subset, bits=bits))


def open_frame_set(
    name: str,
    *,
    folder: Path | str | None = None,
    remote: bool = False,
    subset: int | None = None,
    bits: int | None = None,
) -> Iterator[Exposure]:
    """Read the exposures of a set file by file, as they are asked for.

    That a file cannot be read is found out when its turn comes.

    Parameters
    ----------
    name, folder, remote, subset, bits
        As for `load_frame_set`.

    Yields
    ------
    Exposure
        As in the tuple that `load_frame_set` returns, in the same order.

    Raises
    ------
    FixtureError
        If there is no such set.
    UsageError
        If `subset` is more than there are.
    FrameError
        If a file is nowhere or cannot be read.
    """
    found = locate_frames(name, folder=folder, remote=remote)
    files = [frame for frame in found.frames if frame.entry.role == "exposure"]
    if subset is not None and not 0 <= subset <= len(files):
        raise UsageError(
            f"subset is {subset}",
            where=f"frame set {name}",
            allowed=f"1 to {len(files)} files, or 0 for all",
        )
    chosen = files[:subset] if subset else files
    return (exposure for frame in chosen for exposure in _read(frame, found, bits))


def load_references(
    name: str, *, folder: Path | str | None = None, remote: bool = False
) -> tuple[Reference, ...]:
    """Read the products that another core made of the exposures of a set.

    Parameters
    ----------
    name : str
        Name of the set, see `available_sets`.
    folder : Path or str, optional
        Folder of frames that is looked into before others.
    remote : bool, optional
        Whether files may come from the archive.

    Returns
    -------
    tuple of Reference
        In the order of the manifest; empty for a set without references.

    Raises
    ------
    FrameError
        If a file is nowhere, cannot be read, or says of itself that it was drizzled otherwise than
        the manifest has it.
    FixtureError
        If there is no such set.
    UsageError
        If `folder` is none.
    """
    found = locate_frames(name, folder=folder, remote=remote)
    references: list[Reference] = []
    for frame in found.frames:
        entry = frame.entry
        if entry.role != "reference" or entry.kernel is None or entry.pixfrac is None:
            continue
        hdus = open_frame(frame.path)
        header = hdus[0].header
        told = str(header.get("D001KERN", entry.kernel)), header.get("D001PIXF", entry.pixfrac)
        if told != (entry.kernel, entry.pixfrac):
            raise FrameError(
                f"was drizzled with kernel {told[0]} and pixfrac {told[1]} (D001KERN, D001PIXF)",
                where=str(frame.path),
                allowed=f"what the manifest of {name} says: {entry.kernel}, {entry.pixfrac}",
                remedy="Correct kernel and pixfrac in the manifest",
            )
        sci = read_image(hdus[0], frame.path).astype(np.float32)
        wcs = read_wcs(hdus, hdus[0], frame.path)
        references.append(
            Reference(
                kernel=entry.kernel,
                pixfrac=entry.pixfrac,
                sci=sci,
                grid=OutputGrid(
                    shape=(sci.shape[0], sci.shape[1]), pixel_scale=native_scale(wcs), wcs=wcs
                ),
                input_scale=header.get("D001ISCL"),
                path=frame.path,
            )
        )
    return tuple(references)


def _read(frame: LocatedFrame, found: FrameSet, bits: int | None) -> tuple[Exposure, ...]:
    entry, manifest = frame.entry, found.manifest
    return read_frame(
        frame.path,
        bits=bits,
        exptime=entry.exptime,
        # A set of real frames may still meet a processed file in somebody's folder.
        pixels="derived" if manifest.pixels == "derived" else None,
        quality=found.find(entry.quality).path if entry.quality else None,
        pixmap=found.find(entry.pixmap).path if entry.pixmap else None,
        origin={
            "set": manifest.name,
            "program": manifest.program,
            "filter": manifest.filter,
            "label": manifest.label,
            "source": frame.source,
            "archive": entry.archive,
            "sha256": frame.sha256,
            "checksum": frame.check,
        },
    )
