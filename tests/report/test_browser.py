import pytest

from harness.report.page import LARGEST
from harness.report.sweep.page import write_sweep_report

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def address(swept, tmp_path_factory):
    """Write the page of the real sweep and return its address."""
    path = write_sweep_report(swept[0], tmp_path_factory.mktemp("page"))
    assert path.stat().st_size < LARGEST
    return path.as_uri()


@pytest.fixture
def visit(browser, address):
    """Return the function that opens the page and, at the end, finds it without complaint."""
    opened, complaints, asked = [], [], []

    def go(viewport=DESK, scheme="light"):
        page = browser.new_page(viewport=viewport, color_scheme=scheme)
        opened.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield go
    for page in opened:
        page.close()
    assert complaints == []
    assert {url for url in asked if not url.startswith("data:")} == {address}


def column(page, number):
    """Return a column of the table of points as shown."""
    return page.locator("#points + .scroll tbody tr").evaluate_all(
        "(rows, number) => rows.map((row) => row.cells[number].textContent)", number
    )


def test_table_is_sorted_by_its_headings(visit):
    """A click sorts by number and not by letters, another turns it round, and it says so."""
    page = visit()
    heading = page.locator("#points + .scroll thead th")
    titles = heading.all_text_contents()
    number = titles.index("RMS/median")
    before = [float(one) for one in column(page, number)]
    heading.nth(number).get_by_role("button").click()
    assert [float(one) for one in column(page, number)] == sorted(before)
    assert heading.nth(number).get_attribute("aria-sort") == "ascending"
    heading.nth(number).get_by_role("button").press("Enter")
    assert [float(one) for one in column(page, number)] == sorted(before, reverse=True)
    heading.nth(0).get_by_role("button").click()
    assert heading.nth(number).get_attribute("aria-sort") is None
    assert column(page, 0)[0] == "0.1"


def test_pictures_open_zoom_and_blink(visit):
    """A close-up opens large, grows and shrinks, and its neighbour comes at the same size."""
    page = visit()
    viewer = page.locator("dialog.viewer")
    assert not viewer.is_visible()
    page.locator(".pictures .zoom").first.click()
    assert viewer.is_visible()
    shown = viewer.locator(".viewer-stage img")
    first = shown.get_attribute("alt")
    fitted = shown.bounding_box()["width"]
    assert fitted > 300
    viewer.get_by_role("button", name="Larger").click()
    large = shown.bounding_box()["width"]
    assert large == pytest.approx(1.5 * fitted, rel=0.01)
    page.keyboard.press("ArrowRight")
    assert shown.get_attribute("alt") != first
    assert shown.bounding_box()["width"] == pytest.approx(large, rel=0.01)
    page.keyboard.press("ArrowLeft")
    assert shown.get_attribute("alt") == first
    page.keyboard.press("-")
    assert shown.bounding_box()["width"] == pytest.approx(fitted, rel=0.01)
    assert shown.evaluate("(image) => getComputedStyle(image).imageRendering") == "pixelated"
    page.keyboard.press("Escape")
    assert not viewer.is_visible()


def test_a_point_lights_up_everywhere(visit):
    """The pointer over a point of one curve lights its row and its twins in the other curves."""
    page = visit()
    page.locator('#figure-weights .point[data-key="p1"]').last.hover()
    lit = page.locator('.lit[data-key="p1"]')
    assert lit.count() > 5
    assert page.locator('tr.lit[data-key="p1"]').count() == 1
    assert page.locator(".lit").count() == lit.count()
    page.mouse.move(2, 2)
    assert page.locator(".lit").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out(visit, width, scheme):
    """At no width does the page scroll sideways, and no figure is wider than its panel."""
    page = visit({"width": width, "height": 844}, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = page.locator("figure svg, figure img").evaluate_all(
        "(all) => all.map((one) => [one.getBoundingClientRect().right, "
        "one.closest('.panel, .pictures').getBoundingClientRect().right])"
    )
    assert len(boxes) > 15
    assert all(right <= edge for right, edge in boxes)


def test_letters_in_figures_can_be_read_on_a_phone(visit):
    """No label of a figure is smaller than 8.5 pixels at phone width."""
    page = visit(PHONE)
    heights = page.locator("svg.drawing text").evaluate_all(
        "(all) => all.map((one) => [one, one.ownerSVGElement]).map(([one, svg]) => "
        "parseFloat(getComputedStyle(one).fontSize) * svg.getBoundingClientRect().width "
        "/ svg.viewBox.baseVal.width)"
    )
    assert len(heights) > 100
    assert min(heights) > 8.5


def test_dark_is_dark_and_the_button_turns_it(visit):
    """The system's choice is followed, figures with it; the button makes another one."""
    page = visit(DESK, "dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    label = "getComputedStyle(document.querySelector('svg.drawing text')).fill"
    dark, dark_label = page.evaluate(ground), page.evaluate(label)
    assert sum(int(part) for part in dark[4:-1].split(",")) < 120
    assert sum(int(part) for part in dark_label[4:-1].split(",")) > 400
    page.locator("button.theme").click()
    assert sum(int(part) for part in page.evaluate(ground)[4:-1].split(",")) > 700
    assert page.evaluate(label) != dark_label


def test_everything_has_an_accessible_name(visit):
    """Whoever listens to the page hears a name for each button, picture and region."""
    page = visit()
    for role in ("button", "img", "region", "link"):
        found = page.get_by_role(role).all()
        assert found, role
        for one in found:
            name = one.get_attribute("aria-label") or one.get_attribute("alt") or one.text_content()
            assert name.strip(), one
