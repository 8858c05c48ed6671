"""The figures of an upgrade: what became of each family, ratios of times, maps of differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.report.colours import light
from harness.report.drawing import Drawing, draw
from harness.report.parts import Picture, PictureRow
from harness.report.raster import Stretch, bar, colour, encode
from harness.report.upgrade.summary import FAMILIES, RULINGS, count_states

COLOURS = {
    "fail": "bad", "inconclusive": "limit", "waived": "purple", "note": "blue", "pass": "green",
    "ignored": "muted",
}  # fmt: skip
MAP_COLOURS = "magma"
UNSET = (255, 79, 129, 255)
"""Where one side has a number and the other none."""
NARROW = 0.07
"""Share of a bar that has no room for a number."""
PER_ROW = 4
MOST_MAPS = 24
"""Maps in a page; the record has all."""


def draw_overview(record: dict[str, Any]) -> Drawing:
    """Draw the share of each ruling in every family."""
    counted = count_states(record)
    names = [family for family in FAMILIES if family in counted]

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for row, family in enumerate(reversed(names)):
            total = sum(counted[family].values())
            left = 0.0
            for ruling in RULINGS:
                number = counted[family][ruling]
                if not number:
                    continue
                width = number / total
                axes.barh(row, width, left=left, height=0.62, color=light(COLOURS[ruling]))
                if width > NARROW:
                    axes.text(left + width / 2, row, str(number), ha="center", va="center",
                              color=light("surface"), fontsize=8.5)  # fmt: skip
                left += width
            if 0 < counted[family]["fail"] <= NARROW * total:
                axes.text(1.01, row, f"{counted[family]['fail']} fail", va="center",
                          color=light(COLOURS["fail"]), fontsize=8.5)  # fmt: skip
        axes.set_yticks(range(len(names)), [FAMILIES[one] for one in reversed(names)])
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        shown = [one for one in RULINGS if any(counts[one] for counts in counted.values())]
        handles = [axes.barh(0, 0, color=light(COLOURS[one])) for one in shown]
        axes.legend(handles, shown, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.02),
                    frameon=False)  # fmt: skip

    told = "; ".join(
        f"{FAMILIES[name]}: "
        + ", ".join(f"{counted[name][one]} {one}" for one in RULINGS if counted[name][one])
        for name in names
    )
    return draw(
        paint, name="upgrade-overview", title="What became of the checks", alt=told,
        caption="Each bar is all checks of a family; numbers are checks.",
    )  # fmt: skip


def clock_checks(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the workloads that were timed."""
    return [
        check
        for check in record["checks"]
        if check["family"] == "clock" and check["figures"].get("ratios")
    ]


def draw_ratios(record: dict[str, Any]) -> Drawing | None:
    """Draw the ratio of every block, and the interval of each workload."""
    checks = clock_checks(record)
    if not checks:
        return None
    sensitivity = float(record["policy"]["sensitivity"])

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        generator = np.random.default_rng(0)
        for row, check in enumerate(reversed(checks)):
            figures = check["figures"]
            tone = {"slower": "bad", "faster": "good", "inconclusive": "limit"}.get(
                check["state"], "blue"
            )
            ratios = np.array(figures["ratios"], dtype=float)
            scatter = row + generator.uniform(-0.14, 0.14, ratios.size)
            axes.plot(ratios, scatter, "o", ms=3.4, color=light(tone), alpha=0.45)
            low, high = float(figures["low"]), float(figures["high"])
            if math.isfinite(low) and math.isfinite(high):
                axes.plot([low, high], [row, row], "-", lw=3, color=light(tone))
            axes.plot([float(figures["ratio"])], [row], "D", ms=6, color=light(tone))
        axes.axvline(1.0, color=light("muted"), lw=1)
        axes.axvspan(1 - sensitivity, 1 + sensitivity, color=light("sunken"), zorder=0)
        axes.set_yticks(
            range(len(checks)), [one["name"].removeprefix("clock/") for one in reversed(checks)]
        )
        axes.set_ylim(-0.6, len(checks) - 0.4)
        axes.set_xlabel("time of the new side / time of the old side")

    told = "; ".join(
        f"{one['name']}: ratio {one['figures']['ratio']}, interval {one['figures']['low']} to "
        f"{one['figures']['high']}, {one['state']}"
        for one in checks
    )
    return draw(
        paint, name="upgrade-ratios", title="Ratios of times", alt=told,
        caption="Points: blocks of pairs. Diamond and bar: the estimate and its interval. Band: "
        f"the change of {100 * sensitivity:g} % that must not pass unseen.",
        size=(4.7, 1.4 + 0.5 * len(checks)),
    )  # fmt: skip


def map_rows(record: dict[str, Any]) -> list[PictureRow]:
    """Return the maps of what differs, what fails first."""
    order = {ruling: number for number, ruling in enumerate(RULINGS)}
    checks = sorted(
        (check for check in record["checks"] if check["map"]),
        key=lambda check: (order[check["ruling"]], check["name"]),
    )[:MOST_MAPS]
    rows = []
    for start in range(0, len(checks), PER_ROW):
        some = checks[start : start + PER_ROW]
        rows.append(
            PictureRow(
                title=", ".join(dict.fromkeys(check["state"] for check in some)),
                pictures=tuple(_picture(check) for check in some),
                bar=bar(MAP_COLOURS),
                low="0",
                high="largest",
            )
        )
    return rows


def _picture(check: dict[str, Any]) -> Picture:
    area = check["map"]
    values = np.array(
        [[math.nan if one is None else one for one in row] for row in area["values"]], dtype=float
    )
    finite = values[np.isfinite(values)]
    largest = float(finite.max(initial=0.0))
    stretch = Stretch(low=0.0, high=largest or 1.0, softening=0.02 * largest)
    name = check["name"].removeprefix("difference/")
    tone: Any = "chosen" if check["ruling"] == "fail" else ""
    ny, nx = area["shape"]
    return Picture(
        label=f"{name} · {area['image']} · up to {largest:.3g}",
        alt=f"{check['message']}",
        source=encode(colour(values, stretch, MAP_COLOURS, UNSET)),
        width=nx,
        height=ny,
        tone=tone,
    )
