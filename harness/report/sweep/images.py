"""The images of a sweep: close-ups, full frames, holes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report import parts
from harness.report.colours import light
from harness.report.drawing import Drawing, draw
from harness.report.raster import (
    Rgba,
    Stretch,
    bar,
    colour,
    encode,
    find_asinh,
    find_linear,
    ramp,
    tint,
)
from harness.sweep.record import Picture, SweepRecord

COLOURS = {
    "science_closeup": "gray",
    "science_full": "gray",
    "weight_closeup": "viridis",
    "weight_full": "viridis",
}
TITLES = {
    "science_closeup": "Science",
    "weight_closeup": "Weight",
    "science_full": "Science, all that was drizzled",
    "weight_full": "Weight, all that was drizzled",
    "hole_map": "Holes",
}
NOTHING = (255, 79, 129, 255)
"""Pixels without weight in a close-up: a colour that no map has."""
OUTSIDE = (0, 0, 0, 0)
HOLE = (201, 36, 91)
NOT_REGION = (128, 136, 148, 90)
MOST_ROWS = 12
"""Pixfracs that the distribution shows."""


def pictures_of(record: SweepRecord, role: str) -> list[Picture]:
    """Return the pictures with a role, from the smallest pixfrac on."""
    return sorted((one for one in record.pictures if one.role == role), key=lambda p: p.pixfrac)


def find_rows(record: SweepRecord) -> dict[str, parts.PictureRow]:
    """Return the rows of pictures by role; a role without pictures, or without holes, has none."""
    rows = {}
    for role in TITLES:
        pictures = pictures_of(record, role)
        if not pictures or (role == "hole_map" and not highest(pictures)):
            continue
        rows[role] = _row(record, pictures)
    return rows


def find_stretch(pictures: Sequence[Picture]) -> Stretch:
    """Return the one stretch of pictures with the same role."""
    pixels = [one.pixels for one in pictures]
    role = pictures[0].role
    if role == "hole_map":
        return Stretch(low=0.0, high=highest(pictures))
    return find_asinh(pixels) if role.startswith("science") else find_linear(pixels)


def paint_picture(picture: Picture, stretch: Stretch) -> Rgba:
    """Return a picture as coloured bytes, top row first."""
    if picture.role == "hole_map":
        return tint(picture.pixels / (stretch.high or 1.0), HOLE, NOT_REGION)
    empty = NOTHING if picture.role.endswith("closeup") else OUTSIDE
    return colour(picture.pixels, stretch, COLOURS[picture.role], empty)


def _row(record: SweepRecord, pictures: Sequence[Picture]) -> parts.PictureRow:
    role, stretch = pictures[0].role, find_stretch(pictures)
    high = {
        "s": f"{stretch.high:.3g} {_unit(record)}".strip(),
        "w": f"{stretch.high:.4g}",
        "h": f"{stretch.high:.0%} of a block empty",
    }[role[0]]
    return parts.PictureRow(
        title=TITLES[role],
        pictures=tuple(
            parts.Picture(
                label=_label(record, one),
                alt=_alt(record, one, TITLES[role]),
                source=encode(paint_picture(one, stretch)),
                width=one.pixels.shape[1],
                height=one.pixels.shape[0],
                tone="chosen" if one.pixfrac == record.advice.pixfrac else "",
            )
            for one in pictures
        ),
        bar=ramp(HOLE) if role == "hole_map" else bar(COLOURS[role]),
        low=f"{stretch.low:.3g}",
        high=high,
    )


def highest(pictures: Sequence[Picture]) -> float:
    """Return the largest finite pixel of some pictures, 0 where there is none."""
    return max(
        (float(np.nanmax(one.pixels)) for one in pictures if np.isfinite(one.pixels).any()),
        default=0.0,
    )


def _label(record: SweepRecord, picture: Picture) -> str:
    return f"pixfrac {picture.pixfrac:g}" + (
        ", chosen" if picture.pixfrac == record.advice.pixfrac else ""
    )


def _alt(record: SweepRecord, picture: Picture, title: str) -> str:
    ny, nx = picture.pixels.shape
    width, height = (side * picture.block * picture.scale for side in (nx, ny))
    finite = picture.pixels[np.isfinite(picture.pixels)]
    empty = 1.0 - finite.size / picture.pixels.size
    text = f"{title} at {_label(record, picture)}: {width:.3g} by {height:.3g} arcsec"
    if picture.role == "hole_map":
        most = float(finite.max(initial=0.0))
        return f"{text}, " + (f"up to {most:.1%} of a block empty" if most else "no holes") + "."
    if picture.role.endswith("closeup"):
        text += f", {empty:.1%} of the pixels without weight"
    if finite.size and picture.role.startswith("weight"):
        text += f", weights {float(finite.min()):.3g} to {float(finite.max()):.3g}"
    return text + "."


def _unit(record: SweepRecord) -> str:
    for point in record.points:
        for one in point.measurements:
            if one.metric == "noise.background":
                return one.unit
    return ""


def draw_images(record: SweepRecord) -> tuple[Drawing, ...]:
    """Draw the rows of pictures as figures for talks; the page shows the pictures themselves."""
    found = []
    for name, roles in (
        ("closeups", ("science_closeup", "weight_closeup")),
        ("frames", ("science_full", "weight_full")),
        ("hole-map", ("hole_map",)),
    ):
        rows = [pictures_of(record, role) for role in roles]
        if all(rows) and (name != "hole-map" or highest(rows[0])):
            found.append(_draw_rows(record, name, rows))
    return tuple(found)


def _draw_rows(record: SweepRecord, name: str, rows: Sequence[Sequence[Picture]]) -> Drawing:
    count = len(rows[0])

    def paint(figure: Any) -> None:
        grid = figure.subplots(len(rows), count, squeeze=False)
        for line, pictures in zip(grid, rows, strict=True):
            stretch = find_stretch(pictures)
            for axes, one in zip(line, pictures, strict=True):
                image = paint_picture(one, stretch)
                axes.imshow(image, interpolation="nearest")
                axes.set_xticks([])
                axes.set_yticks([])
                axes.grid(visible=False)
                is_chosen = one.pixfrac == record.advice.pixfrac
                for spine in axes.spines.values():
                    spine.set_visible(True)
                    spine.set_color(light("accent" if is_chosen else "line"))
                    spine.set_linewidth(2.5 if is_chosen else 0.8)
                if pictures is rows[0]:
                    axes.set_title(
                        _label(record, one),
                        color=light("accent" if is_chosen else "muted"),
                    )
            line[0].set_ylabel(pictures[0].role.split("_")[0])

    ny, nx = rows[0][0].pixels.shape
    width = 2.6 * count + 0.4
    height = (2.6 * ny / nx) * len(rows) + 0.5
    return draw(
        paint,
        name=name,
        title={
            "closeups": "Close-ups, same stretch",
            "frames": "All that was drizzled, same stretch",
            "hole-map": "Holes",
        }[name],
        alt="; ".join(_alt(record, one, one.role) for row in rows for one in row),
        size=(width, min(height, 12.0)),
        inline=False,
    )
