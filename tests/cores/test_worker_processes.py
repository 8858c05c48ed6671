import ast
import importlib.util
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy as np
import pytest

from harness.cores.worker import Worker
from harness.cores.worker.child import serve
from harness.discovery.subject import Subject, plain_request
from harness.model import KERNELS

CHILD = serve.FOLDER
ALLOWED = {
    "calls_drizzle.py": {"drizzle"},
    "calls_drizzlepac.py": {"drizzlepac"},
    # drizzlepac itself requires astropy, and these are for drizzlepac alone.
    "calls_cdriz.py": {"astropy"},
    "calls_astrodrizzle.py": {"astropy"},
}
OLDEST = (3, 9)
PATIENCE = 20.0
HOLD = """
import sys
from harness.cores.worker import Worker
sys.path.insert(0, {folder!r})
from test_worker import ask
import breaking_core
worker = Worker("breaking_core:BreakingCore")
worker.perform(ask(0))
print(worker._nursery._process.pid, flush=True)
worker.perform(ask(breaking_core.{how}), time_limit=1000)
"""


def descendants(pid):
    """Return the processes below one, itself included, that are not zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and (int(path.parent.name) == pid or int(fields[1]) == pid):
            found.append(int(path.parent.name))
    return found


def open_descriptors():
    """Return the numbers of the open file descriptors, without that of the listing itself."""
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


def wait_for_none(pids):
    """Wait until processes are gone, and return those that are not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        pids = [pid for pid in pids if _is_alive(pid)]
        if not pids:
            break
        time.sleep(0.05)
    return pids


def _is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")


@needs_proc
@pytest.mark.parametrize("how", ["HANG", "BUSY"])
def test_nothing_is_left_when_the_parent_is_killed(how):
    """After a SIGKILL of the parent, in the middle of a call, all processes and memory are gone."""
    shared = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    before = set(shared.iterdir()) if shared.is_dir() else set()
    folder = str(Path(__file__).parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(how=how, folder=folder)], stdout=subprocess.PIPE
    )
    nursery = int(parent.stdout.readline())
    family = descendants(nursery)
    assert len(family) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_for_none(family) == []
    if shared.is_dir():
        assert {path for path in set(shared.iterdir()) - before if "harness" in path.name} == set()


@needs_proc
def test_nothing_is_left_after_the_end():
    """A worker that is closed leaves neither processes, zombies nor descriptors."""
    descriptors = open_descriptors()
    with Worker("drizzle") as worker:
        worker.perform(plain_request())
        family = descendants(worker._nursery._process.pid)
    assert wait_for_none(family) == []
    assert open_descriptors() == descriptors
    worker.perform(plain_request())
    family = descendants(worker._nursery._process.pid)
    del worker
    assert wait_for_none(family) == []
    assert open_descriptors() == descriptors


@pytest.fixture(scope="module")
def foreign_python(tmp_path_factory):
    """Make an environment with numpy and drizzle, and nothing else."""
    drizzle = pytest.importorskip("drizzle")
    folder = tmp_path_factory.mktemp("foreign")
    venv.create(folder, symlinks=True)
    (target,) = folder.glob("lib/python*/site-packages")
    for package in (np, drizzle):
        source = Path(package.__file__).parents[1]
        name = package.__name__
        for path in source.iterdir():
            if path.name == name or path.name.startswith((f"{name}.libs", f"{name}-")):
                (target / path.name).symlink_to(path)
    return folder / "bin" / "python"


def test_a_core_runs_where_the_harness_is_not(foreign_python, monkeypatch):
    """The interpreter of another environment serves, and its versions are told."""
    missing = subprocess.run([foreign_python, "-I", "-c", "import harness"], capture_output=True)
    assert missing.returncode
    monkeypatch.setenv("PYTHONPATH", "/no/such/folder")
    with Worker("drizzle", python=foreign_python) as worker:
        reply = worker.perform(plain_request())
    assert worker.versions["numpy"] == np.__version__
    assert worker.versions["drizzle"].split(".")[0].isdigit()
    np.testing.assert_array_equal(reply.sci, np.ones((3, 3)))


@pytest.mark.parametrize("path", sorted(CHILD.glob("*.py")), ids=lambda path: path.name)
def test_the_child_needs_no_harness_and_no_new_python(path):
    """What runs in foreign environments imports little and keeps to old syntax."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST)
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(node.module.split(".")[0])
    foreign = used - {"numpy", "__future__"} - ALLOWED.get(path.name, set())
    assert foreign <= set(sys.stdlib_module_names)
    assert "from __future__ import annotations" in path.read_text() or path.name == "__init__.py"


@pytest.mark.parametrize("core", ["drizzle", "drizzlepac"])
def test_real_cores_answer(core):
    """Both cores drizzle all kernels through the worker, with every output between zones."""
    if importlib.util.find_spec(core) is None:
        pytest.skip(f"{core} is not installed")
    with Worker(core) as worker:
        subject = Subject(worker, core)
        assert not set(KERNELS) & subject.unsupported
        assert subject.scales_science == (core == "drizzlepac")
        reply = worker.perform(plain_request())
    np.testing.assert_array_equal(reply.sci, np.ones((3, 3)))
    np.testing.assert_array_equal(reply.ctx, np.ones((1, 3, 3)))
    assert (reply.modified, reply.overrun) == ((), ())
    assert worker.deaths == 0
