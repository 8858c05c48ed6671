"""The table of a sweep: every point with what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.report.parts import Cell, Column, Row, Table, Tone, number, text
from harness.report.sweep.series import key_of, value_of
from harness.report.sweep.tradeoff import rules_apply
from harness.sweep.figures_of_merit import Merit
from harness.sweep.record import SweepPoint, SweepRecord

METRICS = (
    ("coverage.hole_fraction", "holes", ".3%", "Share of the region without weight"),
    ("coverage.largest_hole", "largest", ".0f", "Output pixels of the largest hole"),
    ("weight.rms_over_median", "RMS/median", ".4f", "Of the weights, zeros included"),
    ("weight.rms_over_median_positive", "… w > 0", ".4f", "Of the weights above zero"),
    ("psf.fwhm", "FWHM ″", ".4f", "Median of the stars that were fitted"),
    ("psf.ellipticity", "ellipt.", ".3f", "1 - minor / major axis, median"),
    ("noise.correlation_ratio", "R", ".2f", "Noise correlation ratio of blank sky"),
    ("noise.background", "sky scatter", ".4g", "Robust scatter of single sky pixels"),
)
WITH_ERROR = {"psf.fwhm", "noise.correlation_ratio"}


def make_points_table(record: SweepRecord, contests: Mapping[str, tuple[Merit, Any]]) -> Table:
    """Return every point of the grid, in its order."""
    request = record.request
    several = [
        name
        for name, values in (
            ("core", request.cores),
            ("kernel", request.kernels),
            ("scale", request.scales),
        )
        if len(values) > 1
    ]
    ruled = rules_apply(record)
    columns = [Column(title=f"{n} ″" if n == "scale" else n, numeric=n == "scale") for n in several]
    columns.append(Column(title="pixfrac"))
    columns += [Column(title=title, explain=explain) for _, title, _, explain in METRICS]
    columns += [Column(title="seconds", explain="Wall time in the core")]
    if ruled:
        columns.append(Column(title="breaks", explain="Rules of the advice", numeric=False))
    rows = []
    for place, point in enumerate(record.points):
        key = key_of(place)
        cells = [_axis(point, name) for name in several]
        cells.append(number(point.pixfrac, "g"))
        cells += [_measured(point, metric, form) for metric, _, form, _ in METRICS]
        cells.append(number(point.seconds if point.state == "done" else None, ".2f"))
        if ruled:
            cells.append(_broken(point, contests.get(key)))
        rows.append(Row(cells=cells, key=key, tone=_tone(record, point)))
    return Table(caption="All points; a heading sorts", columns=columns, rows=rows)


def make_exposures_table(record: SweepRecord) -> Table:
    """Return the exposures with their offsets and phases."""
    columns = [
        Column(title="#"),
        Column(title="exposure", numeric=False),
        Column(title="chip"),
        Column(title="seconds", explain="Exposure time"),
        Column(title="pixels", numeric=False, explain="x by y"),
        Column(title="pixel ″"),
        Column(title="east ″", explain="Offset from the first exposure"),
        Column(title="north ″", explain="Offset from the first exposure"),
        Column(title="phase x", explain="Of one point of the sky within its pixel"),
        Column(title="phase y", explain="Of one point of the sky within its pixel"),
    ]
    rows = [
        Row(
            cells=[
                number(place, "d"),
                text(one.name),
                number(one.chip, "d"),
                number(one.exptime, ".6g"),
                text(f"{one.shape[1]} x {one.shape[0]}"),
                number(one.pixel_scale, ".5f"),
                number(one.offset[0], "+.4f"),
                number(one.offset[1], "+.4f"),
                number(one.phase[0], ".3f"),
                number(one.phase[1], ".3f"),
            ]
        )
        for place, one in enumerate(record.exposures, start=1)
    ]
    return Table(caption="Exposures", columns=columns, rows=rows)


def _axis(point: SweepPoint, name: str) -> Cell:
    value = getattr(point, name)
    return number(value, "g") if name == "scale" else text(value)


def _measured(point: SweepPoint, metric: str, form: str) -> Cell:
    seen = value_of(point, metric)
    if seen is None:
        return number(None)
    cell = number(seen.value, form)
    if metric in WITH_ERROR and seen.uncertainty:
        digits = ".4f" if metric == "psf.fwhm" else ".2f"
        return Cell(text=f"{cell.text} ± {format(seen.uncertainty, digits)}", sort=cell.sort)
    return cell


def _broken(point: SweepPoint, held: tuple[Merit, Any] | None) -> Cell:
    if point.state != "done":
        return text(point.state.replace("_", " "))
    if held is None:
        return text("")
    merit, contest = held
    broken = contest.failures(merit)
    return text(", ".join(broken), "quiet") if broken else text("none", "good")


def _tone(record: SweepRecord, point: SweepPoint) -> Tone:
    advice = record.advice
    if point.state in ("failed", "crashed"):
        return "bad"
    here = (point.core, point.kernel, point.scale, point.pixfrac)
    chosen = here == (advice.core, advice.kernel, advice.scale, advice.pixfrac)
    return "chosen" if chosen else ""
