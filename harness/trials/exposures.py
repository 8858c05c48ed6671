"""The exposures of a case: made or read, projected, weighted, each once a process."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.frames.load import Reference, load_frame_set, load_references
from harness.geometry import make_grid, project
from harness.model import Exposure, OutputGrid
from harness.scenes import SceneExposures, StarTruth, load_scene, make_scene, write_exposures
from harness.scenes.detector import load_detector
from harness.trials.case import Case
from harness.trials.facts import SCENE, split_source
from harness.weighting import with_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameAccess:
    """Where real frames may come from.

    Attributes
    ----------
    folder : Path or None
        A folder of the user.
    remote : bool
        Whether the archive may be asked.
    """

    folder: Path | None = None
    remote: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sky:
    """What a source holds before it is projected and weighted.

    Attributes
    ----------
    exposures : tuple of Exposure
    quiet : tuple of Exposure or None
        The same without noise, for scenes that carry noise.
    truth : StarTruth or None
        For scenes.
    references : dict of str to Reference
        Products that another core made of these exposures, by kernel.
    """

    exposures: tuple[Exposure, ...]
    quiet: tuple[Exposure, ...] | None
    truth: StarTruth | None
    references: dict[str, Reference]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CaseExposures:
    """The exposures of one case, ready to be drizzled.

    Attributes
    ----------
    sky : Sky
        Where they come from.
    grid : OutputGrid
    exposures : tuple of Exposure
        With pixmaps on `grid` and the weights of the case.
    quiet : tuple of Exposure or None
        The same without noise.
    """

    sky: Sky
    grid: OutputGrid
    exposures: tuple[Exposure, ...]
    quiet: tuple[Exposure, ...] | None


@functools.lru_cache(maxsize=4)
def load_sky(source: str, subset: int, access: FrameAccess) -> Sky:
    """Make the scene, or read the frames, that a case names.

    Raises
    ------
    UsageError
        If the source is neither "scene/NAME" nor "frames/NAME".
    HarnessError
        Whatever making or reading them raises.
    """
    kind, name = split_source(source)
    return _simulate(name, subset) if kind == SCENE else _read(name, subset, access)


def _simulate(name: str, subset: int) -> Sky:
    scene = load_scene(name)
    made = make_scene(scene)
    quiet = None
    if scene.noise:
        plain = dataclasses.replace(scene, noise=False, cosmic_rays=False, bad_pixel_fraction=0.0)
        # Bad pixels and tracks are known to DQ in both, so both give them no weight.
        quiet = tuple(
            dataclasses.replace(still, weight_map=noisy.weight_map, dq=noisy.dq)
            for still, noisy in zip(make_scene(plain).exposures, made.exposures, strict=True)
        )
    kept = _first(_filed(made), subset)
    return Sky(
        exposures=kept,
        quiet=None if quiet is None else _first(quiet, subset),
        truth=made.truth,
        references={},
    )


def _filed(made: SceneExposures) -> tuple[Exposure, ...]:
    """Write a scene once a process where cores that read files know the layout: HST's."""
    if load_detector(made.scene.detector).layout != FILED_LAYOUT:
        return made.exposures
    return write_exposures(made, _session_folder() / made.scene.name)


@functools.cache
def _session_folder() -> Path:
    """Return a folder of this process alone, gone with it."""
    folder = tempfile.TemporaryDirectory(prefix="drizzle-harness-scenes-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _read(name: str, subset: int, access: FrameAccess) -> Sky:
    exposures = load_frame_set(name, folder=access.folder, remote=access.remote, subset=subset)
    references = load_references(name, folder=access.folder, remote=access.remote)
    return Sky(
        exposures=exposures,
        quiet=None,
        truth=None,
        references={str(kernel): reference for kernel, reference in references.items()},
    )


def _first(exposures: tuple[Exposure, ...], subset: int) -> tuple[Exposure, ...]:
    names = list(dict.fromkeys(exposure.name for exposure in exposures))
    chosen = set(names[:subset] if subset else names)
    return tuple(exposure for exposure in exposures if exposure.name in chosen)


@functools.lru_cache(maxsize=2)
def _projected(
    source: str, subset: int, scale: float, access: FrameAccess
) -> tuple[OutputGrid, tuple[npt.NDArray[np.float64], ...]]:
    """Return the output grid and the pixmaps of a source, the same for every kernel and weight."""
    sky = load_sky(source, subset, access)
    if sky.references:
        # Products of another core fix the grid, and their exposures come with a pixmap.
        reference = next(iter(sky.references.values()))
        grid = reference.grid
    else:
        grid = make_grid(sky.exposures, scale * sky.exposures[0].pixel_scale)
    pixmaps = []
    for exposure in sky.exposures:
        given = exposure if exposure.pixmap is not None else project(exposure, grid)
        assert given.pixmap is not None  # noqa: S101 - project has set it
        pixmaps.append(given.pixmap)
    return grid, tuple(pixmaps)


@functools.lru_cache(maxsize=2)
def prepare_exposures(
    source: str, subset: int, scale: float, weighting: str, access: FrameAccess
) -> CaseExposures:
    """Return the exposures of a case on its output grid.

    Raises
    ------
    HarnessError
        Whatever making, reading, projecting or weighting them raises.
    """
    sky = load_sky(source, subset, access)
    grid, pixmaps = _projected(source, subset, scale, access)

    def ready(exposures: tuple[Exposure, ...]) -> tuple[Exposure, ...]:
        weighted = with_weights(exposures, weighting, bits=ALL_BITS)  # type: ignore[arg-type]
        return tuple(
            dataclasses.replace(exposure, pixmap=pixmap)
            for exposure, pixmap in zip(weighted, pixmaps, strict=True)
        )

    return CaseExposures(
        sky=sky,
        grid=grid,
        exposures=ready(sky.exposures),
        quiet=None if sky.quiet is None else ready(sky.quiet),
    )


FILED_LAYOUT = "hst-flt"

ALL_BITS = 0xFFFFFFFF
"""The weight map that came with an exposure already says which DQ bits count as bad."""


def exposures_of(case: Case, access: FrameAccess) -> CaseExposures:
    """Return the exposures of a case; see `prepare_exposures`."""
    return prepare_exposures(case.source, case.subset, case.scale, case.weighting, access)
