"""The part of a sweep's region on which predictions are made: tiles that stand for all of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.model import Exposure, OutputGrid
from harness.sweep.pieces import REACH, Box, cut_exposure
from harness.sweep.stage import Stage

TILE = 64
"""Output pixels a side of the parts that are drizzled exactly."""
TILES = 5
WHOLE = 144
"""A region up to this many output pixels a side is drizzled exactly as a whole."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tile:
    """A part of the output with the pieces of the exposures that reach it.

    Attributes
    ----------
    grid : OutputGrid
    exposures : tuple of Exposure
        With pixmaps on `grid`.
    mask : ndarray, (ny, nx), bool
        What of it lies in the region.
    """

    grid: OutputGrid
    exposures: tuple[Exposure, ...]
    mask: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """What is drizzled exactly.

    Attributes
    ----------
    parts : Tile or None
        All parts, one above the other, so that one call drizzles them; None without any.
    noise : Tile or None
        The part whose covariance is worked out.
    whole : bool
        Whether the parts are the whole region, so that values can be compared one by one.
    """

    parts: Tile | None
    noise: Tile | None
    whole: bool


def take_sample(stage: Stage) -> Sample:
    """Cut out what is drizzled exactly: the region if it is small, else five parts of it.

    The phases of the exposures drift over a distorted field, so that one part is no sample of
    the whole: they lie about pixels of the region that are evenly spread in the order of its rows.
    """
    y0, y1, x0, x1 = stage.box
    if max(y1 - y0, x1 - x0) <= WHOLE:
        tile = _cut(stage, stage.box)
        return Sample(parts=tile, noise=tile, whole=True)
    per_row = np.count_nonzero(stage.mask, axis=1)
    ends = np.cumsum(per_row)
    tiles = []
    for number in range(TILES):
        at = int((number + 0.5) / TILES * ends[-1])
        y = int(np.searchsorted(ends, at, side="right"))
        x = int(np.flatnonzero(stage.mask[y])[at - ends[y] + per_row[y]])
        top = min(max(y0 + y - TILE // 2, y0), max(y1 - TILE, y0))
        left = min(max(x0 + x - TILE // 2, x0), max(x1 - TILE, x0))
        tile = _cut(stage, (top, min(top + TILE, y1), left, min(left + TILE, x1)))
        if tile.mask.any() and tile.exposures:
            tiles.append(tile)
    if not tiles:
        return Sample(parts=None, noise=None, whole=False)
    return Sample(parts=_pile_up(tiles), noise=tiles[0], whole=False)


def _pile_up(tiles: Sequence[Tile]) -> Tile:
    """Return one tile that holds all, one above the other.

    The pieces of an exposure become one frame; rows and columns without position keep them
    apart. The drops along a piece's border then have no corners, and reached no tile before.
    """
    height = max(tile.grid.shape[0] for tile in tiles)
    width = max(tile.grid.shape[1] for tile in tiles)
    # Free rows between the tiles: a piece reaches `REACH` pixels and two more beyond its tile,
    # and the wings of its outermost drops as far again.
    step = height + 4 * REACH * max(
        math.ceil(one.pixel_scale / tile.grid.pixel_scale)
        for tile in tiles
        for one in tile.exposures
    )
    mask = np.zeros((step * len(tiles), width), dtype=bool)
    pieces: dict[tuple[str, int], list[tuple[int, Exposure]]] = {}
    for number, tile in enumerate(tiles):
        ny, nx = tile.grid.shape
        mask[number * step : number * step + ny, :nx] = tile.mask
        for exposure in tile.exposures:
            pieces.setdefault((exposure.name, exposure.chip), []).append((number, exposure))
    return Tile(
        grid=OutputGrid(shape=mask.shape, pixel_scale=tiles[0].grid.pixel_scale),
        exposures=tuple(_join(found, step) for found in pieces.values()),
        mask=mask,
    )


def _join(pieces: Sequence[tuple[int, Exposure]], step: int) -> Exposure:
    """Return the pieces of one exposure as one frame; each is moved up by its tile's number."""
    rows = sum(exposure.data.shape[0] + 1 for _, exposure in pieces)
    columns = max(exposure.data.shape[1] for _, exposure in pieces) + 1
    data = np.zeros((rows, columns), dtype=np.float32)
    weight = np.zeros((rows, columns), dtype=np.float32)
    pixmap = np.full((rows, columns, 2), np.nan)
    row = 0
    for number, exposure in pieces:
        assert exposure.pixmap is not None  # noqa: S101 - the stage has set it
        ny, nx = exposure.data.shape
        place = slice(row, row + ny), slice(0, nx)
        data[place], weight[place] = exposure.data, exposure.weight_map
        pixmap[place] = exposure.pixmap + np.array([0.0, number * step])
        row += ny + 1
    return dataclasses.replace(pieces[0][1], data=data, weight_map=weight, pixmap=pixmap)


def _cut(stage: Stage, box: Box) -> Tile:
    top, bottom, left, right = box
    y0, _, x0, _ = stage.box
    pieces = []
    for exposure in stage.exposures:
        piece = cut_exposure(exposure, box)
        if piece is not None:
            pieces.append(piece)
    return Tile(
        grid=OutputGrid(shape=(bottom - top, right - left), pixel_scale=stage.grid.pixel_scale),
        exposures=tuple(pieces),
        mask=stage.mask[top - y0 : bottom - y0, left - x0 : right - x0].copy(),
    )
