import dataclasses
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from harness.errors import HarnessError, UsageError
from harness.model import Region
from harness.sweep import gather as gather_module
from harness.sweep.execution import Execution, available_processors
from harness.sweep.pool import LocalPool
from harness.sweep.run import run_sweep
from harness.sweep.storage import make_table, read_sweep

MAIN = "from harness.cli import main; main()"
PATIENCE = 300
"""Seconds after which a sweep hangs, on the busiest machine."""
SLOW = ["breaking_cores:SlowCore", "0.1:1.0:0.1"]


def figures(record):
    """Return the table without its seconds."""
    table = make_table(record)
    table.remove_column("seconds")
    return "\n".join(table.pformat(max_lines=-1, max_width=-1))


def states(record):
    """Return pixfrac to state."""
    return {point.pixfrac: point.state for point in record.points}


def journal_numbers(folder):
    """Return the numbers of the points that a journal holds, in order."""
    lines = (folder / "journal.jsonl").read_bytes().split(b"\n")[1:-1]
    return [json.loads(line)["number"] for line in lines]


def command(out, core, pixfracs):
    """Return the command line of a small sweep."""
    return [
        sys.executable, "-c", MAIN, "sweep", "--scene", "no-dither", "--scale", "0.128",
        "--pixfrac", pixfracs, "--core", core, "--jobs", "2", "--out", str(out), "--quiet",
        "--no-report",
    ]  # fmt: skip


@pytest.fixture
def spool_folder(tmp_path, monkeypatch):
    """Return the folder in which temporary files are made."""
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_points_come_in_the_order_of_the_grid(plan, quietly, tmp_path):
    """The record holds all points, done, whatever order they were finished in."""
    record = run_sweep(plan, tmp_path, quietly)
    assert [point.pixfrac for point in record.points] == list(plan.pixfracs)
    assert set(states(record).values()) == {"done"}
    assert len({len(point.measurements) for point in record.points}) == 1


def test_finished_sweep_runs_nothing_again(plan, quietly, tmp_path):
    """The same request takes all points from the journal and gives the same table."""
    first = run_sweep(plan, tmp_path, quietly)
    before = (tmp_path / "journal.jsonl").read_bytes()
    again = run_sweep(plan, tmp_path, quietly)
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert [point.seconds for point in again.points] == [point.seconds for point in first.points]
    assert figures(again) == figures(first)
    assert len(again.pictures) == len(first.pictures) > 0


def test_torn_last_line_is_run_again(plan, quietly, tmp_path):
    """A line that was cut by a kill counts as not written."""
    whole = run_sweep(plan, tmp_path, quietly)
    path = tmp_path / "journal.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    assert figures(run_sweep(plan, tmp_path, quietly)) == figures(whole)
    assert sorted(journal_numbers(tmp_path)) == [0, 1, 2, 3, 4]


def test_other_request_in_the_folder_is_refused(plan, quietly, tmp_path):
    """A journal of another request is never mixed in, and the message says what differs."""
    run_sweep(plan, tmp_path, quietly)
    other = dataclasses.replace(plan, weighting="uniform")
    with pytest.raises(UsageError, match=r"another sweep.*weighting 'EXP' there, 'uniform' here"):
        run_sweep(other, tmp_path, quietly)


def test_request_without_points_holds_no_folder(plan, quietly, tmp_path):
    """A request that fails before its first point leaves the folder free for the right one."""
    elsewhere = Region(name="elsewhere", kind="sky_box", sky=(10.0, 10.0, 5.0, 5.0))
    with pytest.raises(UsageError, match="no exposure looks there"):
        run_sweep(dataclasses.replace(plan, region=elsewhere), tmp_path, quietly)
    assert set(states(run_sweep(plan, tmp_path, quietly)).values()) == {"done"}


def test_crash_costs_one_point(with_core, quietly, tmp_path):
    """A core that aborts marks its point as crashed, with the signal; all others are done."""
    record = run_sweep(with_core("CrashingCore"), tmp_path, quietly)
    assert states(record) == {0.1: "done", 0.3: "done", 0.5: "crashed", 0.8: "done", 1.0: "done"}
    assert "SIGABRT" in record.points[2].reason


def test_core_that_kills_whoever_loads_it(with_core, quietly, tmp_path):
    """No process is ever ready: all points are marked, and the sweep comes to its end."""
    record = run_sweep(with_core("StillbornCore"), tmp_path, quietly)
    assert set(states(record).values()) == {"crashed"}
    assert "SIGABRT" in record.points[0].reason


def test_hang_costs_one_point(with_core, tmp_path):
    """A core that does not come back within the time limit costs its point alone."""
    execution = Execution(jobs=2, quiet=True, time_limit=4.0)
    record = run_sweep(with_core("HangingCore"), tmp_path, execution)
    assert states(record) == {0.1: "done", 0.3: "done", 0.5: "crashed", 0.8: "done", 1.0: "done"}
    assert "longer than 4 s" in record.points[2].reason


def test_scribbling_core_harms_nobody(plan, quietly, tmp_path):
    """Shared exposures cannot be written to: the core fails, another core's points are sound."""
    alone = run_sweep(plan, tmp_path / "alone", quietly)
    cores = ("breaking_cores:ScribblingCore", *plan.cores)
    both = run_sweep(dataclasses.replace(plan, cores=cores), tmp_path / "both", quietly)
    assert {point.state for point in both.points[:5]} == {"failed"}
    assert "read-only" in both.points[0].reason
    told = [point.measurements for point in both.points[5:]]
    assert told == [point.measurements for point in alone.points]


def test_kernel_that_a_core_lacks_is_not_applicable(plan, quietly, tmp_path):
    """What a core cannot do is told as such, and is no failure."""
    record = run_sweep(dataclasses.replace(plan, kernels=("turbo",)), tmp_path, quietly)
    assert set(states(record).values()) == {"not_applicable"}
    assert record.advice.pixfrac is None


def test_unknown_core_is_refused_before_anything_runs(with_core, plan, tmp_path):
    """A core that nobody registered is an error of the request."""
    with pytest.raises(UsageError, match="no core is called 'nonesuch'"):
        run_sweep(dataclasses.replace(plan, cores=("nonesuch",)), tmp_path)


def test_results_do_not_depend_on_the_processes(plan, quietly, tmp_path):
    """One process, two, and another start method give the same table."""
    reference = figures(run_sweep(plan, tmp_path / "two", quietly))
    one = Execution(jobs=1, quiet=True)
    spawned = Execution(jobs=2, quiet=True, method="spawn")
    assert figures(run_sweep(plan, tmp_path / "one", one)) == reference
    assert figures(run_sweep(plan, tmp_path / "spawn", spawned)) == reference


def test_stars_are_the_same_whoever_seeks_them(plan, quietly, tmp_path, monkeypatch):
    """Where no process finds the stars this one does, and every figure is the same to the bit."""
    sought = run_sweep(plan, tmp_path / "sought", quietly)
    assert sought.points[-1].measurements[5].metric == "psf.fwhm"
    assert sought.points[-1].measurements[5].value is not None

    def decline(pool, scenery, shared, task, others):
        pool._waiting.extend(others)

    monkeypatch.setattr(LocalPool, "ask", decline)
    assert figures(run_sweep(plan, tmp_path / "here", quietly)) == figures(sought)


@pytest.mark.parametrize("core", ["breaking_cores:NearestCore", "breaking_cores:ScribblingCore"])
def test_exposures_in_files_give_the_same(plan, quietly, tmp_path, monkeypatch, spool_folder, core):
    """Many exposures lie in files, which no core can change; nothing of them stays behind."""
    plan = dataclasses.replace(plan, cores=(core,), scales=(0.128, 0.1))
    shared = run_sweep(plan, tmp_path / "shared", quietly)
    assert not list(spool_folder.glob("drizzle-harness-spool-*"))
    monkeypatch.setattr(gather_module, "SHARED_LIMIT", 1)
    filed = run_sweep(plan, tmp_path / "filed", quietly)
    assert figures(filed) == figures(shared)
    gc.collect()
    assert not list(spool_folder.glob("drizzle-harness-spool-*"))


def test_kills_at_any_moment_change_nothing(tmp_path):
    """Killed again and again and started again, a sweep ends with the table of one that was not."""
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    subprocess.run(command(whole, *SLOW), check=True, timeout=PATIENCE)
    kept = []
    for least in (1, 4, 7):
        process = subprocess.Popen(command(torn, *SLOW))
        path, deadline = torn / "journal.jsonl", time.monotonic() + PATIENCE
        while not path.exists() or path.read_bytes().count(b"\n") <= least:
            assert process.poll() is None, "ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        kept.append(journal_numbers(torn))
    subprocess.run(command(torn, *SLOW), check=True, timeout=PATIENCE)
    finished = journal_numbers(torn)
    assert sorted(finished) == list(range(10)), "a point was run twice, or not at all"
    for before in kept:
        assert finished[: len(before)] == before, "finished points were lost"
    assert figures(read_sweep(torn)) == figures(read_sweep(whole))


def test_ctrl_c_leaves_the_journal_and_says_how_to_go_on(tmp_path):
    """SIGINT ends with 130 and a sentence, the points so far are kept."""
    # So many points that a busy machine has not done them all before it gets the signal.
    process = subprocess.Popen(
        command(tmp_path, SLOW[0], "0.1:1.0:0.02"),
        stderr=subprocess.PIPE,
        text=True,
        # A suite that was started in the background (&, nohup) passes on that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    path, deadline = tmp_path / "journal.jsonl", time.monotonic() + PATIENCE
    while not path.exists() or path.read_bytes().count(b"\n") <= 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    assert len(journal_numbers(tmp_path)) >= 2


def test_folder_that_cannot_be_made_is_refused(plan, quietly, tmp_path):
    """A file in the way of the folder is an error that names it."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"file.*cannot be written"):
        run_sweep(plan, tmp_path / "file" / "out", quietly)


def test_frame_that_vanishes_is_told(tmp_path):
    """A frame that is gone when it is read is named."""
    from harness.sweep.plan import SweepPlan

    path = tmp_path / "a_flt.fits"
    path.write_bytes(b"")
    plan = SweepPlan(files=(path,), scales=(0.1,), pixfracs=(1.0,), cores=("oracle",))
    path.unlink()
    with pytest.raises(HarnessError, match=r"a_flt\.fits"):
        run_sweep(plan, tmp_path / "out", Execution(jobs=1, quiet=True))


def test_products_are_whole_fits_with_provenance(plan, tmp_path):
    """Products carry the images that were measured, a WCS, and how they were made."""
    from astropy.io import fits
    from astropy.wcs import WCS

    one = dataclasses.replace(plan, pixfracs=(1.0,))
    folder = tmp_path / "products"
    record = run_sweep(one, tmp_path, Execution(jobs=1, quiet=True, products=folder))
    (path,) = folder.iterdir()
    with fits.open(path, checksum=True) as hdus:
        header = hdus[0].header
        assert (header["KERNEL"], header["PIXFRAC"], header["DRZCORE"]) == (
            "square",
            1.0,
            "nearest",
        )
        assert header["NDRIZIM"] == 4
        wcs = WCS(hdus["SCI"].header)
        empty = (hdus["WHT"].data == 0).mean()
    assert abs(wcs.proj_plane_pixel_scales()[0].to_value("arcsec") - 0.128) < 1e-9
    assert empty < 0.2
    assert record.points[0].state == "done"


def test_processors_are_those_that_may_be_used():
    """Processors outside the affinity mask do not count."""
    assert available_processors() == len(os.sched_getaffinity(0))
