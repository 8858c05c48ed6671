"""What pages are made of besides drawings: cards, pictures, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MISSING = "\u2013"
"""What a cell without a value shows."""
Tone = Literal["", "good", "bad", "warn", "chosen", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure, large, with what it is and how it compares."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image that opens large when it is touched.

    Attributes
    ----------
    label : str
        A few words below it, and its heading when it is large.
    alt : str
    source : str
        Data URI.
    width, height : int
        Pixels of the image.
    crisp : bool
        Whether its pixels are to be seen one by one.
    tone : str
    """

    label: str
    alt: str
    source: str
    width: int
    height: int
    crisp: bool = True
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """Pictures with one stretch: side by side, and blinked when they are large.

    Attributes
    ----------
    title : str
    pictures : tuple of Picture
    bar : str
        Data URI of the colour bar, "" for none.
    low, high : str
        What its ends stand for, with the unit.
    """

    title: str
    pictures: tuple[Picture, ...]
    bar: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading, what it means, and whether it holds numbers."""

    title: str
    explain: str = ""
    numeric: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a cell shows, and by what it is sorted; None goes last."""

    text: str
    sort: float | str | None
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row; drawings point to it by its key."""

    cells: Sequence[Cell]
    key: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that the reader can sort."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]


def number(value: float | None, form: str = ".4g", *, missing: str = MISSING) -> Cell:
    """Return a cell for a number."""
    return Cell(text=missing if value is None else format(value, form), sort=value)


def text(value: str, tone: Tone = "") -> Cell:
    """Return a cell for words."""
    return Cell(text=value, sort=value, tone=tone)
