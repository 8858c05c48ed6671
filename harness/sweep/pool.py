"""Local processes that share their exposures, and whose death costs one point alone."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

from harness.errors import HarnessError
from harness.model import Exposure
from harness.spool import ExposureStream, Spool
from harness.sweep.shared import Attached, SharedHandle, SharedObject
from harness.sweep.start import start_forkserver
from harness.sweep.tasks import (
    Answer,
    Lost,
    Scenery,
    Surveyed,
    Task,
    lost_result,
    perform_guarded,
)

READY = "ready"
"""What a worker sends when its cores are loaded."""
PATIENCE = 5.0
"""Seconds that a worker gets to end by itself."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Sent:
    """Scenery on its way to a worker: everything but the exposures, and where these are."""

    rest: Scenery
    exposures: tuple[SharedHandle, ...] | ExposureStream


class SharedExposures:
    """Exposures of one scale in shared memory, or in files; both go with the `with` block."""

    def __init__(self) -> None:
        self._blocks: list[SharedObject] = []
        self._views: list[Attached] = []
        self._stream: ExposureStream | None = None

    def settle(
        self, exposures: Sequence[Exposure], change: Callable[[Exposure], Exposure]
    ) -> Sequence[Exposure]:
        """Return what `change` makes of each exposure, where all processes see it.

        Spooled exposures stay spooled, what is new of them in a folder of its own, which goes with
        this scale.
        """
        if isinstance(exposures, ExposureStream):
            self._stream = exposures.changed(change, Spool()).locked()
            return self._stream
        return tuple(self._keep(change(exposure)) for exposure in exposures)

    def _keep(self, exposure: Exposure) -> Exposure:
        block = SharedObject(exposure)
        self._blocks.append(block)
        view = Attached(block.handle)
        self._views.append(view)
        kept: Exposure = view.content
        return kept

    def __enter__(self) -> SharedExposures:
        return self

    def __exit__(self, *_: object) -> None:
        for view in self._views:
            view.close()
        for block in self._blocks:
            block.free()
        self._stream = None

    @property
    def handles(self) -> tuple[SharedHandle, ...] | ExposureStream:
        """Where the exposures lie, in their order."""
        if self._stream is not None:
            return self._stream
        return tuple(block.handle for block in self._blocks)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any, warm: Sequence[str]) -> None:
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, tuple(warm)), daemon=True)
        self.process.start()
        other.close()
        self.task: Task | None = None
        self.since = 0.0
        self.scene = -1
        self.ready = False

    def end(self, *, kill: bool = False) -> None:
        """End the process: by asking, by a signal, by force."""
        if not kill:
            with contextlib.suppress(OSError):
                self.pipe.send(None)
            self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()

    def is_ready(self, patience: float | None = 0.0) -> bool:
        """Tell whether the cores are loaded, and wait so many seconds for it, None for ever.

        So is a process that died over it: how it ended is told of what is given to it.
        """
        try:
            if not self.ready and self.pipe.poll(patience):
                self.ready = self.pipe.recv() == READY
        except (EOFError, OSError):
            self.ready = True
        return self.ready

    def cause_of_death(self) -> str:
        """Tell how the process ended."""
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"


class LocalPool:
    """Processes on this machine.

    Parameters
    ----------
    jobs : int
        How many.
    time_limit : float or None
        Seconds that a task may take before its process is ended.
    warm : sequence of str
        Cores to load at once, while the exposures are still being prepared.
    method : str, optional
        Start method of `multiprocessing`; "forkserver" where there is one, else "spawn".
    """

    def __init__(
        self,
        jobs: int,
        *,
        time_limit: float | None = None,
        warm: Sequence[str] = (),
        method: str | None = None,
    ) -> None:
        if method is None:
            method = "spawn" if sys.platform == "win32" else "forkserver"
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            start_forkserver()
        self._warm = tuple(warm)
        self._time_limit = time_limit
        # Aside: the first to be started waits until the process that all are forked from has
        # imported what they need, and the frames can be read meanwhile.
        self._starting = ThreadPoolExecutor(max_workers=1)
        self._started = self._starting.submit(self._start, jobs)
        self._scene = -1
        self._sent: _Sent | None = None
        self._waiting: deque[Task] = deque()
        self._early: list[Answer] = []

    def _start(self, jobs: int) -> list[_Worker]:
        return [_Worker(self._context, self._warm) for _ in range(jobs)]

    @property
    def _workers(self) -> list[_Worker]:
        """All processes; waits until they are started."""
        return self._started.result()

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for worker in self._workers:
            worker.end(kill=kind is not None)
        self._workers.clear()
        self._starting.shutdown()

    @property
    def size(self) -> int:
        """How many processes there are."""
        return len(self._workers)

    def await_cores(self) -> None:
        """Wait until every worker has loaded its cores, or is dead, or the time limit is over."""
        for worker in self._workers:
            worker.is_ready(self._time_limit)

    def await_one(self) -> None:
        """Wait until a worker has loaded its cores, or is dead, or the time limit is over."""
        if not any(worker.ready for worker in self._workers):
            wait([worker.pipe for worker in self._workers], timeout=self._time_limit)

    def open_scene(self) -> SharedExposures:
        """Return where the exposures of one scale are kept; leave it when they are done with."""
        return SharedExposures()

    def ask(
        self, scenery: Scenery, shared: SharedExposures, task: Task, others: Sequence[Task]
    ) -> Answer | None:
        """Let a process do a task, and idle ones begin with others; `run` does the rest of these.

        Parameters
        ----------
        scenery, shared :
            As for `run`.
        task : SurveyTask
        others : sequence of Task
            Their answers are given by `run`.

        Returns
        -------
        Surveyed or None
            None where no process could do it.
        """
        self._show(scenery, shared)
        self._waiting.extend([task, *others])
        while True:
            for worker in self._workers:
                if worker.is_ready():
                    self._give(worker)
            if not any(worker.task is task for worker in self._workers):
                self._waiting.remove(task)
                return None
            busy = [worker.pipe for worker in self._workers if worker.task is not None]
            idle = [worker.pipe for worker in self._workers if not worker.ready]
            if not set(busy) & set(wait([*busy, *idle])):
                continue
            for answer in self._collect(limited=False):
                if isinstance(answer, Surveyed):
                    return answer
                self._early.append(answer)

    def run(
        self, scenery: Scenery, shared: SharedExposures, tasks: Sequence[Task]
    ) -> Iterator[Answer]:
        """Do tasks, and give each answer as soon as it is there.

        Parameters
        ----------
        scenery : Scenery
            Its exposures are those in `shared`.
        shared : SharedExposures
        tasks : sequence of Task
            The first are begun first, and before the others of `ask` that still wait.

        Yields
        ------
        PointResult or Predicted
            In the order in which they were finished; for a task whose process died or took too
            long, what `lost_result` says.
        """
        self._show(scenery, shared)
        self._waiting.extendleft(reversed(tasks))
        yield from self._early
        self._early.clear()
        while self._waiting or any(worker.task is not None for worker in self._workers):
            for worker in self._workers:
                self._give(worker)
            yield from self._collect()

    def _show(self, scenery: Scenery, shared: SharedExposures) -> None:
        """Let what is given from now on be done on a scenery."""
        self._scene += 1
        stage = dataclasses.replace(scenery.stage, exposures=())
        rest = Scenery(stage=stage, sample=scenery.sample)
        self._sent = _Sent(rest=rest, exposures=shared.handles)

    def _give(self, worker: _Worker) -> None:
        """Give a worker that has nothing to do the next task, if there is one."""
        if worker.task is not None or not self._waiting:
            return
        worker.task, worker.since = self._waiting.popleft(), monotonic()
        with contextlib.suppress(OSError):
            # A worker that died while idle is seen when its answer is waited for.
            if worker.scene != self._scene:
                worker.pipe.send(self._sent)
                worker.scene = self._scene
            worker.pipe.send(worker.task)

    def _collect(self, *, limited: bool = True) -> Iterator[Answer]:
        """Wait for answers; the time limit is for points."""
        busy = {worker.pipe: worker for worker in self._workers if worker.task is not None}
        limit = self._time_limit if limited else None
        ready = wait(list(busy), timeout=self._time_left(list(busy.values()), limit))
        for pipe in ready:
            worker = busy[pipe]
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                yield self._bury(worker, f"{worker.cause_of_death()}")
                continue
            if answer == READY:
                worker.ready = True
                worker.since = monotonic()
                continue
            worker.task = None
            if isinstance(answer, HarnessError):
                raise answer
            # Before the answer is taken care of: nobody waits for the disk.
            self._give(worker)
            yield answer
        if limit is None:
            return
        for worker in list(self._workers):
            if worker.task is not None and monotonic() - worker.since > limit:
                yield self._bury(worker, f"took longer than {limit:g} s")

    def _time_left(self, busy: Sequence[_Worker], limit: float | None) -> float | None:
        if limit is None:
            return None
        oldest = min(worker.since for worker in busy)
        return max(0.0, oldest + limit - monotonic()) + 0.01

    def _bury(self, worker: _Worker, reason: str) -> Answer:
        """Replace a worker, and tell what its task came to."""
        task = worker.task
        assert task is not None  # noqa: S101 - only busy workers are buried
        worker.end(kill=True)
        self._workers[self._workers.index(worker)] = _Worker(self._context, self._warm)
        return lost_result(Lost(task=task, reason=reason))


def _work(pipe: Connection, warm: tuple[str, ...]) -> None:
    """Do what comes through the pipe until it closes."""
    # Ctrl-C reaches the whole group; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from harness.cores.registry import load_core

    for spec in warm:
        with contextlib.suppress(HarnessError):
            # A core that cannot be loaded is told with its points.
            load_core(spec, lean=True)
    with contextlib.suppress(OSError):
        pipe.send(READY)
    sent = _receive(pipe)
    while isinstance(sent, _Sent):
        if isinstance(sent.exposures, ExposureStream):
            sent = _serve(pipe, sent.rest, sent.exposures)
            continue
        attached = [Attached(handle) for handle in sent.exposures]
        sent = _serve(pipe, sent.rest, tuple(one.content for one in attached))
        for one in attached:
            one.close()


def _receive(pipe: Connection) -> Any:
    try:
        with warnings.catch_warnings():
            # A WCS tells again, each time, what it told when its file was read.
            warnings.simplefilter("ignore")
            return pipe.recv()
    except (EOFError, OSError):
        return None


def _serve(pipe: Connection, rest: Scenery, exposures: Sequence[Exposure]) -> Any:
    """Do the tasks of one scale, and return what came after them."""
    stage = dataclasses.replace(rest.stage, exposures=exposures)
    scenery = Scenery(stage=stage, sample=rest.sample)
    while True:
        got = _receive(pipe)
        if got is None or isinstance(got, _Sent):
            return got
        try:
            answer: Any = perform_guarded(got, scenery)
        except Exception as error:
            answer = HarnessError(f"{type(error).__name__}: {error}", where=got.label)
        try:
            pipe.send(answer)
        except OSError:
            return None
