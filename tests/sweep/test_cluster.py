import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness.errors import UsageError
from harness.sweep.execution import Execution
from harness.sweep.run import run_sweep
from harness.sweep.storage import make_table

PATIENCE = 300
"""Seconds after which something hangs, on the busiest machine."""


def figures(record):
    """Return the table without its seconds."""
    table = make_table(record)
    table.remove_column("seconds")
    return "\n".join(table.pformat(max_lines=-1, max_width=-1))


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and three workers as processes; return its address and the workers."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    address_file = tmp_path / "scheduler.json"
    scheduler = subprocess.Popen(
        [
            sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0",
            "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(address_file),
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    workers = [
        subprocess.Popen(
            [
                sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard",
                "--nthreads", "1", "--scheduler-file", str(address_file),
                "--local-directory", str(tmp_path / f"worker-{number}"),
            ],
            stderr=subprocess.DEVNULL,
        )
        for number in range(3)
    ]  # fmt: skip
    import json

    deadline = time.monotonic() + PATIENCE
    while not (address_file.exists() and address_file.stat().st_size):
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    yield json.loads(address_file.read_text())["address"], workers
    for process in [*workers, scheduler]:
        process.kill()
        process.wait()


def wait_for_workers(address, count):
    """Wait until the scheduler knows its workers."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=PATIENCE)


def test_cluster_gives_what_processes_give_though_a_worker_dies(
    cluster, plan, with_core, quietly, tmp_path
):
    """A worker that is killed at work costs nothing but time: the table is that of this machine."""
    address, workers = cluster
    wait_for_workers(address, 3)
    slow = with_core("SlowCore")
    journal = tmp_path / "cluster" / "journal.jsonl"
    killed = []

    def kill_one():
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if journal.exists() and journal.read_bytes().count(b"\n") > 1:
                os.kill(workers[0].pid, signal.SIGKILL)
                killed.append(journal.read_bytes().count(b"\n") - 1)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=kill_one)
    thread.start()
    away = run_sweep(slow, tmp_path / "cluster", Execution(scheduler=address, quiet=True))
    thread.join()
    assert killed
    assert killed[0] < len(slow.pixfracs), "the worker was killed too late to matter"
    assert {point.state for point in away.points} == {"done"}
    assert figures(away) == figures(run_sweep(slow, tmp_path / "here", quietly))


def test_no_scheduler_is_told(plan, tmp_path, monkeypatch):
    """An address at which nobody answers is an error of the request."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("harness.sweep.cluster.CONNECT_TIMEOUT", 1.0)
    with pytest.raises(UsageError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1"):
        run_sweep(plan, tmp_path, Execution(scheduler="tcp://127.0.0.1:1", quiet=True))


def test_missing_extra_is_told(plan, tmp_path, monkeypatch):
    """Without distributed the message names the extra."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"drizzle-harness\[cluster\]"):
        run_sweep(plan, tmp_path, Execution(scheduler="tcp://127.0.0.1:1", quiet=True))
