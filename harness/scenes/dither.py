"""Dither patterns: where the telescope points in each exposure of a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.errors import SceneError
from harness.fixture_data import STRICT, find_fixture, list_fixtures, load_fixture
from harness.scenes.detector import Detector
from harness.scenes.seeds import make_generator

FOLDER = "dithers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dither:
    """A dither pattern, as a file in `fixtures/dithers` describes it.

    Offsets are POSTARGs: arcsec along the x and y axes of the detector, by which the target moves
    on the detector.

    Attributes
    ----------
    name, description, source : str
        The file's stem, what the pattern is for, and where it comes from.
    kind : {"listed", "line", "grid", "random"}
        Offsets as listed; `points` steps of `spacing` arcsec at `angle` degrees from x; a regular
        grid of `points` by `points` phases within one pixel; `points` offsets drawn evenly from a
        square of edge `span`.
    offsets : tuple of (float, float)
        (x, y) of each exposure for "listed", arcsec.
    points : int
        See `kind`.
    spacing, angle, span : float
        Arcsec, degrees, arcsec.
    """

    __pydantic_config__ = STRICT

    name: str
    description: str
    source: str
    kind: Literal["listed", "line", "grid", "random"]
    offsets: tuple[tuple[float, float], ...] = ()
    points: int = 0
    spacing: float = 0.0
    angle: float = 0.0
    span: float = 0.0


def list_dithers() -> tuple[str, ...]:
    """List the names of the dither patterns."""
    return tuple(list_fixtures(FOLDER))


def load_dither(name: str) -> Dither:
    """Read one dither pattern from `fixtures/dithers`.

    Parameters
    ----------
    name : str
        Stem of the file.

    Raises
    ------
    FixtureError
        If there is none of that name, or its file is wrong.
    """
    return load_fixture(find_fixture(FOLDER, name), Dither)


def compute_offsets(dither: Dither, detector: Detector, *, seed: int) -> npt.NDArray[np.float64]:
    """Return the offset of every exposure.

    Parameters
    ----------
    dither : Dither
        The pattern.
    detector : Detector
        Whose pixels a grid subdivides.
    seed : int
        Seed of the scene, for random patterns.

    Returns
    -------
    ndarray, (exposures, 2), float64
        POSTARG (x, y), arcsec.

    Raises
    ------
    SceneError
        If the pattern has no point.
    """
    if dither.kind == "listed":
        offsets = np.array(dither.offsets, dtype=np.float64).reshape(-1, 2)
    elif dither.kind == "line":
        angle = np.radians(dither.angle)
        step = dither.spacing * np.array([np.cos(angle), np.sin(angle)])
        offsets = np.arange(dither.points)[:, None] * step
    elif dither.kind == "grid":
        offsets = _grid_within_pixel(dither.points, detector)
    else:
        random = make_generator(seed, "dither", dither.name)
        offsets = random.uniform(-dither.span / 2, dither.span / 2, (dither.points, 2))
    if len(offsets) == 0:
        raise SceneError(
            f"a {dither.kind} pattern without exposures",
            where=f"dither {dither.name}",
            allowed="at least one offset, or points >= 1",
            remedy="Set offsets or points",
        )
    return offsets


def _grid_within_pixel(points: int, detector: Detector) -> npt.NDArray[np.float64]:
    phases = np.arange(points) / max(points, 1)
    v, u = np.meshgrid(phases, phases, indexing="ij")
    matrix = np.array(detector.chips[0].matrix)
    return np.asarray(np.column_stack([u.ravel(), v.ravel()]) @ matrix.T)
