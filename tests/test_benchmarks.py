"""The benchmarks collect, run and leave a record that says what was timed and what it is worth."""

import ast
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not part of this installation", allow_module_level=True)
pytest.importorskip("drizzle", reason="drizzle is not installed")

ONE_OF_EACH = (
    "test_drizzle.py::test_drizzle[drizzle-turbo-p1-256x1]",
    "test_drizzle.py::test_drizzle[drizzle-square-p0.6-256x1-planes]",
    "test_metric.py::test_metric[coverage-256]",
    "test_oracle.py::test_oracle[oracle-turbo-p0.8-256x1-s1]",
    "test_overhead.py::test_overhead[drizzle-c-point-p0.8-256x1]",
    "test_overhead.py::test_overhead[drizzle-adapter-point-p0.8-256x1]",
    "test_pixmap.py::test_pixmap[interpolated-256]",
    "test_run.py::test_run[drizzle-scene/ir-box-square-p0.8-s0.5-EXP]",
    "test_scale.py::test_scale_of_frames[drizzle-square-p0.6-256x1]",
    "test_scale.py::test_scale_of_size[drizzle-square-p0.6-128x1]",
    "test_scale.py::test_scale_of_stream[drizzle-square-p0.6-256x4]",
    "test_scale.py::test_scale_of_check[drizzle-square-p0.6-128x1]",
    "test_scale.py::test_scale_of_oracle[128]",
    "test_scale.py::test_scale_of_pixmap[interpolated-128]",
    "test_scale.py::test_scale_of_scene[photutils-128]",
    "test_scale.py::test_scale_of_detector[drizzle-ir-box]",
    "test_scale.py::test_scale_of_startup[help]",
    "test_worker.py::test_worker[drizzle]",
)
QUALITY = {
    "coverage.hole_fraction",
    "weight.rms_over_median",
    "weight.rms_over_median_positive",
    "agreement.weight",
    "agreement.science",
}


def run_pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own, without what this session left in the environment."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def collect(*arguments: str) -> list[str]:
    """Return the identifiers of the benchmarks that some options select."""
    done = run_pytest("benchmarks", "--collect-only", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("::", 1)[1] for line in done.stdout.splitlines() if "::" in line]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Run one benchmark of every kind and return the record by test name."""
    target = tmp_path_factory.mktemp("benchmarks") / "record.json"
    chosen = [f"benchmarks/{name}" for name in ONE_OF_EACH]
    done = run_pytest(*chosen, "--core", "drizzle", f"--benchmark-json={target}")
    assert done.returncode == 0, done.stdout + done.stderr
    benchmarks = json.loads(target.read_text(encoding="utf-8"))["benchmarks"]
    return {one["name"]: one for one in benchmarks}


def test_every_file_is_tried_here() -> None:
    """A new file of benchmarks, or a new function in one, comes with a run of it."""
    functions = {
        f"{path.name}::{node.name}"
        for path in FOLDER.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert functions == {name.partition("[")[0] for name in ONE_OF_EACH}


def test_every_one_was_timed(record: dict[str, dict]) -> None:
    """Nothing was skipped, and each says how fast, in how much memory, and by which harness."""
    assert set(record) == {name.partition("::")[2] for name in ONE_OF_EACH}
    for name, one in record.items():
        extra = one["extra_info"]
        if one["group"] == "worker":
            # It is calls that are counted, not pixels.
            assert extra["calls_per_s"] > 0
            continue
        assert one["stats"]["rounds"] == extra["rounds"] >= 2, name
        assert extra["mpixel_per_s"] == pytest.approx(
            extra["input_mpixel"] / one["stats"]["median"]
        )
        assert extra["ns_per_pixel"] == pytest.approx(1000 / extra["mpixel_per_s"])
        assert extra["mpixel_per_s_best"] >= extra["mpixel_per_s"]
        assert extra["harness"]
        assert extra["memory_method"]
        assert {"peak_memory_mb"} <= set(extra)
        assert one["group"].split()[0] in name


def test_a_core_s_benchmark_tells_version_and_quality(record: dict[str, dict]) -> None:
    """The very product that was timed is measured, beside what the oracle expects."""
    from importlib.metadata import version

    for name in ("drizzle-turbo-p1-256x1", "drizzle-square-p0.6-256x1-planes"):
        extra = record[f"test_drizzle[{name}]"]["extra_info"]
        assert (extra["core"], extra["version"]) == ("drizzle", version("drizzle"))
        assert extra["input_mpixel"] == 256**2 / 1e6
        assert set(extra["quality"]) == QUALITY
        for metric, told in extra["quality"].items():
            assert {"value", "region", "sample_size"} <= set(told), metric
        assert extra["quality"]["coverage.hole_fraction"]["expected"] == 0.0
        assert 0 < extra["quality"]["agreement.weight"]["value"] < 1
    if sys.platform == "linux":
        # At least the output images: science, weight and context, 4 bytes a pixel.
        turbo, planes = (
            record[f"test_drizzle[drizzle-{name}]"]["extra_info"]["peak_memory_mb"]
            for name in ("turbo-p1-256x1", "square-p0.6-256x1-planes")
        )
        assert turbo > 3 * 4 * 490 * 540 / 1e6
        assert planes > turbo + 4 * 490 * 540 / 1e6


def test_a_metric_s_benchmark_keeps_its_values(record: dict[str, dict]) -> None:
    """The product on which metrics are timed has holes to be counted."""
    value = record["test_metric[coverage-256]"]["extra_info"]["value"]
    assert 0 < value["coverage.hole_fraction"] < 0.5
    assert value["coverage.hole_count"] > 100


def test_overhead_is_told_against_the_c_code(record: dict[str, dict]) -> None:
    """The adapter's ratio comes with its interval, and both made the same weights."""
    extra = record["test_overhead[drizzle-adapter-point-p0.8-256x1]"]["extra_info"]
    ratio = extra["over_c"]
    assert 0 < ratio["low"] <= ratio["ratio"] <= ratio["high"]
    assert ratio["pairs"] >= 10
    assert extra["same_weight"] is True


def test_the_run_tells_its_stages(record: dict[str, dict]) -> None:
    """The share of the core in the whole run can be read off."""
    extra = record["test_run[drizzle-scene/ir-box-square-p0.8-s0.5-EXP]"]["extra_info"]
    assert set(extra["stage_seconds"]) == {"exposures", "truth", "core", "measure"}
    assert 0 < extra["share_of_core"] < 1
    assert set(extra["quality"]) >= QUALITY


def test_the_pixmap_s_benchmark_tells_its_error(record: dict[str, dict]) -> None:
    """A faster pixmap that is wrong is seen."""
    extra = record["test_pixmap[interpolated-256]"]["extra_info"]
    assert 0 <= extra["largest_error_output_pixels"] < 1e-4


def test_the_full_profile_has_every_axis() -> None:
    """Each kernel, pixfrac, frame size and number of frames is there, under readable ids."""
    names = collect("--profile", "full", "--core", "drizzle")
    assert len(set(names)) == len(names)
    for kernel in ("square", "turbo", "gaussian"):
        for pixfrac in ("0.2", "0.6", "1"):
            for size in (256, 1014, 2048):
                for frames in (1, 4):
                    assert f"test_drizzle[drizzle-{kernel}-p{pixfrac}-{size}x{frames}]" in names
    assert {"test_pixmap[exact-4096]", "test_metric[coverage-4096]"} <= set(names)


def test_the_scale_keyword_selects_cost_against_size() -> None:
    """`-k scale` gives what grows with size: frames, the harness around a core, and the metrics."""
    names = collect("--core", "drizzle", "-k", "scale")
    kinds = {name.partition("[")[0] for name in names}
    grows = {
        "size",
        "frames",
        "stream",
        "check",
        "oracle",
        "pixmap",
        "scene",
        "detector",
        "startup",
    }
    assert kinds == {*(f"test_scale_of_{one}" for one in grows), "test_metric"}
    assert len(names) >= 40


def test_what_grows_is_told_for_the_page(record: dict[str, dict]) -> None:
    """The page of cost against size takes every benchmark that says what its size is."""
    told = {
        name.partition("[")[0]: one["extra_info"]["scale_at"]
        for name, one in record.items()
        if "scale_at" in one["extra_info"]
    }
    assert told["test_scale_of_stream"] == 4
    assert told["test_scale_of_scene"] == told["test_scale_of_size"] == 128
    assert told["test_metric"] == 512


def test_every_metric_finds_its_input() -> None:
    """No parameter of any metric is without an input of that name, so that all can be timed."""
    spec = importlib.util.spec_from_file_location("benchmark_metric", FOLDER / "test_metric.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    inputs = module.make_inputs(128)
    found = module.find_metrics()
    assert len(found) >= 17
    for name, metric in found.items():
        given = inputs | inputs.get(name, {})
        missing = [
            parameter.name
            for parameter in inspect.signature(metric).parameters.values()
            if parameter.default is parameter.empty and parameter.name not in given
        ]
        assert not missing, f"{name}: add {missing} to make_inputs in benchmarks/test_metric.py"


def test_the_cost_of_a_sweep_is_told(tmp_path: Path) -> None:
    """The comparison with the notebook's loop, and the memory, run through in a small form."""
    pytest.importorskip("drizzlepac", reason="the loop is AstroDrizzle's")

    def run(*arguments: str) -> object:
        target = tmp_path / "told.json"
        command = [sys.executable, str(FOLDER / "sweep_cost.py"), *arguments]
        subprocess.run([*command, "--json", str(target)], check=True, stdout=subprocess.DEVNULL)
        return json.loads(target.read_text(encoding="utf-8"))

    told = run("notebook", "--size", "64", "--rounds", "1", "--pixfracs", "0.8")
    assert isinstance(told, dict)
    (once,) = told["rounds"]
    assert 0 < once["bare_s"] < once["loop_s"]
    assert once["sweep_over_loop"] == told["best"]["sweep_over_loop"] > 0
    if sys.platform == "linux":
        (row,) = run("frames", "--size", "64", "--largest", "4")  # type: ignore[misc]
        # The least that Python with numpy takes.
        assert row["frames"] == 4
        assert row["peak_mb"] > 50


def run_copies(*arguments: str, before: str = "") -> dict[str, list[str]]:
    """Run the profile of allocations; its lines by stage."""
    code = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import copies; {before}\n"
    code += f"copies.main({list(arguments)!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    by_stage: dict[str, list[str]] = {}
    for line in done.stdout.partition("\nallocated")[2].partition("\nmapped")[0].splitlines():
        stage, _, rest = line.partition(" ")
        by_stage.setdefault(stage, []).append(rest)
    return by_stage


@pytest.mark.skipif(sys.platform != "linux", reason="the counters are Linux's")
def test_a_copy_shows_in_the_profile_of_allocations() -> None:
    """A copy that is put in is told by its line, how often and how large; the core's own are."""
    pytest.importorskip("memray", reason="the extra copies is not installed")
    put_in = (
        "import harness.trials.exposures as e; e.weigh = lambda one, *_, **__: one.weight_map"
        ".repeat(3).reshape(*one.data.shape, 3)[..., 0].copy()"
    )
    clean = run_copies("gate", "scene/ir-box")
    spoilt = run_copies("gate", "scene/ir-box", before=put_in)
    named = "trials/exposures.py"
    assert not [line for line in clean["exposures"] if named in line]
    (line,) = (line for line in spoilt["exposures"] if named in line)
    # Three images, and one, of each of four exposures.
    assert line.split()[0] == "8"
    assert line.split()[2] == "2.00"
    assert "<lambda>" in line
    products = [line.split()[3] for line in clean["core"]]
    assert products
    assert set(products) == {"1.00"}


@pytest.mark.skipif(sys.platform != "linux", reason="the counters are Linux's")
def test_the_profile_of_allocations_hears_a_sweep() -> None:
    """All stages of a sweep, and the core's arrays in it."""
    pytest.importorskip("memray", reason="the extra copies is not installed")
    told = run_copies("sweep", "scene/ir-box")
    assert {"exposures", "prediction", "stars", "points", "core"} <= set(told)
