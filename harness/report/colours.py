"""The colours of pages and figures, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FONTS = ("Inter", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")
"""For figures as files; the first that is there. Pages take the reader's own."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour under its name: on a light page, and on a dark one."""

    light: str
    dark: str


PALETTE = {
    "ink": Colour("#1a2230", "#e7ebf1"),
    "muted": Colour("#5b6676", "#9da9b8"),
    "line": Colour("#dde2e9", "#2b3542"),
    "ground": Colour("#f5f7fa", "#0e1319"),
    "surface": Colour("#fffffe", "#161d26"),
    "sunken": Colour("#eef1f5", "#1d2631"),
    "blue": Colour("#1f6fb8", "#67aef0"),
    "orange": Colour("#cf5c1f", "#f49a62"),
    "green": Colour("#1d8667", "#55c9a3"),
    "purple": Colour("#7c52b8", "#b796ea"),
    "teal": Colour("#0f8394", "#58c3d3"),
    "brown": Colour("#8a6327", "#cfa765"),
    "accent": Colour("#c9245b", "#ff7a9f"),
    "limit": Colour("#a57400", "#e2b84b"),
    "good": Colour("#1b7f4b", "#5fce94"),
    "bad": Colour("#bb2a2a", "#ff8a80"),
}
"""By the name that a style sheet calls `var(--name)`. No light one occurs twice: figures are drawn
in the light ones, and pages put the names in their place."""
SERIES = ("blue", "orange", "green", "purple", "teal", "brown")
"""Colours of curves, in this order."""


def light(name: str) -> str:
    """Return a colour for figures."""
    return PALETTE[name].light


def css_variables() -> str:
    """Return the palette as CSS: light, dark by the reader's system, and either by `data-theme`."""

    def block(selector: str, tone: str) -> str:
        colours = "".join(f"--{name}:{getattr(one, tone)};" for name, one in PALETTE.items())
        return f"{selector}{{color-scheme:{tone};{colours}}}"

    by_system = block(":root:not([data-theme=light])", "dark")
    return "\n".join(
        (
            block(":root", "light"),
            f"@media (prefers-color-scheme: dark){{{by_system}}}",
            block(":root[data-theme=dark]", "dark"),
        )
    )


def figure_style() -> Any:
    """Return the matplotlib settings of the house."""
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    return {
        "font.family": [name for name in FONTS if name in there][:1] or ["DejaVu Sans"],
        "font.size": 9.5,
        "text.color": light("ink"),
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.05,
        "figure.constrained_layout.w_pad": 0.05,
        "axes.facecolor": "none",
        "axes.edgecolor": light("muted"),
        "axes.labelcolor": light("muted"),
        "axes.labelsize": 9.5,
        "axes.titlesize": 9.5,
        "axes.titlecolor": light("muted"),
        "axes.titlelocation": "left",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": light("line"),
        "grid.linewidth": 0.8,
        "xtick.color": light("muted"),
        "ytick.color": light("muted"),
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "lines.solid_capstyle": "round",
        "legend.frameon": False,
        "legend.fontsize": 9,
        "legend.handlelength": 2.2,
        "svg.fonttype": "none",
        "svg.hashsalt": "drizzle-harness",
    }
