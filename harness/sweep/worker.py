"""One process of a pool: it does what comes through its pipe, and its death is told."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from harness.errors import HarnessError
from harness.exposure_stream import ExposureStream
from harness.model import Exposure
from harness.sweep.shared import Attached, SharedHandle
from harness.sweep.tasks import (
    Scenery,
    Task,
    perform_guarded,
)

READY = "ready"
"""What a worker sends when its cores are loaded."""
PATIENCE = 5.0
"""Seconds that a worker gets to end by itself."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sent:
    """Scenery on its way to a worker: everything but the exposures, and where these are."""

    rest: Scenery
    exposures: tuple[SharedHandle, ...] | ExposureStream


class Worker:
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
    while isinstance(sent, Sent):
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
        if got is None or isinstance(got, Sent):
            return got
        try:
            answer: Any = perform_guarded(got, scenery)
        except Exception as error:
            answer = HarnessError(f"{type(error).__name__}: {error}", where=got.label)
        try:
            pipe.send(answer)
        except OSError:
            return None
