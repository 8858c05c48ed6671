"""What is swept: the grid of points and everything that decides their results."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import FrameError, UsageError
from harness.model import FULL_COVERAGE, Kernel, Region, Weighting

RMS_LIMIT = 0.2
"""Advisory limit on the RMS of the weights over their median (Dither Handbook; DrizzlePac Handbook,
section on choosing pixfrac)."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One drizzle run: where it stands in the grid and what it is.

    Attributes
    ----------
    number : int
        0-based, in the order of the plan.
    core, kernel : str
        What drizzles, and how.
    scale : float
        Output scale, arcsec.
    pixfrac : float
        Drop over input pixel.
    """

    number: int
    core: str
    kernel: Kernel
    scale: float
    pixfrac: float

    @property
    def label(self) -> str:
        """How messages and file names call it."""
        return f"{self.core}-{self.kernel}-{self.scale:g}-{self.pixfrac:g}".replace(":", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What is asked for.

    Attributes
    ----------
    scene : str
        Name of a synthetic scene; "" for files.
    files : tuple of Path
        Exposures; empty for a scene.
    scales : tuple of float
        Arcsec.
    pixfracs, kernels, cores :
        The other axes.
    weighting : str
    region : Region
    rms_limit : float
    clipped : bool
        Whether only the region on the sky is drizzled, with a margin.
    """

    scales: tuple[float, ...]
    pixfracs: tuple[float, ...]
    kernels: tuple[Kernel, ...] = ("square",)
    cores: tuple[str, ...] = ("drizzlepac",)
    scene: str = ""
    files: tuple[Path, ...] = ()
    weighting: Weighting = "EXP"
    region: Region = FULL_COVERAGE
    rms_limit: float = RMS_LIMIT
    clipped: bool = False

    def points(self) -> tuple[Point, ...]:
        """Return the grid: cores, then kernels, scales and pixfracs, the last running fastest."""
        axes = itertools.product(self.cores, self.kernels, self.scales, self.pixfracs)
        return tuple(
            Point(number, core, kernel, scale, pixfrac)
            for number, (core, kernel, scale, pixfrac) in enumerate(axes)
        )

    def key(self) -> str:
        """Return what is the same for two requests that must give the same points.

        Files count with their size and time of change: a journal made from others is no use.

        Raises
        ------
        FrameError
            If a file is not there any more.
        """
        plain = dataclasses.asdict(self)
        plain["files"] = []
        for path in self.files:
            seen = _look_at(path)
            plain["files"].append((str(path.resolve()), seen.st_size, seen.st_mtime_ns))
        text = json.dumps(plain, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _look_at(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise FrameError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            remedy="put the frame back, or leave it out of the command",
        ) from error


def describe_plan(plan: SweepPlan) -> dict[str, Any]:
    """Return the request in words, for messages and the journal.

    Parameters
    ----------
    plan : SweepPlan
        As checked.

    Returns
    -------
    dict
        Of what JSON can hold.
    """
    return {
        "source": plan.scene or ", ".join(path.name for path in plan.files),
        "scale": list(plan.scales),
        "pixfrac": list(plan.pixfracs),
        "kernel": list(plan.kernels),
        "core": list(plan.cores),
        "weighting": plan.weighting,
        "region": plan.region.name,
        "limit": plan.rms_limit,
        "drizzled": "the region" if plan.clipped else "whole frames",
    }


def parse_region(text: str) -> Region:
    """Read "RA DEC SIZE" or "RA DEC WIDTH HEIGHT": degrees (or 10h47m05s +17d16m) and arcsec.

    Parameters
    ----------
    text : str
        As given to `--region`; commas count as blanks.

    Returns
    -------
    Region
        A box on the sky.

    Raises
    ------
    UsageError
        If it is neither.
    """
    parts = text.replace(",", " ").split()
    allowed = '"RA DEC SIZE" or "RA DEC WIDTH HEIGHT", degrees or 10h47m05s +17d16m, and arcsec'
    if len(parts) not in (3, 4):
        raise UsageError(f"is {text!r}", where="--region", allowed=allowed)
    from astropy.coordinates import Angle

    try:
        ra, dec = (
            Angle(part, unit="deg").deg if _is_number(part) else Angle(part).deg
            for part in parts[:2]
        )
        width, height = float(parts[2]), float(parts[-1])
    except ValueError as error:
        raise UsageError(f"is {text!r} ({error})", where="--region", allowed=allowed) from error
    if not (-90 <= dec <= 90 and width > 0 and height > 0):
        raise UsageError(f"is {text!r}", where="--region", allowed=allowed)
    name = f'{width:g}" x {height:g}" at {ra:.5f} {dec:+.5f}'
    return Region(name=name, kind="sky_box", sky=(ra % 360, dec, width, height))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
