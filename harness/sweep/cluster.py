"""The same tasks on a `dask.distributed` cluster."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.errors import UsageError
from harness.exposure_stream import change_each
from harness.model import Exposure
from harness.sweep.tasks import Answer, Lost, Scenery, Task, lost_result, perform_guarded

TRIES = 3
"""How often a task may lose its worker before the task itself is suspected."""
CONNECT_TIMEOUT = 20.0
"""Seconds to reach the scheduler."""


class NotShared:
    """Exposures that stay where they are: the cluster gets copies."""

    def settle(
        self, exposures: Sequence[Exposure], change: Callable[[Exposure], Exposure]
    ) -> Sequence[Exposure]:
        """Return what `change` makes of each exposure, in memory or on disk as they are."""
        return change_each(exposures, change)

    def __enter__(self) -> NotShared:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class ClusterPool:
    """Workers of a cluster that runs already.

    Parameters
    ----------
    address : str
        Of its scheduler, such as "tcp://10.0.0.1:8786".

    Raises
    ------
    UsageError
        If distributed is not installed, or no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise UsageError(
                f"needs the package distributed ({error})",
                where="--scheduler",
                remedy='Install "drizzle-harness[cluster]", or leave the option out',
            ) from error
        self._begun: list[Task] = []
        try:
            self._client: Any = distributed.Client(
                address, timeout=CONNECT_TIMEOUT, set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(
                f"no scheduler answers at {address} ({error})",
                where="--scheduler",
                allowed="the address of a dask scheduler, such as tcp://127.0.0.1:8786",
                remedy="Start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
            ) from error

    def __enter__(self) -> ClusterPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def size(self) -> int:
        """How many threads the workers have."""
        return sum(self._client.nthreads().values())

    def await_cores(self) -> None:
        """Workers of a cluster load a core with their first point."""

    def await_one(self) -> None:
        """Workers of a cluster are there."""

    def open_scene(self) -> NotShared:
        """Return where the exposures of one scale are kept."""
        return NotShared()

    def ask(
        self, scenery: Scenery, shared: NotShared, task: Task, others: Sequence[Task]
    ) -> Answer | None:
        """Keep the others for `run`, and leave the task: a cluster is sent its scenery once."""
        self._begun = list(others)
        return None

    def run(self, scenery: Scenery, shared: NotShared, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Do tasks, and give each answer as soon as it is there; see `LocalPool.run`.

        A worker that dies costs the time of its tasks alone: they go to another one, up to
        `TRIES` times. What lay on dead workers only is sent again.
        """
        distributed: Any = importlib.import_module("distributed")

        # Files of this machine are none of theirs.
        stage = dataclasses.replace(scenery.stage, exposures=tuple(scenery.stage.exposures))
        scenery = Scenery(stage=stage, sample=scenery.sample)
        pending, self._begun = [*tasks, *self._begun], []
        for _ in range(TRIES):
            if not pending:
                return
            held = self._client.scatter(scenery, broadcast=True, hash=False)
            futures = {
                self._client.submit(perform_guarded, task, held, pure=False, retries=0): task
                for task in pending
            }
            pending = []
            for future in distributed.as_completed(futures, loop=self._client.loop):
                task = futures[future]
                if future.status == "finished":
                    yield future.result()
                elif future.status == "error" and not _worker_died(future):
                    future.result()
                else:
                    pending.append(task)
                future.release()
        for task in pending:
            reason = f"its worker died, or was lost, {TRIES} times"
            yield lost_result(Lost(task=task, reason=reason))


def _worker_died(future: Any) -> bool:
    scheduler: Any = importlib.import_module("distributed.scheduler")
    return isinstance(future.exception(), scheduler.KilledWorker)
