"""Tests of harness.timing.memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.timing import memory
from harness.timing.memory import RECORD, RESET, measure_peak_memory

MEGABYTES = 40.0
PIXELS = int(MEGABYTES * 1e6 / 8)
SLACK = 2.0
"""Megabytes by which the kernel's count, and what Python allocates beside, may miss the array."""
LINUX = sys.platform == "linux" and memory.CLEAR_REFS.exists()


@pytest.mark.skipif(not LINUX, reason="the peak can be set back on Linux only")
def test_a_result_counts() -> None:
    """An array that the call returns is the growth of the peak."""
    peak, result = measure_peak_memory(lambda: np.ones(PIXELS))
    assert result.size == PIXELS
    assert peak.method == RESET
    assert peak.megabytes == pytest.approx(MEGABYTES, abs=SLACK)
    assert peak.seconds > 0


@pytest.mark.skipif(not LINUX, reason="the peak can be set back on Linux only")
def test_what_is_freed_counts_too() -> None:
    """Two arrays that live at the same time and are gone at the end are both seen."""
    peak, result = measure_peak_memory(lambda: float((np.ones(PIXELS) + np.ones(PIXELS)).sum()))
    assert result == 2 * PIXELS
    # numpy adds into one of the two temporaries where it can.
    assert 2 * MEGABYTES - SLACK < peak.megabytes < 3 * MEGABYTES + SLACK


@pytest.mark.skipif(not LINUX, reason="the peak can be set back on Linux only")
def test_an_earlier_peak_does_not_hide_a_later_one() -> None:
    """The peak of a call does not depend on what was taken, and given back, before."""
    np.ones(4 * PIXELS).sum()
    peak, _ = measure_peak_memory(lambda: np.ones(PIXELS).sum())
    assert peak.megabytes == pytest.approx(MEGABYTES, abs=SLACK)


@pytest.mark.skipif(not LINUX, reason="the peak can be set back on Linux only")
def test_memory_kept_by_the_allocator_does_not_hide_a_call() -> None:
    """Small arrays, for which malloc has freed memory at hand, are seen all the same."""
    size, count = 30_000, 100
    kept = [np.ones(size // 8) for _ in range(2 * count)]
    del kept[::2]
    peak, result = measure_peak_memory(lambda: [np.ones(size // 8) for _ in range(count)])
    assert len(result) == count
    assert peak.megabytes == pytest.approx(size * count / 1e6, rel=0.3)


def test_elsewhere_a_call_below_the_record_has_no_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a way to set the peak back, a small call is told to be unmeasured, not zero."""
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "absent" / "clear_refs")
    above = np.ones(PIXELS)
    assert above.any()
    del above
    peak, result = measure_peak_memory(lambda: 7)
    assert (peak.megabytes, result) == (None, 7)
    assert peak.method.startswith("not measured")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no getrusage")
def test_elsewhere_a_call_above_the_record_has_a_lower_bound() -> None:
    """Without a way to set the peak back, the growth of the record is a lower bound."""
    # A process begins with the record of the one that started it, so the array has to be larger.
    program = (
        "import resource; from pathlib import Path; import numpy as np\n"
        "from harness.timing import memory\n"
        "memory.CLEAR_REFS = Path('/nowhere/clear_refs')\n"
        "unit = 1 if memory.sys.platform == 'darwin' else 1024\n"
        "record = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit\n"
        f"size = record + int({MEGABYTES} * 1e6)\n"
        "peak, _ = memory.measure_peak_memory(lambda: np.ones(size // 8))\n"
        "print(size / 1e6, peak.megabytes, peak.method)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    taken, megabytes, method = done.stdout.strip().split(" ", 2)
    assert method == f"{RECORD}: at least"
    assert MEGABYTES - SLACK < float(megabytes) < float(taken) + SLACK
