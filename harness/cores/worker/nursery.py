"""The process that imports a core and forks the one that serves: its start, its words, its end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.cores.worker.child.serve import FOLDER, receive, send
from harness.errors import CoreError

LAST_WORDS = 20_000
"""Bytes of what a process wrote that are kept when it dies."""
LARGEST_LOG = 1 << 20
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Threads do not survive a fork."""
TUNABLES = "glibc.malloc.tcache_count=0"
"""Without it, small blocks of memory come from a cache that is not filled."""
PATIENCE = 5.0
"""Seconds in which a nursery ends when its socket does."""


class Nursery:
    """The nursery as its parent sees it.

    Parameters
    ----------
    core : str
        Name or "module:attribute".
    python : str or Path or None
        Interpreter of the core's environment; this one, with its import path, where None.
    memory : int
        File descriptor of the arena.
    memory_limit : int or None
        Bytes by which a serving process may grow.
    start_limit : float
        Seconds for the import of the core.
    environment : mapping
        Variables on top of this process's own.

    Raises
    ------
    CoreError
        If the interpreter is not there, or the core cannot be imported in time.
    """

    def __init__(
        self,
        core: str,
        python: str | Path | None,
        *,
        memory: int,
        memory_limit: int | None,
        start_limit: float,
        environment: Mapping[str, str],
    ) -> None:
        self.where = f"core {core}, worker of {python or sys.executable}"
        self.control, control = socket.socketpair()
        self.data, data = socket.socketpair()
        self._log: Any = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the nursery
        options = {
            "core": core,
            "control": control.fileno(),
            "data": data.fileno(),
            "memory": memory,
            "memory_limit": memory_limit,
            "path": sys.path if python is None else [],
        }
        command = [str(python or sys.executable), str(FOLDER / "serve.py"), json.dumps(options)]
        try:
            self._process = subprocess.Popen(
                command,
                pass_fds=(control.fileno(), data.fileno(), memory),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=_environment(own=python is None, extra=environment),
                # A Ctrl-C at the terminal is the parent's to handle.
                start_new_session=True,
            )
        except OSError as error:
            self.control.close()
            self.data.close()
            self._log.close()
            raise CoreError(
                f"the interpreter cannot be started ({error})",
                where=self.where,
                remedy="Name the python executable of an environment with the core in it",
            ) from error
        finally:
            control.close()
            data.close()
        self.end = weakref.finalize(
            self, _end, self._process, self.control, self.data, self._log, os.getpid()
        )
        self.versions = self._wait_until_ready(core, start_limit)

    def _wait_until_ready(self, core: str, start_limit: float) -> dict[str, str]:
        told: dict[str, Any] = {}
        if select.select([self.control], [], [], start_limit)[0]:
            told = receive(self.control) or {"failed": "the process ended"}
        if "ready" in told:
            return {core: told["ready"], **told["versions"]}
        found = told.get("failed", f"is not imported after {start_limit:g} s")
        words = self.words(0)
        self.end()
        raise CoreError(
            f"the worker does not start: {found}{_quoted(words)}",
            where=self.where,
            remedy="Install the core and numpy there, or name another interpreter",
        )

    def fork(self, limit: float) -> None:
        """Start a serving process.

        Raises
        ------
        EOFError
            If the nursery itself is gone.
        """
        self.drain()
        send(self.control, "fork")
        end = time.monotonic() + limit
        while select.select([self.control], [], [], max(end - time.monotonic(), 0.0))[0]:
            told = receive(self.control)
            if told is None:
                break
            if "started" in told:
                return
        raise EOFError("the nursery does not fork")

    def kill(self) -> None:
        """Kill the serving process and wait until it is gone."""
        with contextlib.suppress(OSError):
            send(self.control, "kill")
            while select.select([self.control], [], [], PATIENCE)[0]:
                told = receive(self.control)
                if told is None or "ended" in told:
                    return

    def drain(self) -> None:
        """Forget what a process that is gone has sent."""
        while select.select([self.data], [], [], 0)[0]:
            if not self.data.recv(1 << 16):
                return

    def mark(self) -> int:
        """Return where in the log the next words will begin, and keep the log small."""
        size = os.fstat(self._log.fileno()).st_size
        if size > LARGEST_LOG:
            os.ftruncate(self._log.fileno(), 0)
            os.lseek(self._log.fileno(), 0, os.SEEK_SET)
            return 0
        return size

    def words(self, mark: int) -> str:
        """Return the end of what was written since a mark."""
        size = os.fstat(self._log.fileno()).st_size
        start = max(mark, size - LAST_WORDS)
        text = os.pread(self._log.fileno(), max(size - start, 0), start).decode(errors="replace")
        # Python ends its report of a crash with a list of all modules.
        return text.partition("\nExtension modules:")[0].strip()


def _environment(*, own: bool, extra: Mapping[str, str]) -> dict[str, str]:
    found = dict(os.environ)
    if not own:
        # They would put this environment's packages before those of the other.
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"):
            found.pop(name, None)
    found.update(dict.fromkeys(SINGLE, "1"))
    tunables = [one for one in (found.get("GLIBC_TUNABLES"), TUNABLES) if one]
    found["GLIBC_TUNABLES"] = ":".join(tunables)
    return found | dict(extra)


def _quoted(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return f"; it wrote: {' / '.join(lines[-3:])}" if lines else ""


def _end(
    process: subprocess.Popen[bytes],
    control: socket.socket,
    data: socket.socket,
    log: Any,
    owner: int,
) -> None:
    """End a nursery; in a fork of its owner, only forget it."""
    for one in (control, data, log):
        one.close()
    if os.getpid() != owner:
        process.returncode = 0
        return
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
