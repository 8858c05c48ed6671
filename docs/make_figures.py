"""Draw docs/gate.png and write docs/pixfrac.md from runs of real cores.

    python docs/make_figures.py

needs the cores and matplotlib: `pip install "drizzle-harness[cores]" matplotlib`.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("agg")
import matplotlib.pyplot as plt

from harness.cores.call import run_core
from harness.cores.registry import load_core
from harness.gates.evaluate import evaluate_all
from harness.gates.load import load_specifications
from harness.trials.case import Case
from harness.trials.curve import PIXFRACS, trace_curve
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.run import run_trial
from harness.trials.truth import params_of

HERE = Path(__file__).parent
FIELD = Case(source="scene/crowded", kernel="square", pixfrac=0.8, scale=0.5)
JUDGED = Case(source="scene/ir-box", kernel="square", pixfrac=0.6, scale=0.5)
CORES = ("drizzle", "drizzlepac", "fault:half-pixel-shift:drizzle", "fault:rows-blurred:drizzle")
CORES += ("fault:columns-lost:drizzle", "fault:flux-lost:drizzle")
SPECIFICATIONS = (
    "agreement.weight",
    "agreement.science",
    "coverage.hole_fraction",
    "weight.rms_over_median",
    "psf.fwhm_recovery-noise-free",
    "psf.ellipticity",
    "photometry.flux_ratio",
    "photometry.weight_conservation",
    "astrometry.offset",
    "integrity.context",
)
SCALES = {"scene/ir-box-isotropic": 0.065 / 0.1283, "scene/ir-box": 0.065 / 0.128097814189}
KNOWN = (0.607, 0.507, 0.419, 0.329, 0.246, 0.167, 0.105, 0.062, 0.034, 0.0)
KNOWN_HOLES = (0.050, 0.008, 0, 0, 0, 0, 0, 0, 0, 0)
"""A full frame of square pixels, drizzled by AstroDrizzle and by its core."""
INK = "#1d2430"
COLOURS = {"PASS": "#3f9b6c", "FAIL": "#c8443a", "": "#d9dde3"}


def draw_gate(path: Path, curves: dict) -> None:
    """Draw exposure, product, weights, a fault, the curve over pixfrac, and the verdicts."""
    plt.rcParams.update({"font.size": 9, "text.color": INK, "axes.labelcolor": INK})
    figure = plt.figure(figsize=(12.4, 7.3), dpi=110, facecolor="white")
    grid = figure.add_gridspec(
        2, 4, height_ratios=(1.0, 0.92), hspace=0.24, wspace=0.09,
        left=0.05, right=0.985, top=0.945, bottom=0.075,
    )  # fmt: skip
    draw_field(figure, grid)
    draw_curve(figure.add_subplot(grid[1, 0:2]), curves)
    draw_verdicts(figure.add_subplot(grid[1, 2:4]))
    figure.savefig(path, pil_kwargs={"optimize": True})


def draw_field(figure, grid) -> None:
    """Draw one exposure, what the cores make of four, and where a faulty one differs."""
    ready = exposures_of(FIELD, FrameAccess())
    params = params_of(FIELD, ready)
    right = run_core(load_core("drizzle"), ready.exposures, params)
    wrong = run_core(load_core("fault:half-pixel-shift:drizzle"), ready.exposures, params)
    exposure = ready.exposures[0]
    ny, nx = right.sci.shape
    side = 150
    y0, x0 = (ny - side) // 2, (nx - side) // 2
    part = (slice(y0, y0 + side), slice(x0, x0 + side))
    # The same piece of sky in the exposure: the input pixels that fall there.
    where = exposure.pixmap
    inside = (where[..., 0] > x0) & (where[..., 0] < x0 + side)
    inside &= (where[..., 1] > y0) & (where[..., 1] < y0 + side)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    piece = exposure.data[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    sky = float(np.nanmedian(right.sci))
    peak = float(np.nanpercentile(right.sci[part] - sky, 99.7))

    def stretch(image):
        return np.arcsinh((image - sky) / (0.02 * peak))

    low, high = stretch(sky - 0.01 * peak), stretch(sky + 1.3 * peak)
    panels = (
        ("one of four exposures, 0.13″ pixels", stretch(piece), "Greys", low, high),
        ("drizzled, pixfrac 0.8, 0.065″ pixels", stretch(right.sci[part]), "Greys", low, high),
        ("its weights", right.wht[part], "cividis", None, None),
        (
            "half a pixel off: difference",
            np.nan_to_num(wrong.sci[part] - right.sci[part]),
            "RdBu_r",
            -0.25 * peak,
            0.25 * peak,
        ),
    )
    for column, (title, image, colours, low, high) in enumerate(panels):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(
            image,
            origin="lower",
            cmap=colours,
            vmin=low,
            vmax=high,
            interpolation="nearest",
            # As on the sky: the pixels of WFC3/IR are 0.1355″ wide and 0.1211″ high.
            aspect=0.1211 / 0.1355 if image is panels[0][1] else 1.0,
        )
        axes.set_title(title, fontsize=9.5, color=INK)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#9aa3af")


def draw_curve(axes, curves: dict) -> None:
    """Draw RMS/median over pixfrac."""
    styles = {"oracle": ("-", None), "drizzle": ("", "o"), "drizzlepac": ("", "x")}
    names = {"scene/ir-box-isotropic": "square pixels", "scene/ir-box": "true WFC3/IR pixels"}
    colours = {"scene/ir-box-isotropic": "#2f5d9b", "scene/ir-box": "#b5651d"}
    for (source, core), points in curves.items():
        line, marker = styles[core]
        label = f"{names[source]}: {'exact geometry' if core == 'oracle' else core}"
        axes.plot(
            PIXFRACS,
            [one.uniformity for one in points],
            linestyle=line or "none",
            marker=marker,
            markersize=4.5 if marker == "o" else 6,
            markerfacecolor="none",
            color=colours[source],
            label=label,
        )
    axes.axhline(0.2, color="#8a919c", linewidth=0.8, linestyle=(0, (4, 3)))
    advice = "advice of the Dither Handbook"
    axes.text(0.995, 0.212, advice, ha="right", fontsize=8, color="#5c6470")
    axes.set_xlabel("pixfrac")
    axes.set_ylabel("RMS / median of the weights")
    axes.set_xlim(0.07, 1.03)
    axes.set_ylim(-0.015, 0.66)
    axes.legend(frameon=False, fontsize=8)
    axes.set_title("IR-DITHERBOX, four exposures, output 0.065″", fontsize=9.5, color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw_verdicts(axes) -> None:
    """Draw the verdicts on cores that are right and on cores that are wrong in one way."""
    every = load_specifications()
    for column, name in enumerate(CORES):
        trial = run_trial(load_core(name), JUDGED)
        verdicts = evaluate_all(trial.measurements, every, trial.subject)
        found = {one.specification: str(one.outcome) for one in verdicts}
        for row, specification in enumerate(SPECIFICATIONS):
            colour = COLOURS.get(found[specification], COLOURS[""])
            box = plt.Rectangle((column + 0.04, row + 0.08), 0.92, 0.84, color=colour, linewidth=0)
            axes.add_patch(box)
    # The last word of a fault goes below the others, where it is wide enough for two lines.
    labels = [
        "\n".join(name.split(":")[1].replace("-", " ").rsplit(" ", 1)) if ":" in name else name
        for name in CORES
    ]
    axes.set_xticks(np.arange(len(CORES)) + 0.5, labels, fontsize=8)
    axes.set_yticks(np.arange(len(SPECIFICATIONS)) + 0.5, SPECIFICATIONS, fontsize=8)
    axes.set_xlim(-0.02, len(CORES) + 0.02)
    axes.set_ylim(len(SPECIFICATIONS) + 0.05, -0.05)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    # The names of the specifications take the place of half a column.
    box = axes.get_position()
    axes.set_position([box.x0 + 0.14, box.y0, box.width - 0.14, box.height])
    title = "two released cores, and four made wrong on purpose (grey: no value)"
    axes.set_title(title, fontsize=9.5, color=INK, x=1.0, ha="right")


def write_table(path: Path, curves: dict) -> None:
    """Write the curve as a page."""
    lines = [
        "# Holes and weights over pixfrac",
        "",
        "Four IR-DITHERBOX-MIN exposures, square kernel, output pixels of 0.065″, in the region",
        "where all exposures overlap. `python docs/make_figures.py` makes this page and the",
        "picture of the README again; `tests/trials/test_curve.py` holds the cores to the figures.",
        "",
        "Square pixels of 0.1283″ without distortion. The first two columns are a full frame, by",
        "AstroDrizzle and by its core alone; the others come from 192x192 pixels.",
        "",
        head("holes", "RMS/median", "holes", "RMS/median", "weights > 0"),
        rule(5),
    ]
    square, true = "scene/ir-box-isotropic", "scene/ir-box"
    for at, point in enumerate(curves[square, "oracle"]):
        known = (KNOWN_HOLES[at], KNOWN[at])
        lines.append(row(point, *known, point.holes, point.uniformity, point.uniformity_positive))
    lines += [
        "",
        "The true pixels of WFC3/IR, 0.1355″ by 0.1211″ with their distortion, for which the box",
        "was made: no pixfrac leaves holes, and all pass the advice of RMS/median below 0.2.",
        "",
        head("holes", "RMS/median", "weights > 0"),
        rule(3),
    ]
    lines += [
        row(point, point.holes, point.uniformity, point.uniformity_positive)
        for point in curves[true, "oracle"]
    ]
    worst = max(
        abs(one.uniformity - exact.uniformity)
        for (source, core), points in curves.items()
        for one, exact in zip(points, curves[source, "oracle"], strict=True)
    )
    versions = " and ".join(f"{n} {load_core(n).version}" for n in ("drizzle", "drizzlepac"))
    lines += [
        "",
        "These are the figures of exact geometry (the oracle).",
        f"Those of {versions} differ by at most {worst:.1e}.",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def head(*names: str) -> str:
    """Return the first line of a table."""
    return "| pixfrac | " + " | ".join(names) + " |"


def rule(count: int) -> str:
    """Return the second line of a table."""
    return "|---" * (count + 1) + "|"


def row(point, *values: float) -> str:
    """Return a line of a table."""
    return f"| {point.pixfrac:.1f} | " + " | ".join(f"{value:.3f}" for value in values) + " |"


def main() -> None:
    """Make both."""
    curves = {
        (source, name): trace_curve([load_core(name)], source, scale=scale)
        for source, scale in SCALES.items()
        for name in ("oracle", "drizzle", "drizzlepac")
    }
    write_table(HERE / "pixfrac.md", curves)
    draw_gate(HERE / "gate.png", curves)


if __name__ == "__main__":
    main()
