"""What is known of a source before anything is simulated or read."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.errors import UsageError
from harness.frames.locate import available_sets
from harness.frames.manifest import load_manifest
from harness.model import Pixels
from harness.scenes import Scene, load_scene
from harness.scenes.detector import load_detector
from harness.scenes.dither import compute_offsets, load_dither
from harness.trials.case import Case

SCENE = "scene"
FRAMES = "frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What decides which specifications apply to a source.

    Attributes
    ----------
    pixels : {"synthetic", "real", "derived"}
    noisy, dithered : bool
    tags : frozenset of str
        The field of a scene ("isolated", "random", "blank"); "partial-overlap" where exposures
        are turned against each other; "stars" for frames in which stars can be found, "reference"
        for frames with products of another core.
    stars : int
        How many stars can be found in frames.
    """

    pixels: Pixels
    noisy: bool
    dithered: bool
    tags: frozenset[str]
    stars: int = 0


def split_source(source: str) -> tuple[str, str]:
    """Return the kind and the name of a source.

    Raises
    ------
    UsageError
        If it is neither "scene/NAME" nor "frames/NAME".
    """
    kind, _, name = source.partition("/")
    if kind not in (SCENE, FRAMES) or not name:
        raise UsageError(
            f"source is {source!r}", where="case", allowed=f"{SCENE}/NAME or {FRAMES}/NAME"
        )
    return kind, name


@functools.lru_cache(maxsize=64)
def facts_of(source: str, subset: int) -> SourceFacts:
    """Tell what a source is from its fixtures alone.

    Parameters
    ----------
    source : str
        "scene/NAME" or "frames/NAME".
    subset : int
        How many exposures are used; 0 for all.

    Raises
    ------
    UsageError, FixtureError
        If there is no such source.
    SceneError
        If the dither of the scene has no exposures.
    """
    kind, name = split_source(source)
    return _scene_facts(load_scene(name), subset) if kind == SCENE else _frame_facts(name, subset)


def missing_frames(cases: tuple[Case, ...], folder: Path | None) -> frozenset[str]:
    """Return the sources of cases whose frames cannot be had without the network."""
    wanted = {case.source for case in cases if case.source.startswith(f"{FRAMES}/")}
    if not wanted:
        return frozenset()
    there = set(available_sets(folder))
    return frozenset(source for source in wanted if source.partition("/")[2] not in there)


def _scene_facts(scene: Scene, subset: int) -> SourceFacts:
    offsets = compute_offsets(
        load_dither(scene.dither), load_detector(scene.detector), seed=scene.seed
    )
    used = offsets[:subset] if subset else offsets
    tags = {scene.field} | ({"partial-overlap"} if len(set(scene.orientat)) > 1 else set())
    return SourceFacts(
        pixels="synthetic",
        noisy=scene.noise,
        dithered=len(np.unique(used, axis=0)) > 1,
        tags=frozenset(tags),
    )


def _frame_facts(name: str, subset: int) -> SourceFacts:
    manifest = load_manifest(name)
    exposures = sum(entry.role == "exposure" for entry in manifest.frame)
    referenced = any(entry.role == "reference" for entry in manifest.frame)
    return SourceFacts(
        pixels=manifest.pixels,
        noisy=True,
        dithered=min(subset or exposures, exposures) > 1,
        tags=frozenset(
            ({"reference"} if referenced else set()) | ({"stars"} if manifest.stars else set())
        ),
        stars=manifest.stars,
    )
