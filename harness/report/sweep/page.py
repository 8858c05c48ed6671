"""The page of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.report.page import check_installed, render, write_page
from harness.report.parts import MISSING, Card
from harness.report.sweep.curves import draw_curves
from harness.report.sweep.distribution import draw_distribution
from harness.report.sweep.images import draw_images, find_rows
from harness.report.sweep.pointing import draw_pointing
from harness.report.sweep.series import Series, find_series, main_series, value_of
from harness.report.sweep.table import make_exposures_table, make_points_table
from harness.report.sweep.tradeoff import draw_tradeoff, find_contests
from harness.sweep.figures_of_merit import predicted_at
from harness.sweep.predict import FWHM, HOLES, NOISE, RMS
from harness.sweep.record import SweepRecord
from harness.sweep.storage import read_sweep

PAGE_NAME = "sweep.html"
MOST_NAMED = 8
"""Files that are named one by one above the table of exposures, which has them all."""
RULES = {
    "holes": "no holes",
    "spare": "a spare exposure",
    "weight": "even weights",
    "knee": "beyond the knee",
    "sharpness against noise": "sharp, not correlated",
    "no dither": "no dither",
    "sampling": "sampling",
}
"""The rules of the advice, in the words of their tags."""


def write_sweep_report(record: SweepRecord, out: Path) -> Path:
    """Write the page of a sweep, and its figures as PNG files beside it.

    Parameters
    ----------
    record : SweepRecord
        All that is shown comes from it.
    out : Path
        A folder.

    Returns
    -------
    Path
        `out/sweep.html`; the figures are in `out/figures`.

    Raises
    ------
    UsageError
        If jinja2 or matplotlib are missing, or the folder cannot be written.
    """
    check_installed()
    page, drawings = make_page(record)
    write_page(page, out / PAGE_NAME, (*drawings, *draw_images(record)))
    return out / PAGE_NAME


def report_record(path: Path, out: Path) -> Path:
    """Write the page of the sweep whose record is in a file; see `write_sweep_report`.

    Raises
    ------
    FixtureError
        If it is no record of a sweep, or one of another version.
    UsageError
        If the folder cannot be written.
    """
    return write_sweep_report(read_sweep(path), out)


def make_page(record: SweepRecord) -> tuple[str, tuple[Any, ...]]:
    """Return the page of a sweep, and the drawings in it."""
    series = find_series(record)
    contests = find_contests(record, series)
    tradeoff = draw_tradeoff(record, series)
    curves = draw_curves(record, series) if series else ()
    pointing = draw_pointing(record)
    distribution = draw_distribution(record)
    page = render(
        "sweep.html.j2",
        record=record,
        advice=record.advice,
        rules=RULES,
        subject=tell_subject(record),
        cards=make_cards(record, series),
        tradeoff=tradeoff,
        curves=curves,
        pointing=pointing,
        distribution=distribution,
        rows=find_rows(record),
        points=make_points_table(record, contests),
        exposures=make_exposures_table(record),
        lost=[point for point in record.points if point.state != "done"],
        facts=tell_facts(record),
        timing=tell_timing(record),
    )
    every = (tradeoff, *curves, *pointing, distribution)
    return page, tuple(one for one in every if one is not None)


def tell_subject(record: SweepRecord) -> str:
    """Say in one line what was swept."""
    first = record.exposures[0]
    count = len({one.name for one in record.exposures})
    names = [first.origin.get(key, "") for key in ("target", "detector", "filter")]
    source = record.request.source
    if source.startswith("scene/"):
        names.insert(0, f"scene {source.removeprefix('scene/')}")
    told = [" ".join(name for name in names if name) or "frames"]
    told.append(f"{count} {'exposure' if count == 1 else 'exposures'}")
    told.append(f"pixels of {first.pixel_scale:.4g}″")
    if first.pixels != "real":
        told.append(f"{first.pixels} pixels")
    return " · ".join(told)


def make_cards(record: SweepRecord, series: Sequence[Series]) -> tuple[Card, ...]:
    """Return the figures of the chosen point, each beside those of smallest and largest pixfrac."""
    main, advice = main_series(series), record.advice
    if main is None or advice.pixfrac is None:
        return ()
    at = min(main.points, key=lambda point: abs(point.pixfrac - (advice.pixfrac or 1.0)))
    ends = [point for point in (main.points[0], main.points[-1]) if point is not at]

    def note(metric: str, form: str) -> str:
        told = [
            f"{format(seen.value, form)} at {point.pixfrac:g}"
            for point in ends
            if (seen := value_of(point, metric)) is not None
        ]
        return ", ".join(told)

    cards = []
    for metric, label, form, unit in (
        (FWHM, "FWHM", ".4f", "arcsec"),
        (RMS, "RMS / median weight", ".3f", ""),
        (HOLES, "holes in the region", ".2%", ""),
    ):
        seen = value_of(at, metric)
        if seen is None or seen.value is None:
            cards.append(Card(label=label, value=MISSING, unit="", note="not measured"))
            continue
        value = format(seen.value, form)
        cards.append(Card(label=label, value=value, unit=unit, note=note(metric, form)))
    expected = predicted_at(main.prediction, at.pixfrac).get(NOISE)
    if expected is not None:
        told = [
            f"{there:.2f} at {point.pixfrac:g}"
            for point in ends
            if (there := predicted_at(main.prediction, point.pixfrac).get(NOISE)) is not None
        ]
        cards.append(
            Card(label="noise correlation R", value=f"{expected:.2f}", note=", ".join(told))
        )
    return tuple(cards)


def tell_facts(record: SweepRecord) -> list[tuple[str, str]]:
    """Return what was asked for, and by what it was done."""
    request, environment = record.request, record.environment
    cores = ", ".join(f"{k} {v}" for k, v in dict(environment.get("cores", {})).items())
    return [
        ("Frames", _tell_files(request.files) or request.source),
        ("Region", request.region),
        ("Scales", ", ".join(f"{one:g}″" for one in request.scales)),
        ("Pixfracs", ", ".join(f"{one:g}" for one in request.pixfracs)),
        ("Kernels", ", ".join(request.kernels)),
        ("Cores", cores or ", ".join(request.cores)),
        ("Weighting", request.weighting),
        ("Advisory limit", f"RMS/median {request.rms_over_median_limit:g}"),
        ("Made", str(environment.get("date", ""))),
        (
            "With",
            f"drizzle-harness {environment.get('harness', '')}, Python "
            f"{environment.get('python', '')}, numpy {environment.get('numpy', '')}",
        ),
        ("On", str(environment.get("platform", ""))),
    ]


def _tell_files(files: Sequence[str]) -> str:
    if len(files) <= MOST_NAMED:
        return ", ".join(files)
    return f"{len(files)} files from {files[0]} to {files[-1]}; the exposures are listed below"


def tell_timing(record: SweepRecord) -> list[tuple[str, str]]:
    """Return where the time went."""
    names = {
        "total": "In all",
        "exposures": "Reading frames",
        "pixmaps": "Pixmaps",
        "stars": "Finding stars",
        "starting": "Waiting for cores to load",
        "running": "Running the grid",
        "core": "In the core, all processes",
        "measuring": "Measuring, all processes",
    }
    told = [
        (name, f"{record.timing[key]:.2f} s") for key, name in names.items() if key in record.timing
    ]
    if "processes" in record.timing:
        told.append(("Processes", f"{record.timing['processes']:.0f}"))
    return told
