"""Nobody waits for imports that his command does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).parent / "gate"
CORES = ("drizzle", "drizzlepac", "astrodrizzle", "oracle")
LATE = """
import sys
slow = {"astropy", "drizzlepac", "matplotlib", "photutils", "scipy", "shapely", "stwcs"}
print("imported:", *sorted(slow & set(sys.modules)))
"""


def run_python(code: str) -> list[str]:
    """Run code in a fresh interpreter, and return which slow packages it has imported."""
    done = subprocess.run([sys.executable, "-c", code + LATE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("imported:"))
    return told.split()[1:]


def test_help_imports_nothing_slow() -> None:
    """The command line explains itself without numpy."""
    code = (
        "import sys\nfrom harness.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "assert 'numpy' not in sys.modules\n"
    )
    assert run_python(code) == []


def test_collecting_the_gate_imports_nothing_slow() -> None:
    """Before the first case is run, drizzlepac has not been imported, and nothing that fits.

    The `drizzle` package is: what its interface has is seen on it alone, and it takes no time.
    """
    for package in ("drizzle", "drizzlepac"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    asked = [option for name in CORES for option in ("--core", name)]
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", str(GATE), *asked]
    code = f"import pytest\nassert pytest.main({options!r}) == 0\n"
    assert run_python(code) == []
