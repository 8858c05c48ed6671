import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.cores.request import Previous, RawImage, make_pixmap
from harness.discovery.corpus import load_finding, load_findings, save_finding
from harness.discovery.features import features_of
from harness.discovery.layout import LAYOUTS, lay_out, layout_of
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.pending import save_pending, take_pending
from harness.discovery.registry import select_properties
from harness.discovery.replay import replay_one
from harness.discovery.search import Search
from harness.discovery.storage import from_plain, to_plain
from harness.discovery.subject import Subject, plain_request
from harness.errors import FixtureError, UsageError

sys.path.insert(0, str(Path(__file__).parent))
from broken_performers import BROKEN


def broken_subject(name):
    """Return a subject whose performer has one fault."""
    subject = Subject(OraclePerformer(), "drizzle")
    subject._performer = BROKEN[name]
    return subject


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """Search a core that dies of NaN in pixmaps, and return folder and findings."""
    out = tmp_path_factory.mktemp("found")
    search = Search(
        broken_subject("no-crash"),
        select_properties(("no-crash",)),
        out=out,
        versions={"drizzle": "9.9"},
        shrink_seconds=2.0,
        tell=lambda line: None,
    )
    # Twice, for a busy machine may hardly begin within the first time.
    return out, search.run(6.0) or search.run(60.0), search


def test_search_finds_and_shrinks(searched):
    """The cause is in the features, and nothing else is."""
    _, findings, search = searched
    assert search.errors == []
    assert [one.features for one in findings] == [frozenset({"pixmap:nan"})]
    assert findings[0].severity == "crash or memory"
    assert findings[0].kind == "died SIGSEGV"
    assert set(findings[0].kernels) >= {"square", "point", "lanczos3"}
    assert features_of(findings[0].request) <= {"pixmap:nan", "pixmap:tie", "image:larger"}


def test_search_goes_on_behind_what_it_knows(searched):
    """One cause makes one finding, however often it is met, and the search does not end there."""
    _, findings, search = searched
    assert len(findings) == 1
    assert search.examples > findings[0].examples + 20


def test_search_knows_what_an_earlier_one_left(searched):
    """A second search in the same folder finds nothing new."""
    out, _, _ = searched
    again = Search(
        broken_subject("no-crash"), select_properties(("no-crash",)), out=out, tell=lambda x: None
    )
    assert again.run(1.0) == []


def test_findings_come_back_from_their_folder(searched):
    """A folder holds all of a finding, and names it by its signature."""
    out, findings, _ = searched
    (loaded,) = load_findings(out)
    assert loaded.signature == findings[0].signature
    assert loaded.versions == {"drizzle": "9.9"}
    assert loaded.slug.startswith("drizzle-no-crash-died-sigsegv-")
    names = {path.name for path in (out / loaded.slug).iterdir()}
    assert names == {"case.json", "arrays.npz", "reproduce.py", "issue.md"}
    assert take_pending(out, "drizzle") == []


def test_writing_a_finding_twice_gives_the_same_bytes(searched, tmp_path):
    """The corpus changes only where a finding does."""
    _, findings, _ = searched
    first = save_finding(tmp_path / "a", findings[0])
    second = save_finding(tmp_path / "b", findings[0])
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_scripts_are_short_and_say_what_they_show(searched):
    """At most 40 lines that compile and import nothing but numpy and the core."""
    out, findings, _ = searched
    text = (out / findings[0].slug / "reproduce.py").read_text()
    compile(text, "reproduce.py", "exec")
    assert len(text.splitlines()) <= 40
    imports = {line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imports == {"os", "signal", "sys", "numpy", "drizzle.resample"}


def test_replay_tells_still_there_from_fixed_and_changed(searched):
    """A case is judged by the property that found it."""
    _, (finding,), _ = searched
    assert replay_one(broken_subject("no-crash"), finding).state == "still there"
    assert replay_one(Subject(OraclePerformer(), "drizzle"), finding).state == "fixed"
    other = replace(finding, kind="wht differs", severity="silent wrong result")
    assert replay_one(broken_subject("no-crash"), other).state == "changed"
    assert replay_one(broken_subject("no-crash"), replace(finding, claim="gone")).state == "not run"


def test_requests_keep_types_layouts_and_odd_numbers():
    """What is stored comes back bit by bit, in its layout, with NaN and texts as they were."""
    y, _ = np.indices((3, 4))
    for layout in LAYOUTS:
        data = lay_out(np.arange(12, dtype=">f4").reshape(3, 4), layout)
        image = RawImage(
            data=data, pixmap=make_pixmap((3, 4)), pixfrac=float("nan"), limits=(0, None, 1, 2),
            variance=(None, y.astype(np.float32)),
        )  # fmt: skip
        previous = Previous(sci=np.ones((2, 2)), wht=np.zeros((2, 2)), exptime=np.inf)
        request = replace(plain_request(), images=(image,), fillval="INDEF", previous=previous)
        arrays = {}
        text = json.dumps(to_plain(request, arrays), allow_nan=False)
        back = from_plain(json.loads(text), arrays)
        assert layout_of(back.images[0].data) == layout
        assert back.images[0].data.dtype == data.dtype
        np.testing.assert_array_equal(back.images[0].data, data)
        assert np.isnan(back.images[0].pixfrac)
        assert back.images[0].limits == (0, None, 1, 2)
        assert back.images[0].variance[0] is None
        assert back.fillval == "INDEF"
        assert back.previous.exptime == np.inf


@pytest.mark.parametrize("damage", ["missing", "format", "array", "type", "no json"])
def test_broken_folders_are_told_by_name(searched, tmp_path, damage):
    """A damaged case names the file and what is wrong with it."""
    _, (finding,), _ = searched
    folder = save_finding(tmp_path, finding)
    case = folder / "case.json"
    facts = json.loads(case.read_text())
    if damage == "missing":
        (folder / "arrays.npz").unlink()
    elif damage == "format":
        facts["format"] = 99
    elif damage == "array":
        facts["request"]["images"][0]["data"] = {"array": "a99"}
    elif damage == "type":
        facts["request"]["type"] = "Spam"
    case.write_text("{" if damage == "no json" else json.dumps(facts))
    with pytest.raises(FixtureError, match=folder.name):
        load_finding(folder)


def test_unknown_properties_are_told_with_those_there_are():
    """The message lists the families."""
    with pytest.raises(UsageError, match="safety, truth"):
        select_properties(("spam",))


SEARCH = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_search import Search, broken_subject, select_properties
search = Search(broken_subject("no-crash"), select_properties(("no-crash",)),
                out=Path({out!r}), shrink_seconds=1.0, tell=lambda line: None)
search.run(60)
"""


def test_findings_survive_a_kill(tmp_path):
    """A search that is killed leaves its findings whole, and nothing half written."""
    code = SEARCH.format(tests=str(Path(__file__).parent), out=str(tmp_path / "out"))
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code])
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list((tmp_path / "out").glob("*/case.json")):
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    (finding,) = load_findings(tmp_path / "out")
    assert finding.kind == "died SIGSEGV"


def test_what_was_not_finished_is_taken_up(tmp_path, searched):
    """An example that an earlier search had no time to shrink becomes a finding of the next one."""
    _, (finding,), _ = searched
    save_pending(tmp_path, "drizzle", "no-crash", finding.request)
    (left,) = (tmp_path / ".pending").iterdir()
    search = Search(
        broken_subject("no-crash"), select_properties(("no-crash",)), out=tmp_path,
        shrink_seconds=1.0, tell=lambda line: None,
    )  # fmt: skip
    (again,) = search.run(0.0)
    assert again.kind == finding.kind
    assert not left.exists()
    # That of a search that is still running is left to it.
    save_pending(tmp_path, "drizzle", "no-crash", finding.request)
    (left,) = (tmp_path / ".pending").iterdir()
    left.rename(left.with_name(left.name.replace(f"-{os.getpid()}-", f"-{os.getppid()}-")))
    assert take_pending(tmp_path, "drizzle") == []
