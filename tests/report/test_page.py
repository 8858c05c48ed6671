import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from harness.errors import FixtureError, UsageError
from harness.report import page
from harness.report.colours import PALETTE, css_variables
from harness.report.drawing import DOTS, POINT, TITLE, draw, make_png
from harness.report.page import TEMPLATES, find_record, render, write_page
from harness.report.raster import Stretch, colour, encode, find_asinh, find_linear, tint

OWN_VARIABLES = {"count"}
"""Set by the templates themselves."""


def simple(name="curve", alt="A line", text="over"):
    """Draw two points and a line."""

    def paint(figure):
        axes = figure.subplots()
        axes.plot([0.1, 0.2], [0.185, 0.195], color=PALETTE["blue"].light)
        axes.set_yticks([0.185, 0.195])
        (dot,) = axes.plot([0.1], [0.185], "o", color=PALETTE["accent"].light)
        dot.set_gid(POINT + "p0")
        return {POINT + "p0": text}

    return draw(paint, name=name, title="Title", alt=alt)


def test_no_light_colour_occurs_twice():
    """Figures are recoloured by their light colours, so that each must be one name's own."""
    shades = [one.light for one in PALETTE.values()]
    assert len(set(shades)) == len(shades)


def contrast(one, other):
    """Return the contrast of two colours as WCAG 2 defines it."""

    def luminance(text):
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_text_can_be_read(tone):
    """Every colour of words reaches WCAG's 4.5 on page and panel, every curve 3 on its panel."""
    shade = {name: getattr(one, tone) for name, one in PALETTE.items()}
    for words in ("ink", "muted", "accent", "good", "bad"):
        for ground in ("ground", "surface"):
            assert contrast(shade[words], shade[ground]) >= 4.5, (words, ground)
    for curve in ("blue", "orange", "green", "purple", "teal", "brown", "limit"):
        assert contrast(shade[curve], shade["surface"]) >= 3, curve


def test_style_uses_no_unknown_colour():
    """Each `var(--name)` of style and templates is in the palette."""
    for path in TEMPLATES.iterdir():
        used = set(re.findall(r"var\(--([\w-]+)\)", path.read_text()))
        assert used <= set(PALETTE) | OWN_VARIABLES, path.name
    assert css_variables().count("--ink:") == 3


def test_inline_figure_is_the_page_s_own():
    """Colours become names, ids are the figure's own, numbers stay whole, texts hang on points."""
    one = simple(alt='A "quoted" <line>', text="0.1 <b>")
    assert one.svg.startswith("<svg role=")
    assert 'aria-label="A &quot;quoted&quot; &lt;line&gt;"' in one.svg.replace("'", '"') or (
        "aria-label='A \"quoted\" &lt;line&gt;'" in one.svg
    )
    assert "var(--blue)" in one.svg
    assert not {shade.light for shade in PALETTE.values()} & set(
        re.findall(r"#[0-9a-f]{6}", one.svg)
    )
    assert ">0.185<" in one.svg
    assert "font-family" not in one.svg
    assert '<g class="point" data-key="p0"><title>0.1 &lt;b&gt;</title>' in one.svg
    ids = re.findall(r'\bid="([^"]+)"', one.svg)
    assert ids
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("curve-") for name in ids)
    for target in re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", one.svg):
        assert target in ids


def test_figures_are_the_same_each_time():
    """Nothing of the time or of chance is in a figure."""
    assert simple().svg == simple().svg
    assert make_png(simple()) == make_png(simple())


def test_png_is_on_white():
    """The file can be shown on any slide."""
    image = Image.open(io.BytesIO(make_png(simple()))).convert("RGBA")
    assert image.getpixel((1, image.height - 2)) == (255, 255, 255, 255)
    assert image.width == pytest.approx(800, abs=40)


def test_legend_stays_out_of_the_title():
    """What lies above the figure in the PNG is the same with a legend and without."""

    def strip(legend):
        def paint(figure):
            figure.subplots().plot([0, 1], [0, 1], label="a curve")
            if legend:
                figure.legend(loc="outside upper left", borderaxespad=0)

        one = draw(paint, name="curve", title="Title", alt="A line")
        image = np.array(Image.open(io.BytesIO(make_png(one))).convert("L"))
        return image[: round(TITLE * DOTS)]

    assert strip(legend=False).min() < 128
    np.testing.assert_array_equal(strip(legend=True), strip(legend=False))


def decode(uri):
    """Return the pixels of a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


def test_raster_is_upright_and_marks_what_is_empty():
    """The first row of the array is the last of the image; NaN gets its own colour."""
    pixels = np.array([[0.0, 1.0], [np.nan, 0.5], [2.0, -1.0]])
    seen = decode(encode(colour(pixels, Stretch(low=0.0, high=1.0), "gray", (9, 8, 7, 255))))
    assert seen.shape == (3, 2, 4)
    assert seen[2, 0].tolist() == [0, 0, 0, 255]
    assert seen[2, 1].tolist() == [255, 255, 255, 255]
    assert seen[1, 0].tolist() == [9, 8, 7, 255]
    assert 126 <= seen[1, 1, 0] <= 129
    assert seen[0, 0].tolist() == [255, 255, 255, 255]
    assert seen[0, 1].tolist() == [0, 0, 0, 255]


@pytest.mark.parametrize("colours", [1, 256, 257])
def test_encoding_keeps_every_colour(colours):
    """Few colours are kept by palette, many by pixel; both come back to the byte."""
    rng = np.random.default_rng(3)
    palette = rng.integers(0, 256, (colours, 4), dtype=np.uint8)
    image = palette[np.arange(20 * 30) % colours].reshape(20, 30, 4)
    np.testing.assert_array_equal(decode(encode(image)), image)


def test_tint_is_clear_where_there_is_nothing():
    """Opacity is the root of the value; outside has its own colour."""
    seen = tint(np.array([[0.0, 0.25, 1.0, np.nan]]), (200, 30, 90), (1, 2, 3, 4))
    assert seen[0, :, 3].tolist() == [0, 128, 255, 4]
    assert seen[0, 3].tolist() == [1, 2, 3, 4]


def test_stretch_shows_sky_and_stars():
    """Noise of the sky takes a visible part of the range, and no star below the top is cut."""
    rng = np.random.default_rng(5)
    image = rng.normal(10.0, 0.1, (64, 64))
    image[30:34, 30:34] += 500.0
    stretch = find_asinh([image])
    level = stretch(image)
    assert 0.08 < np.std(level[:20]) * 6 < 0.6
    assert level.max() == 1.0
    assert np.diff(stretch(np.linspace(9.7, 400.0, 50))).min() > 0


@pytest.mark.parametrize("find", [find_asinh, find_linear])
@pytest.mark.parametrize("value", [np.nan, 0.0, 3.0])
def test_stretch_of_nothing(find, value):
    """Images of one value, or of none, are no error."""
    image = np.full((4, 4), value)
    level = find([image])(image)
    assert np.isnan(level).all() if np.isnan(value) else np.isfinite(level).all()


def test_page_too_large_is_refused(tmp_path, monkeypatch):
    """A page beyond the limit is an error that says its size, and nothing is written."""
    monkeypatch.setattr(page, "LARGEST", 1000)
    with pytest.raises(UsageError, match=r"0\.0 MB.*Allowed: 0\.001 MB"):
        write_page("x" * 2000, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_figures_lie_beside_the_page(tmp_path):
    """Each drawing is a PNG under its name."""
    write_page("<html>", tmp_path / "page.html", [simple("one"), simple("two")])
    assert (tmp_path / "page.html").read_text() == "<html>"
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["one.png", "two.png"]


def test_unwritable_folder_is_told(tmp_path):
    """Where the folder cannot be, the message names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"page\.html: cannot be written"):
        write_page("x", tmp_path / "file" / "page.html")


def test_missing_packages_are_told(monkeypatch):
    """Without the extra the message names it, before anything is run."""
    monkeypatch.setattr(page, "NEEDED", ("jinja2", "not_there_at_all"))
    with pytest.raises(UsageError, match=r"not_there_at_all.*drizzle-harness\[report\]"):
        page.check_installed()


def test_text_is_escaped():
    """Whatever a frame is called, it is no markup."""
    from harness.report.page import _environment

    made = _environment().from_string("{{ name }}").render(name="<script>alert(1)</script>")
    assert made == "&lt;script&gt;alert(1)&lt;/script&gt;"
    with pytest.raises(Exception, match="undefined"):
        render("sweep.html.j2")


def test_record_is_found_by_its_schema(tmp_path):
    """A folder may hold other files; two records in it, or none, are an error."""
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(FixtureError, match="no record that has a page"):
        find_record(tmp_path, ("a/b",))
    one = tmp_path / "one.json"
    one.write_text('{"schema": "a/b"}')
    assert find_record(tmp_path, ("a/b",)) == (one, "a/b")
    (tmp_path / "two.json").write_text('{"schema": "a/b"}')
    with pytest.raises(FixtureError, match=r"several records \(one\.json, two\.json\)"):
        find_record(tmp_path, ("a/b",))
    assert find_record(one, ("a/b",)) == (one, "a/b")
