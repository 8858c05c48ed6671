import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from harness.report.page import LARGEST
from harness.report.sweep.page import (
    make_cards,
    make_page,
    report_record,
    tell_facts,
    write_sweep_report,
)
from harness.report.sweep.series import find_series
from harness.sweep.record import Advice, Reason


class Outline(HTMLParser):
    """What of a page matters here: figures with their words, addresses, text, rows of tables."""

    def __init__(self, page):
        super().__init__()
        self.shown, self.addresses, self.words, self.rows = [], [], [], {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Take note of an element."""
        named = dict(attrs)
        if tag == "img":
            self.shown.append(named.get("alt"))
        if tag == "svg":
            assert named["role"] == "img"
            self.shown.append(named.get("aria-label"))
        if tag == "tr" and "data-key" in named:
            self.rows[named["data-key"]] = named["class"]
        self.addresses += [named[name] for name in ("src", "href", "xlink:href") if name in named]

    def handle_data(self, data):
        """Take note of text."""
        self.words.append(data)

    @property
    def text(self):
        """All text, with single spaces."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page(swept):
    """Return the page of the real sweep."""
    return make_page(swept[0])[0]


def test_everything_that_is_shown_is_told_in_words(page):
    """No picture, figure or colour bar is without words."""
    shown = Outline(page).shown
    assert len(shown) > 20
    assert all(alt and len(alt) > 15 for alt in shown)


def test_nothing_comes_from_outside(page):
    """Every address is within the page, and it forbids itself any other."""
    outside = [one for one in Outline(page).addresses if not one.startswith(("#", "data:"))]
    assert outside == []
    assert "default-src 'none'" in page
    assert not re.findall(r"url\((?!#)|@import|fetch\(|XMLHttp", page)
    # The names of XML's own vocabularies are no addresses that anybody asks.
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_page_tells_the_advice(swept, page):
    """Summary, reasons, alternatives and caveats of the record are all there."""
    advice, text = swept[0].advice, Outline(page).text
    assert f"Pixfrac {advice.pixfrac:g}" in text
    told = [advice.summary, *advice.caveats]
    told += [one.text for one in (*advice.reasons, *advice.alternatives)]
    assert len(told) > 6
    for sentence in told:
        assert sentence in text


def test_every_point_has_its_row_and_its_marks(swept, page):
    """The chosen row is marked, and each point of the curves has the key of a row."""
    rows = Outline(page).rows
    assert list(rows) == [f"p{number}" for number in range(len(swept[0].points))]
    chosen = [
        f"p{number}"
        for number, point in enumerate(swept[0].points)
        if point.pixfrac == swept[0].advice.pixfrac
    ]
    assert [key for key, tone in rows.items() if tone == "chosen"] == chosen
    marks = re.findall(r'class="point" data-key="([^"]+)"><title>([^<]+)</title>', page)
    assert {key for key, _ in marks} == set(rows)
    assert any("FWHM" in words and "R 1." in words for _, words in marks)


def test_figures_show_the_measured_values(swept, page):
    """The words of a figure, and the text over its points, are the record's figures."""
    record = swept[0]
    for point in (record.points[0], record.points[-1]):
        measured = {one.metric: one.value for one in point.measurements}
        ratio = measured["weight.rms_over_median"]
        assert f"{ratio:.3f} at pixfrac {point.pixfrac:g}" in page
        assert f"pixfrac {point.pixfrac:g}: RMS/median {ratio:.3f}" in page
        assert f"{measured['psf.fwhm']:.4f} ± " in page


def test_record_alone_gives_the_same_page(swept, tmp_path):
    """From the file on the disk comes, to the byte, the page that the sweep wrote."""
    record, folder = swept
    direct = write_sweep_report(record, tmp_path / "direct")
    again = report_record(folder / "sweep.json", tmp_path / "again")
    once_more = report_record(folder, tmp_path / "more")
    assert again.read_bytes() == once_more.read_bytes()
    # Pictures are kept in 16-bit steps of their range; all else is the same.
    strip = re.compile(rb"data:image/png;base64,[^\"]+")
    assert strip.sub(b"", direct.read_bytes()) == strip.sub(b"", again.read_bytes())
    assert direct.stat().st_size < 1_500_000
    names = {path.stem for path in (tmp_path / "again" / "figures").iterdir()}
    assert names >= {
        "tradeoff", "weights", "holes", "stars", "noise", "time", "outlines", "steps", "phases",
        "weight-histogram", "closeups", "frames", "hole-map",
    }  # fmt: skip


def test_several_cores_kernels_and_scales(with_axes):
    """Each combination has its curve and its words in the legend."""
    record = with_axes(
        cores=("drizzle", "other"), kernels=("square", "turbo"), scales=(0.065, 0.08)
    )
    series = find_series(record)
    assert len(series) == 8
    looks = {(one.colour, one.marker, str(one.dashes)) for one in series}
    assert len(looks) == 8
    outline = Outline(make_page(record)[0])
    assert "0.08″, turbo, other" in outline.text
    assert len(outline.rows) == 40


def test_many_files_are_not_all_named_twice(swept):
    """A few files are named one by one, many by the first and the last."""
    record = swept[0]
    names = tuple(f"jw{number:02d}_cal.fits" for number in range(25))
    for count in (8, 25):
        request = dataclasses.replace(record.request, files=names[:count])
        told = dict(tell_facts(dataclasses.replace(record, request=request)))["Frames"]
        assert ("jw04_cal.fits" in told) == (count == 8)
        assert told.startswith("jw00" if count == 8 else "25 files from jw00_cal.fits to jw24_cal")


def test_width_that_was_not_measured_has_no_unit(swept):
    """A card without a value says so, and nothing else."""
    record = swept[0]
    points = tuple(
        dataclasses.replace(
            point,
            measurements=tuple(
                dataclasses.replace(one, value=None, reason="no star")
                if one.metric == "psf.fwhm"
                else one
                for one in point.measurements
            ),
        )
        for point in record.points
    )
    blind = dataclasses.replace(record, points=points)
    card = next(one for one in make_cards(blind, find_series(blind)) if one.label == "FWHM")
    assert (card.unit, card.note) == ("", "not measured")


def test_a_thousand_points_stay_small(with_axes):
    """A grid of a thousand points still makes a page below the limit."""
    pixfracs = tuple(np.round(np.linspace(0.01, 1.0, 250), 4))
    record = with_axes(scales=(0.05, 0.06, 0.065, 0.07), pixfracs=pixfracs)
    page, _ = make_page(record)
    assert len(Outline(page).rows) == 1000
    assert len(page.encode()) < 0.6 * LARGEST


def test_lost_points_are_told(swept):
    """What crashed or failed has its row, its reason and a note at the top."""
    record = swept[0]
    lost = dataclasses.replace(
        record.points[1], state="crashed", reason="ended by SIGSEGV <here>", measurements=()
    )
    text = Outline(
        make_page(dataclasses.replace(record, points=(record.points[0], lost, *record.points[2:])))[
            0
        ]
    ).text
    assert "1 of 5 points is missing" in text
    assert "crashed: ended by SIGSEGV <here>" in text


def test_nothing_was_done(swept):
    """Where no point was finished the page still says so, and why."""
    record = swept[0]
    points = tuple(
        dataclasses.replace(one, state="failed", reason="no memory", measurements=())
        for one in record.points
    )
    advice = Advice(
        core="drizzle", kernel="square", scale=0.065, pixfrac=None, summary="Nothing was finished."
    )
    empty = dataclasses.replace(
        record, points=points, advice=advice, pictures=(), histograms=(), predictions=()
    )
    text = Outline(make_page(empty)[0]).text
    assert "No advice" in text
    assert "5 of 5 points are missing" in text
    assert "no memory" in text


def test_without_stars_the_trade_off_is_of_weights(swept):
    """Where no star was measured, evenness takes the place of sharpness, and no card lies."""
    record = swept[0]

    def blind(point):
        kept = tuple(
            dataclasses.replace(one, value=None, reason="no star")
            if one.metric.startswith("psf.")
            else one
            for one in point.measurements
        )
        return dataclasses.replace(point, measurements=kept)

    curves = tuple(
        dataclasses.replace(
            one, curves={k: v for k, v in one.curves.items() if not k.startswith("psf.")}
        )
        for one in record.predictions
    )
    page, drawings = make_page(
        dataclasses.replace(
            record, points=tuple(blind(one) for one in record.points), predictions=curves
        )
    )
    assert "The trade-off: Evenness against noise correlation" in page
    assert "stars" not in {one.name for one in drawings}


def test_advice_without_dither_names_no_rule_broken(swept):
    """Where the dither decides, points are not marked as breaking rules that do not apply."""
    record = swept[0]
    advice = dataclasses.replace(
        record.advice, pixfrac=1.0, reasons=(Reason(rule="no dither", text="One exposure."),)
    )
    text = Outline(make_page(dataclasses.replace(record, advice=advice))[0]).text
    assert "breaks" not in text.split("All points")[1]
    assert "keeps the rules" not in text


def test_names_are_no_markup(swept):
    """A hostile name in a record is shown, not run."""
    record = swept[0]
    bad = "<img src=x onerror=alert(1)>"
    exposures = tuple(
        dataclasses.replace(one, name=bad, origin={"target": bad}) for one in record.exposures
    )
    page, _ = make_page(dataclasses.replace(record, exposures=exposures))
    assert bad not in page
    assert bad in Outline(page).text
