"""The exposures of a sweep: found, read, checked to belong together, weighted, each once."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.content import content_key
from harness.errors import UsageError
from harness.exposure_stream import keep_exposures
from harness.frames.read import read_frame
from harness.model import Exposure, Weighting
from harness.scenes import StarTruth, expose_scene, load_scene
from harness.sweep.plan import SweepPlan
from harness.trials.exposures import ALL_BITS
from harness.weighting import weigh

KINDS = ("_flc", "_flt", "_cal", "_blt")
"""Suffixes of exposures, the first that a folder holds is taken: _flc is _flt corrected for CTE,
and blotted images are made from either."""
SHARED_LIMIT = 256 << 20
"""Bytes of exposures with their pixmaps that stay in memory, which all processes share: ten frames
of WFC3/IR. More lie in files, of which a process maps one exposure at a time, so that the peak
memory does not grow with their number."""
SAME = ("target", "filter")
"""What exposures must share to be combined."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Gathered:
    """The exposures of a sweep before they are projected.

    Attributes
    ----------
    exposures : sequence of Exposure
        In counts/s, weighted, without DQ and variance, which no figure of a sweep needs.
    truth : StarTruth or None
        For scenes.
    alike : tuple of str
        Sentences that name files with the same pixels.
    """

    exposures: Sequence[Exposure]
    truth: StarTruth | None
    alike: tuple[str, ...] = ()


def expand_frames(names: Sequence[str]) -> tuple[Path, ...]:
    """Find the files that are meant by files, folders and patterns.

    A folder stands for its _flc files, or _flt, _cal, _blt where it has none of the former.

    Returns
    -------
    tuple of Path
        In the order given, those of a folder or pattern sorted, each once.

    Raises
    ------
    UsageError
        If a file is not there, or a folder or pattern holds none.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            found += _files_of(path)
        elif path.is_file():
            found.append(path)
        elif glob.has_magic(str(path)):
            matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - the pattern may be absolute
            if not matches:
                raise UsageError("matches no file", where=name, remedy="Check the pattern")
            found += matches
        else:
            raise UsageError("is not there", where=name, remedy="Check the path")
    # By where they lie, so that a link, or another way to the same file, does not count again.
    kept: dict[Path, Path] = {}
    for path in found:
        kept.setdefault(path.resolve(), path)
    return tuple(kept.values())


def gather(plan: SweepPlan, *, mixed: bool = False) -> Gathered:
    """Read the frames or make the scene of a plan.

    Parameters
    ----------
    plan : SweepPlan
    mixed : bool, optional
        Let targets and filters differ.

    Raises
    ------
    UsageError
        If the exposures are of several targets or filters, come twice, or lack what their weights
        need.
    HarnessError
        Whatever reading the frames or making the scene raises.
    """
    truth = None
    alike: list[str] = []
    if plan.scene:
        truth, coming = expose_scene(load_scene(plan.scene))
    else:
        frames = (exposure for path in plan.files for exposure in read_frame(path))
        coming = _once(frames, alike)
    # One after the other, so that DQ and variance of all are never in memory at once.
    exposures = keep_exposures(
        (_bare(_weighed(exposure, plan.weighting)) for exposure in coming), limit=SHARED_LIMIT
    )
    if not (plan.scene or mixed):
        _check_same(exposures)
    return Gathered(exposures=exposures, truth=truth, alike=tuple(alike))


def _once(exposures: Iterable[Exposure], alike: list[str]) -> Iterator[Exposure]:
    """Pass exposures on, unless one comes twice, as a copy under another name: it counts as two.

    Without noise and dither simulated exposures are all alike, and no copies: where the names in
    the headers differ, `alike` gets a sentence.
    """
    seen: dict[str, tuple[str, str]] = {}
    for exposure in exposures:
        told = f"{exposure.path or exposure.name}[{exposure.chip}]"
        if (exposure.data != exposure.data[0, 0]).any():
            key = content_key(exposure.data, exposure.chip)
            name, before = seen.setdefault(key, (exposure.name, told))
            if before != told and name == exposure.name:
                raise UsageError(
                    f"is a copy of {before}: it has the same name in its header and the same "
                    "pixels",
                    where=f"exposure {told}",
                    allowed="each exposure once; a copy adds weight, but no information",
                    remedy="Leave one of the two out",
                )
            if before != told:
                alike.append(
                    f"{told} has the same pixels as {before}. If it is a copy, leave it out: it "
                    "adds weight, but no information."
                )
        yield exposure


def _weighed(exposure: Exposure, weighting: Weighting) -> Exposure:
    weight_map = weigh(exposure, weighting, bits=ALL_BITS)
    if not weight_map.any():
        raise UsageError(
            "has no good pixel",
            where=f"exposure {exposure.name}[{exposure.chip}]",
            remedy="Leave it out, or look at its DQ image",
        )
    return dataclasses.replace(exposure, weight_map=weight_map)


def _bare(exposure: Exposure) -> Exposure:
    """Keep what drizzling needs, in counts/s.

    Points share the arrays, and cdriz divides data in counts by the exposure time in place.
    """
    data = exposure.data
    if exposure.in_units == "counts":
        data = (data / np.float64(exposure.exptime)).astype(np.float32)
    return dataclasses.replace(exposure, data=data, in_units="cps", dq=None, variance=(), flat=None)


def _files_of(folder: Path) -> list[Path]:
    for kind in KINDS:
        files = sorted(
            path
            for path in folder.iterdir()
            if path.name.endswith((f"{kind}.fits", f"{kind}.fits.gz"))
        )
        if files:
            return files
    raise UsageError(
        "holds no exposure",
        where=str(folder),
        allowed=", ".join(f"*{kind}.fits, *{kind}.fits.gz" for kind in KINDS),
        remedy="Name the files",
    )


def _check_same(exposures: Sequence[Exposure]) -> None:
    for key in SAME:
        by_value: dict[str, str] = {}
        for exposure in exposures:
            value = exposure.origin.get(key, "").strip()
            if value:
                by_value.setdefault(value, exposure.name)
        if len(by_value) > 1:
            found = ", ".join(f"{value} ({name})" for value, name in by_value.items())
            raise UsageError(
                f"the exposures differ in {key}: {found}",
                where="sweep",
                allowed=f"one {key}",
                remedy="Sweep them apart, or pass --mixed if they belong together",
            )
