"""A core in a process of its own, which may die of what it is asked."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.cores.request import AnyRequest, Reply
from harness.cores.worker.arena import Arena, CannotTravelError
from harness.cores.worker.child.serve import receive, send
from harness.cores.worker.nursery import Nursery
from harness.errors import CoreError

TIME_LIMIT = 10.0
"""Seconds for a request."""
MEMORY_LIMIT = 4 << 30
"""Bytes by which the process may grow beyond what the imported core takes."""
START_LIMIT = 300.0
"""Seconds for the import of a core: drizzlepac's takes 15 where the disk is cold and busy."""
FIELDS = ("sci", "wht", "ctx", "dq")


class Worker:
    """Performs requests in a process of its own, kept warm; see `harness.cores.worker`.

    Parameters
    ----------
    core : str
        "drizzle", "drizzlepac", or "package.module:attribute" for a core that keeps the protocol
        `harness.cores.protocol.DrizzleCore`.
    python : str or Path, optional
        Interpreter of the environment in which the core is installed, with numpy; the harness need
        not be there. This process's own where not given, and with its import path.
    time_limit : float, optional
        Seconds for a request, unless it says otherwise.
    memory_limit : int or None, optional
        Bytes by which the process may grow; None for no limit. Enforced where the system has
        RLIMIT_AS.
    start_limit : float, optional
        Seconds for the import of the core.
    environment : mapping, optional
        Environment variables for the process.

    Attributes
    ----------
    versions : dict
        Of the core (by its name), of "numpy" and "python", in the worker's environment.
    deaths : int
        How often the process has died or was killed.
    """

    def __init__(
        self,
        core: str,
        python: str | Path | None = None,
        *,
        time_limit: float = TIME_LIMIT,
        memory_limit: int | None = MEMORY_LIMIT,
        start_limit: float = START_LIMIT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.core = core
        self._python = python
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._start_limit = start_limit
        self._environment = dict(environment or {})
        self._lock = threading.RLock()
        self._arena: Arena | None = None
        self._nursery: Nursery | None = None
        self._serving = False
        self._served = 0
        self._number = 0
        self._last: AnyRequest | None = None
        self._filling = 0
        self._owner = os.getpid()
        self.versions: dict[str, str] = {}
        self.deaths = 0

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Import the core; `perform` does it where it was not done.

        Raises
        ------
        CoreError
            If the interpreter or the core is not there, or the import takes too long.
        """
        with self._lock:
            if os.getpid() != self._owner:
                raise CoreError(
                    "the worker belongs to another process",
                    where=f"core {self.core}",
                    remedy="Make a Worker of its own in each process",
                )
            if self._nursery is not None:
                return
            self._arena = self._arena or Arena()
            self._nursery = Nursery(
                self.core,
                self._python,
                memory=self._arena.file,
                memory_limit=self._memory_limit,
                start_limit=self._start_limit,
                environment=self._environment,
            )
            self.versions = self._nursery.versions

    def close(self) -> None:
        """End the process and give back what it took."""
        with self._lock:
            self._serving = False
            self._last = None
            nursery, self._nursery = self._nursery, None
            arena, self._arena = self._arena, None
            if nursery is not None:
                nursery.end()
            if arena is not None:
                arena.close()

    def perform(self, request: AnyRequest, *, time_limit: float | None = None) -> Reply:
        """Perform one request, whatever it does to the core.

        Parameters
        ----------
        request : DrizzleRequest or BlotRequest
            Its arrays are copied; they are never changed.
        time_limit : float, optional
            Seconds.

        Returns
        -------
        Reply

        Raises
        ------
        CoreError
            Only if the core cannot be imported.
        """
        limit = self._time_limit if time_limit is None else time_limit
        with self._lock:
            self.start()
            # The same request again meets other surroundings.
            self._filling = 1 - self._filling if request is self._last else 0
            self._last = request
            worn = self._serving and self._served > 0
            reply = self._attempt(request, limit)
            if reply.outcome == "died" and worn:
                # An earlier request may have been the cause; a new process knows only this one.
                reply = self._attempt(request, limit)
            return reply

    def _attempt(self, request: AnyRequest, limit: float) -> Reply:
        assert self._arena is not None  # noqa: S101 - `start` has made it
        try:
            plain = self._arena.lay(request, self._filling)
        except CannotTravelError as error:
            return Reply(outcome="unsupported", message=str(error))
        except MemoryError:
            return Reply(outcome="unsupported", message="the arrays do not fit into memory")
        try:
            nursery = self._ready_nursery()
            return self._ask(nursery, self._arena, plain, limit)
        except BaseException:
            # Whatever ended the waiting: the next request must not meet this one's reply.
            self._forget()
            raise

    def _ready_nursery(self) -> Nursery:
        """Return the nursery with a process that serves."""
        nursery = self._started()
        if not self._serving:
            try:
                nursery.fork(self._start_limit)
            except (EOFError, OSError):
                # The nursery itself is gone, killed from outside.
                nursery.end()
                self._nursery = None
                nursery = self._started()
                nursery.fork(self._start_limit)
            self._serving, self._served = True, 0
        return nursery

    def _started(self) -> Nursery:
        self.start()
        assert self._nursery is not None  # noqa: S101 - `start` has made it
        return self._nursery

    def _ask(self, nursery: Nursery, arena: Arena, plain: Any, limit: float) -> Reply:
        self._number += 1
        self._served += 1
        message = {
            "id": self._number,
            "request": plain,
            "size": arena.size,
            "end": arena.end,
            "filling": self._filling,
        }
        mark = nursery.mark()
        begin = time.monotonic()
        ended = ""
        answer: dict[str, Any] | None = None
        try:
            send(nursery.data, message)
            answer, ended = self._await(nursery, begin + limit)
        except OSError:
            ended = "connection lost"
        if answer is not None:
            if ended:
                self._forget()
            arena.take(answer["size"])
            return reply_from(answer, arena)
        if not ended:
            nursery.kill()
        self._serving = False
        self.deaths += 1
        modified, overrun = arena.changes()
        facts: dict[str, Any] = {
            "modified": modified,
            "overrun": overrun,
            "seconds": time.monotonic() - begin,
            "message": nursery.words(mark),
        }
        if not ended:
            return Reply(outcome="timed_out", error=f"no answer in {limit:g} s", **facts)
        if ended == "SIGKILL":
            return Reply(outcome="out_of_memory", error=ended, **facts)
        return Reply(outcome="died", error=ended, **facts)

    def _await(self, nursery: Nursery, end: float) -> tuple[dict[str, Any] | None, str]:
        """Return the answer, or how the process ended; neither if the time is over."""
        while True:
            left = max(end - time.monotonic(), 0.0)
            ready, _, _ = select.select([nursery.data, nursery.control], [], [], left)
            if nursery.control in ready:
                told = receive(nursery.control)
                if told is None:
                    return None, "the worker was killed"
                if "ended" in told:
                    return None, str(told["ended"])
            elif nursery.data in ready:
                answer = receive(nursery.data)
                if answer is None:
                    return None, "connection lost"
                if answer["id"] == self._number:
                    return answer, ""
            elif not ready:
                return None, ""

    def _forget(self) -> None:
        """Kill the process that serves, if any."""
        if self._serving and self._nursery is not None:
            self._nursery.kill()
        self._serving = False


def reply_from(answer: dict[str, Any], arena: Arena) -> Reply:
    """Return the reply that an answer of the child stands for."""
    arrays = arena.fetch(answer["arrays"])
    modified, overrun = arena.changes()
    variance = [name for name in arrays if name.startswith("variance")]
    return Reply(
        outcome=answer["outcome"],
        **{name: arrays[name] for name in FIELDS if name in arrays},
        variance=tuple(arrays[name] for name in variance),
        returned=tuple(tuple(one) for one in answer["returned"]),
        attributes=answer["attributes"],
        error=answer.get("error", ""),
        message=answer.get("message", ""),
        warnings=tuple(answer["warnings"]),
        modified=modified,
        overrun=(*overrun, *answer["overrun"]),
        seconds=answer["seconds"],
        peak_growth=answer["peak_growth"],
    )
