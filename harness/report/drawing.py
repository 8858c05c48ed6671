"""A figure: drawn once, shown in a page as inline SVG and kept beside it as PNG."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from harness.report.colours import PALETTE, figure_style, light

DOTS = 170
"""Dots per inch of the PNG: 800 pixels for a figure of the usual width."""
MARGIN = 0.08
"""Inches of white around a PNG."""
TITLE = 0.28
"""Inches that the title above a PNG takes, with the margin."""
POINT = "point~"
"""A gid of an artist that starts so names the row (`data-key`) of a page's table it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure, ready for a page.

    Attributes
    ----------
    name : str
        Of the PNG file, without suffix; unique in its page.
    title : str
        A few words above it.
    alt : str
        What it shows, in words with figures, for who cannot see it.
    caption : str
        How to read it.
    svg : str
        For inlining: colours and font are the page's; "" where the page shows it otherwise.
    figure : matplotlib.figure.Figure
        For `make_png`.
    """

    name: str
    title: str
    alt: str
    caption: str
    svg: str
    figure: Any


def draw(
    paint: Callable[[Any], Mapping[str, str] | None],
    *,
    name: str,
    title: str,
    alt: str,
    caption: str = "",
    size: tuple[float, float] = (4.7, 3.4),
    inline: bool = True,
) -> Drawing:
    """Draw a figure in the style of the house.

    Parameters
    ----------
    paint : callable
        Gets the empty `matplotlib.figure.Figure` and fills it. May return a mapping of gid (see
        `POINT`) to the text that the page shows over that artist.
    name, title, alt, caption : str
        As in `Drawing`.
    size : tuple of float
        Width and height in inches. A page shows it as wide as its column: at 4.7 inches letters
        are readable on a phone.
    inline : bool
        Whether a page is to hold it.

    Returns
    -------
    Drawing
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(figure_style()):
        figure = Figure(figsize=size)
        texts = paint(figure) or {}
        vector = io.StringIO()
        if inline:
            figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    svg = make_inline(vector.getvalue(), name=name, alt=alt, texts=texts) if inline else ""
    return Drawing(name=name, title=title, alt=alt, caption=caption, svg=svg, figure=figure)


def make_png(drawing: Drawing) -> bytes:
    """Return a drawing as PNG, on white and under its title."""
    import matplotlib as mpl
    from matplotlib.transforms import Bbox

    figure, pixels = drawing.figure, io.BytesIO()
    width, height = figure.get_size_inches()
    with mpl.rc_context(figure_style()):
        if drawing.svg:
            _keep_places(figure)
        for legend in figure.legends:
            # Else it goes with the edge of the paper, over the title.
            legend.set_bbox_to_anchor((0, 0, 1, 1), transform=figure.transFigure)
        # Above the figure, so that nothing in it moves.
        title = figure.text(
            0.015, 1.015, drawing.title, ha="left", va="bottom", fontsize=11.5, fontweight="bold"
        )
        figure.savefig(
            pixels, format="png", dpi=DOTS, facecolor="white", metadata={"Software": None},
            bbox_inches=Bbox([[-MARGIN, -MARGIN], [width + MARGIN, 1.015 * height + TITLE]]),
        )  # fmt: skip
        title.remove()
    return pixels.getvalue()


def _keep_places(figure: Any) -> None:
    """Let a figure that was drawn keep its layout, which took as long as drawing it."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute = lambda _: None


def make_inline(svg: str, *, name: str, alt: str, texts: Mapping[str, str]) -> str:
    """Make an SVG file part of a page: ids of its own, colours and font of the page, alt text."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    for colour, one in PALETTE.items():
        svg = svg.replace(one.light, f"var(--{colour})")
    svg = re.sub(r"font:\s*([\d.]+)px[^;\"]*", r"font-size: \1px", svg)
    svg = re.sub(r"font-family:[^;\"]*;?\s*", "", svg)
    svg = re.sub(r'\bid="([^"]+)"', lambda found: _name_group(found[1], name, texts), svg)
    svg = re.sub(r"(url\(#|href=\"#)", rf"\1{name}-", svg)
    for gid, text in texts.items():
        mark = f"data-key={quoteattr(gid.removeprefix(POINT))}>"
        svg = svg.replace(mark, f"{mark}<title>{escape(text)}</title>")
    opening = f'<svg role="img" aria-label={quoteattr(alt)} class="drawing" '
    svg = re.sub(
        r'<svg (?:xmlns:xlink="[^"]*" )?width="[^"]*" height="[^"]*" ', opening, svg, count=1
    )
    return _rounded(svg)


def _name_group(gid: str, name: str, texts: Mapping[str, str]) -> str:
    if gid in texts or gid.startswith(POINT):
        return f'class="point" data-key={quoteattr(gid.removeprefix(POINT))}'
    return f'id="{name}-{gid}"'


def _rounded(svg: str) -> str:
    """Drop from paths and places what lies beyond a hundredth of a point: half of the file."""

    def shorten(found: re.Match[str]) -> str:
        return re.sub(r"(\d+\.\d{2})\d+", r"\1", found[0])

    return re.sub(r'\b(?:d|x|y|x1|x2|y1|y2|points|transform)="[^"]*"', shorten, svg)


def ring(axes: Any, x: float, y: float, colour: str = "accent", size: float = 13) -> None:
    """Put the ring of a chosen point around a place."""
    axes.plot(
        [x], [y], "o", ms=size, mfc="none", mec=light(colour), mew=1.8, zorder=6, clip_on=False
    )
