"""Sanitizers: what they report is read, and a core of our own is caught."""

import os
import subprocess

import pytest

from harness.errors import CoreError
from harness.mutants.sanitizer import (
    Reports,
    build_sanitized,
    describe,
    environment,
    load_known,
    read_report,
)

OVERFLOW = """\
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6040 at pc 0x7f bp 0x7f sp 0x7f
READ of size 4 at 0x6040 thread T0
    #0 0x7f in get_pixel /tree/src/util.h:344
    #1 0x7f in doblot /tree/src/blot.c:717
    #2 0x7f in cfunction_call Objects/methodobject.c:542
"""
UNDEFINED = """\
src/box.c:12:5: runtime error: index 4 out of bounds for type 'float [4][4]'
    #0 0x7f in doblot /tree/src/blot.c:433
"""


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (OVERFLOW, "heap-buffer-overflow in get_pixel < doblot"),
        (UNDEFINED, "index N out of bounds for type 'float [N][N]' in doblot"),
    ],
)
def test_reports(text, signature):
    """Kind and place make a signature, whatever the numbers; the text is kept."""
    found = read_report(text, {"get_pixel", "doblot"}, "case")
    assert found.signature == signature
    assert found.text == text


def test_new_findings(tmp_path):
    """A finding is new once; a death without a report is one, too."""
    reports = Reports({"get_pixel", "doblot"})
    assert reports.add(OVERFLOW, "first").request == "first"
    assert reports.add(OVERFLOW.replace("0x6040", "0x7777"), "second") is None
    assert "without a report" in reports.add("Segmentation fault", "third").kind
    lines = describe(reports.findings, {"heap-buffer-overflow in get_pixel < doblot": "old"},
                     tmp_path)  # fmt: skip
    assert any("known: old" in line for line in lines)
    assert any("NEW" in line for line in lines)
    assert (tmp_path / "02.txt").read_text() == OVERFLOW


def test_nothing_reported():
    """Text without a report is none."""
    assert read_report("all is well", set(), "case") is None


def test_known_findings():
    """The shipped list is read for its releases only."""
    assert load_known("drizzle", "3.0.0")
    assert load_known("drizzle", "2.2.0") == {}


def test_own_core(tinycore, tmp_path):
    """A null pointer in a core that was built with sanitizers is reported with its function."""
    try:
        package = build_sanitized(tinycore, tmp_path)
        variables = environment(tinycore, package)
    except CoreError as error:
        pytest.skip(f"the compiler has no sanitizers: {error}")
    run = [str(tinycore.environment), "-c", "import tinycore as t; print(t.total(4), t.first(-1))"]
    done = subprocess.run(
        run, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert done.returncode != 0
    found = read_report(done.stdout + done.stderr, {"first", "wrap_first"}, "first(-1)")
    assert "null pointer" in found.kind
    assert found.function.startswith("first")
