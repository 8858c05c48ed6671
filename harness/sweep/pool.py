"""Local processes that share their exposures, and whose death costs one point alone."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import wait
from time import monotonic
from typing import Any

from harness.errors import HarnessError
from harness.sweep.shared_exposures import SharedExposures
from harness.sweep.start import start_forkserver
from harness.sweep.tasks import (
    Answer,
    Lost,
    Scenery,
    Surveyed,
    Task,
    lost_result,
)
from harness.sweep.worker import READY, Sent, Worker


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
        self._sent: Sent | None = None
        self._waiting: deque[Task] = deque()
        self._early: list[Answer] = []

    def _start(self, jobs: int) -> list[Worker]:
        return [Worker(self._context, self._warm) for _ in range(jobs)]

    @property
    def _workers(self) -> list[Worker]:
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
        self._sent = Sent(rest=rest, exposures=shared.handles)

    def _give(self, worker: Worker) -> None:
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

    def _time_left(self, busy: Sequence[Worker], limit: float | None) -> float | None:
        if limit is None:
            return None
        oldest = min(worker.since for worker in busy)
        return max(0.0, oldest + limit - monotonic()) + 0.01

    def _bury(self, worker: Worker, reason: str) -> Answer:
        """Replace a worker, and tell what its task came to."""
        task = worker.task
        assert task is not None  # noqa: S101 - only busy workers are buried
        worker.end(kill=True)
        self._workers[self._workers.index(worker)] = Worker(self._context, self._warm)
        return lost_result(Lost(task=task, reason=reason))
