"""The exposures of a case: made or read, projected, weighted, each once a process.

What is too much for memory is spooled (see `harness.exposure_stream`), so that a case takes the
memory of its products and of one exposure or two, however many there are.
"""

from __future__ import annotations

import atexit
import dataclasses
import functools
import itertools
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.content import content_key
from harness.exposure_arrays import arrays_of
from harness.exposure_stream import borrow, change_each, keep_exposures
from harness.frames.load import Reference, load_references, open_frame_set
from harness.geometry import make_grid, project
from harness.model import Exposure, OutputGrid
from harness.scenes import Scene, StarTruth, expose_scene, load_scene, write_frame
from harness.scenes.detector import load_detector
from harness.scenes.dither import load_dither
from harness.scenes.pixels import Pixels
from harness.trials.case import Case
from harness.trials.facts import SCENE, split_source
from harness.trials.once import make_once
from harness.weighting import weigh


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
    exposures : sequence of Exposure
    quiet : sequence of Exposure or None
        The same without noise, for scenes that carry noise.
    truth : StarTruth or None
        For scenes.
    references : tuple of Reference
        Products that another core made of these exposures.
    """

    exposures: Sequence[Exposure]
    quiet: Sequence[Exposure] | None
    truth: StarTruth | None
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CaseExposures:
    """The exposures of one case, ready to be drizzled.

    Attributes
    ----------
    sky : Sky
        Where they come from.
    grid : OutputGrid
    exposures : sequence of Exposure
        With pixmaps on `grid` and the weights of the case.
    quiet : sequence of Exposure or None
        The same without noise.
    """

    sky: Sky
    grid: OutputGrid
    exposures: Sequence[Exposure]
    quiet: Sequence[Exposure] | None


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
    truth, coming = expose_scene(scene, frames=subset, pixels=_keep_pixels(scene))
    exposures = keep_exposures(coming)
    quiet = None
    if scene.noise:
        plain = dataclasses.replace(scene, noise=False, cosmic_rays=False, bad_pixel_fraction=0.0)
        _, still = expose_scene(plain, frames=subset, pixels=_keep_pixels(plain))
        # Bad pixels and tracks are known to DQ in both, so both give them no weight.
        quiet = borrow(keep_exposures(still), exposures, "weight_map", "dq")
    return Sky(exposures=exposures, quiet=quiet, truth=truth, references=())


def key_of_scene(scene: Scene) -> str:
    """Name a scene by all that its fixtures say."""
    return content_key(scene, load_detector(scene.detector), load_dither(scene.dither))


def _keep_pixels(scene: Scene) -> Callable[[str, Callable[[], Pixels]], Pixels]:
    """Return what makes the pixels of a scene's exposures, or returns what was kept of them."""
    made_of = key_of_scene(scene)

    def pixels(name: str, make: Callable[[], Pixels]) -> Pixels:
        return make_once(("pixels", made_of, name), make, dict, dict)

    return pixels


def _read(name: str, subset: int, access: FrameAccess) -> Sky:
    coming = open_frame_set(name, folder=access.folder, remote=access.remote, subset=subset)
    references = load_references(name, folder=access.folder, remote=access.remote)
    exposures = keep_exposures(coming)
    scale = references[0].input_scale if references else None
    if scale is not None:
        # Cores that are compared with a product take kernel sizes from the scale that it took.
        exposures = change_each(exposures, lambda one: dataclasses.replace(one, pixel_scale=scale))
    return Sky(exposures=exposures, quiet=None, truth=None, references=references)


@functools.lru_cache(maxsize=2)
def _projected(
    source: str, subset: int, scale: float, access: FrameAccess
) -> tuple[OutputGrid, Sequence[Exposure]]:
    """Return the output grid, and the exposures with pixmaps, as all kernels and weights share."""
    sky = load_sky(source, subset, access)
    if sky.references:
        # Products of another core fix the grid, and their exposures come with a pixmap.
        grid = sky.references[0].grid
    else:
        grid = make_grid(sky.exposures, scale * sky.exposures[0].pixel_scale)
    kind, name = split_source(source)
    made_of = (key_of_scene(load_scene(name)), subset, scale) if kind == SCENE else None
    return grid, change_each(sky.exposures, lambda one: _on_grid(one, grid, made_of))


def _on_grid(exposure: Exposure, grid: OutputGrid, made_of: object) -> Exposure:
    """Project an exposure that has no pixmap; for scenes the pixmap is kept, too."""
    if exposure.pixmap is not None:
        return exposure
    if made_of is None:
        return project(exposure, grid)
    return make_once(
        ("pixmap", made_of, exposure.name, exposure.chip),
        lambda: project(exposure, grid),
        lambda made: {"pixmap": arrays_of(made)["pixmap"]},
        lambda kept: dataclasses.replace(exposure, pixmap=kept["pixmap"]),
    )


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
    grid, projected = _projected(source, subset, scale, access)

    def weighed(exposure: Exposure) -> Exposure:
        weight_map = weigh(exposure, weighting, bits=ALL_BITS)  # type: ignore[arg-type]
        return dataclasses.replace(exposure, weight_map=weight_map)

    quiet = None if sky.quiet is None else borrow(sky.quiet, projected, "pixmap")
    return CaseExposures(
        sky=sky,
        grid=grid,
        exposures=change_each(projected, weighed),
        quiet=None if quiet is None else change_each(quiet, weighed),
    )


FILED_LAYOUT = "hst-flt"

ALL_BITS = 0xFFFFFFFF
"""The weight map that came with an exposure already says which DQ bits count as bad."""


def exposures_of(case: Case, access: FrameAccess) -> CaseExposures:
    """Return the exposures of a case; see `prepare_exposures`."""
    return prepare_exposures(case.source, case.subset, case.scale, case.weighting, access)


def filed_exposures_of(case: Case, access: FrameAccess) -> CaseExposures:
    """Return the exposures of a case, those of a scene too with the files that hold them."""
    ready = exposures_of(case, access)
    kind, _ = split_source(case.source)
    if kind != SCENE:
        return ready
    paths = _file_scene(case.source, case.subset, access)
    filed = change_each(
        ready.exposures, lambda one: dataclasses.replace(one, path=paths.get(one.name))
    )
    return dataclasses.replace(ready, exposures=filed)


@functools.lru_cache(maxsize=4)
def _file_scene(source: str, subset: int, access: FrameAccess) -> dict[str, Path]:
    """Write a scene where cores that read files know the layout: HST's; name to file."""
    scene = load_scene(split_source(source)[1])
    if load_detector(scene.detector).layout != FILED_LAYOUT:
        return {}
    exposures: Iterable[Exposure] = load_sky(source, subset, access).exposures
    frames = itertools.groupby(exposures, key=lambda one: one.name)
    return {
        name: write_frame(scene, number, tuple(chips), _session_folder() / scene.name)
        for number, (name, chips) in enumerate(frames)
    }


@functools.cache
def _session_folder() -> Path:
    """Return a folder of this process alone, gone with it."""
    folder = tempfile.TemporaryDirectory(prefix="drizzle-harness-scenes-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
