"""The page of cost against size, made by the command from a file of benchmarks."""

import json

import pytest
from click.testing import CliRunner

from harness.cli import main

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")


def make_record():
    """Return a file of two lines, one flat and one not, and a single size."""
    benchmarks = []
    for group, line, costs in (
        ("scale with frame size", "flat <core>", (100.0, 105.0, 110.0)),
        ("scale with frame size", "steep", (100.0, 150.0, 300.0)),
        ("scale of start-up", "help", (50.0,)),
    ):
        for at, cost in zip((256, 1024, 4096), costs, strict=False):
            pixels = at**2
            benchmarks.append(
                {
                    "group": group,
                    "name": f"{line}-{at}",
                    "stats": {"median": cost * pixels / 1e9, "rounds": 3},
                    "extra_info": {
                        "scale_axis": "pixels along a side",
                        "scale_at": at,
                        "scale_line": line,
                        "cpu_seconds": cost * pixels / 1e9,
                        "input_mpixel": pixels / 1e6,
                        "peak_memory_mb": at / 10,
                    },
                }
            )
    machine = {"processor": "CPU", "system": "Linux", "python_version": "3.12.1"}
    return {"machine_info": machine, "datetime": "2026-11-24", "benchmarks": benchmarks}


def test_the_command_draws_cost_and_memory(tmp_path) -> None:
    """Each group has its curves, its table and a verdict in words; names are escaped."""
    record = tmp_path / "scale.json"
    record.write_text(json.dumps(make_record()), encoding="utf-8")
    done = CliRunner().invoke(main, ["scale", str(record), "--out", str(tmp_path / "page")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "page" / "scale.html").read_text(encoding="utf-8")
    assert "flat &lt;core&gt;: flat, 10 % from 256 to 4096" in page
    assert "steep: not flat, 200 % from 256 to 4096" in page
    assert "One size alone." in page
    assert "<core>" not in page
    figures = {path.name for path in (tmp_path / "page" / "figures").iterdir()}
    stem = "scale-with-frame-size-pixels-along-a-side"
    assert figures == {f"{stem}-cost.png", f"{stem}-memory.png"}


def test_a_file_without_sizes_is_told(tmp_path) -> None:
    """The command ends with exit code 2 and the line to run."""
    record = tmp_path / "other.json"
    record.write_text(json.dumps({**make_record(), "benchmarks": []}), encoding="utf-8")
    done = CliRunner().invoke(main, ["scale", str(record), "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "-k scale --benchmark-json" in done.output
