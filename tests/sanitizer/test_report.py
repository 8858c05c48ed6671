"""Reports of sanitizers: what was done, and where, whatever the addresses."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.errors import CoreError
from harness.sanitizer.build import build_sanitized, environment, sources_of
from harness.sanitizer.report import read_report

TREE = Path("/tree")
OVERFLOW = """\
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6040 at pc 0x7f bp 0x7f sp 0x7f
READ of size 4 at 0x6040 thread T0
    #0 0x7f in get_pixel /tree/src/util.h:344
    #1 0x7f in doblot /tree/src/blot.c:717:9
    #2 0x7f in cfunction_call Objects/methodobject.c:542

0x6040 is located 0 bytes to the right of 16-byte region
allocated by thread T0 here:
    #0 0x7f in malloc ../libsanitizer/asan/asan_malloc_linux.cpp:69
    #1 0x7f in tblot /tree/src/api.c:9
"""
NULL = """\
==1==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x7f T0)
==1==The signal is caused by a WRITE memory access.
==1==Hint: address points to the zero page.
    #0 0x7f in store /tree/src/api.c:3
"""
UNDEFINED = """\
src/box.c:12:5: runtime error: index -1 out of bounds for type 'float [4][4]'
    #0 0x7f in doblot /tree/src/blot.c:433
"""
PYTHON = """\
==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x6080 at pc 0x7f bp 0x7f sp 0x7f
READ of size 8 at 0x6080 thread T0
    #0 0x7f in Py_TYPE /usr/include/python3.11/object.h:133
    #1 0x7f in ensure_array /tree/src/api.c:43
    #2 0x7f in process_array_list /tree/src/api.c:180
    #3 0x7f in tdriz /tree/src/api.c:539
"""


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (OVERFLOW, "foreign read in get_pixel < doblot"),
        (OVERFLOW.replace("heap-buffer-overflow", "heap-use-after-free"),
         "foreign read in get_pixel < doblot"),
        (OVERFLOW.replace("READ", "WRITE"), "foreign write in get_pixel < doblot"),
        (NULL, "null pointer in store"),
        (NULL.replace("Hint", "Not"), "null pointer in store"),
        (NULL.replace("Hint: address points to the zero page", "-"), "foreign write in store"),
        (UNDEFINED, "index out of bounds in doblot"),
        (UNDEFINED.replace("index -1 out of bounds", "shift exponent 33 is too large"),
         "shift exponent N is too large for type 'float [N][N]' in doblot"),
        (PYTHON, "foreign read in ensure_array < process_array_list"),
    ],
)  # fmt: skip
def test_signatures(text, signature):
    """What and where make a signature, not whose memory it was, or who allocated it."""
    found = read_report(text, TREE)
    assert found.signature == signature
    assert found.text == text
    assert all(frame.split()[1].startswith("src/") for frame in found.stack)


def test_nothing_reported():
    """Text without a report is none."""
    assert read_report("all is well", TREE) is None


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
    found = read_report(done.stdout + done.stderr, sources_of(tmp_path))
    assert found.signature == "null pointer in first < wrap_first"
    assert found.stack[0].startswith("first src/tiny.c:")
