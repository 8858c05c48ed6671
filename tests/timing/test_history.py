"""Tests of harness.timing.history and its files: who is compared with whom."""

import json
import math
import sys
from pathlib import Path

import pytest

from harness.errors import FixtureError
from harness.timing.comparison import Speed
from harness.timing.history import find_scatter, find_series, find_steps
from harness.timing.history_files import read_history
from harness.timing.record import clock_from_plain, clock_to_plain, read_clock, write_clock

sys.path.insert(0, str(Path(__file__).parent))
from written_records import RESULT, benchmark, write_record

SQUARE = "test_drizzle[drizzle-square]"


def write_runs(folder: Path, *times: tuple[str, float], **changes: object) -> list[Path]:
    """Write one file for each version and time, on successive days."""
    return [
        write_record(
            folder / f"{changes.get('node', 'bench1')}-{day:02d}.json",
            f"2026-05-{day:02d}T10:00:00+00:00",
            [benchmark(SQUARE, seconds, version=version)],
            **changes,
        )
        for day, (version, seconds) in enumerate(times, start=1)
    ]


def test_a_step_is_told_with_the_scatter_beside_it(tmp_path: Path) -> None:
    """A fifth more, with runs of a version within 1 %, is notable, and in which version."""
    files = write_runs(tmp_path, ("2.2.0", 1.0), ("2.2.0", 1.01), ("3.0.0", 1.2), ("3.0.0", 1.21))
    (series,) = find_series(read_history(files))
    (step,) = find_steps(series)
    assert (step.before, step.after) == ("2.2.0", "3.0.0")
    assert step.ratio == pytest.approx(1.205 / 1.005)
    assert step.scatter == pytest.approx(0.0065, abs=0.001)
    assert step.notable


def test_within_the_scatter_nothing_is_notable(tmp_path: Path) -> None:
    """The same step is nothing where runs of one version differ by a fifth themselves."""
    files = write_runs(tmp_path, ("2.2.0", 1.0), ("2.2.0", 1.2), ("3.0.0", 1.2), ("3.0.0", 1.4))
    (step,) = find_steps(find_series(read_history(files))[0])
    assert step.ratio > 1.15
    assert not step.notable


def test_one_run_a_version_leaves_the_scatter_unknown(tmp_path: Path) -> None:
    """Then nothing is pointed out, however large."""
    files = write_runs(tmp_path, ("2.2.0", 1.0), ("3.0.0", 2.0))
    (step,) = find_steps(find_series(read_history(files))[0])
    assert step.scatter is None
    assert not step.notable


def test_machines_are_never_mixed(tmp_path: Path) -> None:
    """Another name, processor or count begins a series of its own; no step leads across."""
    files = write_runs(tmp_path, ("2.2.0", 1.0))
    for number, (node, machine) in enumerate(
        [
            ("laptop", {}),
            ("bench1", {"cpu": {"brand_raw": "EPYC 7B13", "count": 4}}),
            ("bench1", {"cpu": {"brand_raw": "Xeon", "count": 8}}),
        ]
    ):
        path = tmp_path / f"other{number}.json"
        times = [benchmark(SQUARE, 3.0, version="3.0.0")]
        date = "2026-06-01T00:00:00+00:00"
        files.append(write_record(path, date, times, node=node, machine=machine))
    series = find_series(read_history(files))
    assert len({one.machine for one in series}) == len(series) == 4
    assert not any(find_steps(one) for one in series)


def test_runners_of_a_kind_count_as_one_only_when_asked(tmp_path: Path) -> None:
    """Hosts that are new each time can be put together, by processor and system."""
    files = write_runs(tmp_path, ("2.2.0", 1.0), node="runner-1")
    files += write_runs(tmp_path, ("2.2.0", 1.1), node="runner-2")
    assert len(find_series(read_history(files))) == 2
    (series,) = find_series(read_history(files, by_hardware=True))
    assert series.seconds == (1.0, 1.1)
    assert series.machine.node == ""


def test_order_is_that_of_the_dates(tmp_path: Path) -> None:
    """Whatever the order of the files, and with old files that have no time zone."""
    late = write_record(tmp_path / "a.json", "2026-09-01T00:00:00", [benchmark(SQUARE, 2.0)])
    early = write_record(tmp_path / "b.json", "2026-01-01T00:00:00+00:00", [benchmark(SQUARE, 1.0)])
    (series,) = find_series(read_history([late, early]))
    assert series.seconds == (1.0, 2.0)
    assert find_series(read_history([tmp_path]))[0].seconds == (1.0, 2.0)


def test_a_benchmark_of_the_harness_has_the_harness_s_version(tmp_path: Path) -> None:
    """The pixmap is no core's."""
    plain = benchmark("test_pixmap[exact]", 1.0, core="")
    (run,) = read_history([write_record(tmp_path / "a.json", "2026-01-01", [plain])]).runs
    assert (run.timings[0].core, run.timings[0].version) == ("", "0.1.0")


def test_parameters_with_a_slash_stay_whole(tmp_path: Path) -> None:
    """The folder goes from the name of a benchmark, what its case is called does not."""
    name = "test_run[scene/ir-box-square-p0.8-s0.5-EXP]"
    path = tmp_path / "run.json"
    write_record(path, "2026-01-01T00:00:00+00:00", [benchmark(name, 0.1)])
    (timing,) = read_history([path]).runs[0].timings
    assert timing.name == f"test_drizzle.py::{name}"


def test_quality_and_memory_come_along(tmp_path: Path) -> None:
    """What the product was worth stands beside its time; what has no value stays without."""
    quality = {
        "coverage.hole_fraction": {"value": 0.25},
        "weight.rms_over_median": {"value": None, "reason": "half of it is holes"},
    }
    plain = benchmark(SQUARE, 1.0, quality=quality, peak_memory_mb=3.5)
    (run,) = read_history([write_record(tmp_path / "a.json", "2026-01-01", [plain])]).runs
    timing = run.timings[0]
    assert (timing.holes, timing.rms, timing.megabytes) == (0.25, None, 3.5)


def test_the_scatter_is_that_of_neighbours() -> None:
    """A slow drift of the machine does not count as scatter."""
    drifting = [[1.0 + 0.001 * number for number in range(20)]]
    assert find_scatter(drifting) == pytest.approx(0.0007, abs=1e-4)
    assert find_scatter([[1.0], [2.0]]) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no record"),
        ("[]", "is no record"),
        ('{"a": 1}', "has the keys a. Allowed: files of pytest-benchmark"),
        ('{"machine_info": {}, "benchmarks": [], "datetime": "2026-01-01"}', "no whole file"),
        ('{"schema": "drizzle-harness/clock", "version": 9}', "version 1"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: str, message: str) -> None:
    """A file that is no record is an error with its name, not a gap in the curve."""
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    with pytest.raises(FixtureError, match=message) as caught:
        read_history([tmp_path / "bad.json"])
    assert "bad.json" in str(caught.value)


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    """An empty folder does not make an empty page."""
    with pytest.raises(FixtureError, match=r"no \.json file"):
        read_history([tmp_path])


def test_other_records_in_a_folder_are_left_out_and_told(tmp_path: Path) -> None:
    """A folder of all that a job left may hold more than times; nothing but that is an error."""
    (tmp_path / "gate.json").write_text('{"schema": "drizzle-harness/gate"}', encoding="utf-8")
    with pytest.raises(FixtureError, match="1 files without times"):
        read_history([tmp_path])
    write_runs(tmp_path, ("2.2.0", 1.0))
    history = read_history([tmp_path])
    assert len(history.runs) == 1
    assert history.left_out == (str(tmp_path / "gate.json"),)


def test_a_record_of_the_clock_comes_back_whole(tmp_path: Path) -> None:
    """What was written is what is read, infinities and missing times included."""
    write_clock(RESULT, tmp_path / "clock.json")
    found = read_clock(tmp_path / "clock.json")
    assert found.comparisons[0] == RESULT.comparisons[0]
    assert (found.plan, found.machine, found.baseline) == (
        RESULT.plan,
        RESULT.machine,
        RESULT.baseline,
    )
    failed = found.comparisons[1]
    assert math.isnan(failed.ratio)
    assert failed.high == failed.detectable == math.inf
    assert failed.message == "died of SIGSEGV"
    json.loads((tmp_path / "clock.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_a_clock_within_another_record_is_history_too(tmp_path: Path) -> None:
    """The record of an upgrade holds one under "clock"."""
    outer = {"schema": "drizzle-harness/upgrade", "clock": clock_to_plain(RESULT)}
    (tmp_path / "upgrade.json").write_text(json.dumps(outer), encoding="utf-8")
    (clock,) = read_history([tmp_path / "upgrade.json"]).clocks
    assert clock.result.comparisons[0].speed is Speed.SLOWER
    assert clock.machine.node == "bench1"


def test_half_a_record_of_the_clock_is_an_error() -> None:
    """A missing key is told with the place."""
    plain = clock_to_plain(RESULT)
    del plain["comparisons"][0]["ratios"]
    with pytest.raises(FixtureError, match=r"upgrade\.json: is no whole record"):
        clock_from_plain(plain, "upgrade.json")
