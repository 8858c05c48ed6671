"""A core called in this very process, for processes that may die.

Everything is as in a worker (adapters, canary zones, fillings, replies), without the process:
whoever uses this is in a process of its own already, such as one that was forked for a mutant.
"""

from __future__ import annotations

import gc
import warnings

from harness.cores.request import AnyRequest, Reply
from harness.cores.worker.arena import Arena, CannotTravelError
from harness.cores.worker.child.serve import Server, Session, open_core
from harness.cores.worker.worker import reply_from
from harness.errors import CoreError


class Direct:
    """Performs requests in this process; a crash of the core is a crash of the process.

    Parameters
    ----------
    core : str
        As for `harness.cores.worker.Worker`.

    Raises
    ------
    CoreError
        If the core cannot be imported.
    """

    def __init__(self, core: str) -> None:
        self._arena = Arena()
        session = Session(core)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                adapter = open_core(session)
        except ImportError as error:
            raise CoreError(f"cannot be imported ({error})", where=f"core {core}") from error
        self.version: str = adapter.version
        # Collections of a call's garbage need not look through all that was imported.
        gc.freeze()
        options = {"memory": self._arena.file, "memory_limit": None}
        self._server = Server(session, adapter, options)
        self._last: AnyRequest | None = None
        self._filling = 0
        self._number = 0

    def perform(self, request: AnyRequest, *, time_limit: float = 0.0) -> Reply:
        """Perform one request; there is no time limit."""
        self._filling = 1 - self._filling if request is self._last else 0
        self._last = request
        self._number += 1
        try:
            plain = self._arena.lay(request, self._filling)
        except CannotTravelError as error:
            return Reply(outcome="unsupported", message=str(error))
        answer = self._server.answer(
            {
                "id": self._number,
                "request": plain,
                "size": self._arena.size,
                "end": self._arena.end,
                "filling": self._filling,
            }
        )
        self._arena.take(answer["size"])
        return reply_from(answer, self._arena)
