import json

import pytest

from harness.errors import FixtureError
from harness.timing.scaling import read_scaling


def make_record(benchmarks):
    """Return what pytest-benchmark writes, as far as it is read."""
    return {
        "machine_info": {
            "cpu": {"brand_raw": "Some CPU", "count": 2},
            "processor": "",
            "system": "Linux",
            "python_version": "3.11.7",
        },
        "datetime": "2026-11-24T07:00:00.5",
        "benchmarks": benchmarks,
    }


def make_benchmark(line, at, seconds, *, group="scale with frame size", **changes):
    """Return one benchmark of a size."""
    extra = {
        "scale_axis": "pixels along a side",
        "scale_at": at,
        "scale_line": line,
        "cpu_seconds": seconds,
        "input_mpixel": at**2 / 1e6,
        "peak_memory_mb": 2.5,
    }
    return {
        "group": group,
        "name": f"test[{line}-{at}]",
        "stats": {"median": 2 * seconds, "rounds": 3},
        "extra_info": extra | changes,
    }


def write(path, benchmarks):
    """Write a record and return its path."""
    path.write_text(json.dumps(make_record(benchmarks)), encoding="utf-8")
    return path


def test_lines_are_ordered_by_size(tmp_path) -> None:
    """Benchmarks of one group and line make a curve, whatever their order in the file."""
    file = write(
        tmp_path / "record.json",
        [
            make_benchmark("b", 200, 0.004),
            make_benchmark("b", 100, 0.0012),
            make_benchmark("a", 100, 0.001),
            {**make_benchmark("x", 1, 1.0), "extra_info": {}},
        ],
    )
    scaling = read_scaling(file)
    assert scaling.machine == "Some CPU, 2 processors, Linux"
    (growth,) = scaling.growths
    assert (growth.group, growth.axis) == ("scale with frame size", "pixels along a side")
    a, b = growth.lines
    assert a.spread is None
    assert [step.at for step in b.steps] == [100, 200]
    assert [step.nanoseconds for step in b.steps] == pytest.approx([120, 100])
    assert b.spread == pytest.approx(0.2)
    assert b.steps[0].seconds == pytest.approx(0.0024)
    assert b.steps[0].megabytes == 2.5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no whole file of pytest-benchmark"),
        ("[]", "is no whole file of pytest-benchmark"),
        (json.dumps(make_record([])), "has no benchmark of cost against size"),
        (
            json.dumps(make_record([make_benchmark("a", 100, 0.0, input_mpixel=0)])),
            "a time of 0.0 s",
        ),
    ],
)
def test_other_files_are_told(content, message, tmp_path) -> None:
    """A file that is no such record is named, and how to write one."""
    file = tmp_path / "other.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FixtureError, match=rf"other\.json.*{message}.*-k scale"):
        read_scaling(file)
    with pytest.raises(FixtureError, match="cannot be read"):
        read_scaling(tmp_path / "none.json")
