import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.sweep.storage import read_sweep

TESTS = Path(__file__).parents[1]


@pytest.fixture
def call(monkeypatch):
    """Return the function that runs the command in this process."""
    monkeypatch.syspath_prepend(str(TESTS / "sweep"))
    return lambda *args: CliRunner().invoke(main, ["sweep", *map(str, args)])


def test_sweep_writes_table_and_record(call, tmp_path):
    """The command leaves table and record, and says what it advises."""
    done = call(
        "--scene", "no-dither", "--scale", "0.128", "--pixfrac", "0.5,1",
        "--core", "breaking_cores:NearestCore", "--region", "161.77 17.27 5",
        "--jobs", 1, "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 of 2 points" in done.output
    assert "Pixfrac 1.0" in done.output
    record = read_sweep(tmp_path)
    assert record.request.pixfracs == (0.5, 1.0)
    assert record.request.region.startswith('5" x 5" at 161.77')
    assert (tmp_path / "sweep.ecsv").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--scene", "no-dither", "--scale", "-1"], "--scale: has -1"),
        (["--scene", "no-dither", "--scale", "1", "--pixfrac", "1:0:0.1"], "is empty"),
        (["--scene", "no-dither", "--scale", "1", "--core", "none"], "no core is called 'none'"),
        (["--scene", "nonesuch", "--scale", "1"], "nonesuch"),
        (["missing_flt.fits", "--scale", "1"], "missing_flt.fits: is not there"),
        (["--scale", "1"], "neither files nor a scene"),
    ],
)
def test_wrong_requests_end_with_one_line(call, tmp_path, args, message):
    """What is asked wrongly ends with exit code 2 and says what is allowed."""
    done = call(*args, "--out", tmp_path)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_nothing_done_is_a_failure(call, tmp_path):
    """When no point could be made the exit code is not 0, and the reason is told."""
    done = call(
        "--scene", "no-dither", "--scale", "0.128", "--pixfrac", "0.5",
        "--core", "breaking_cores:CrashingCore", "--jobs", 1, "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 1
    assert "SIGABRT" in done.output


def test_help_is_fast():
    """Help loads neither astropy nor the core."""
    code = (
        "import sys; from harness.cli import main\n"
        "try: main(['sweep', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'astropy', 'drizzlepac', 'distributed'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "--pixfrac" in done.stdout
    assert done.stdout.rstrip().endswith("set()")
