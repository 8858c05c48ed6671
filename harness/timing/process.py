"""The processes in which cores are timed: started, asked, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import CoreError
from harness.timing.side import TimedSide

CHILD = Path(__file__).resolve().parent / "child" / "serve.py"
START_LIMIT = 120.0
"""Seconds for the interpreter and the core to load: drizzlepac takes up to 15, and longer on a
busy machine."""
END_LIMIT = 5.0
"""Seconds that a process is given to end by itself."""
SLICE = 1.0
"""Seconds of waiting for an answer, counted whole."""
LOG_LINES = 12
STEADY_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "131072"}
"""The size from which the GNU C library gives an array pages of its own, held to its first value.

Left to itself it moves with what was freed before: whether the arrays of a call are new pages or
used ones then hangs on what else lies on the heap, and differs between two sides by up to 7 % of a
call of 7 ms."""


class TimedProcess:
    """One side's process. Use `start_process`, which ends it in any case.

    Parameters
    ----------
    side : TimedSide
    command : list of str
        What is run in front of the interpreter, such as valgrind and its options.
    variables : mapping of str to str
        Environment variables beyond those of the side.
    """

    def __init__(
        self, side: TimedSide, *, command: tuple[str, ...] = (), variables: Mapping[str, str]
    ) -> None:
        self.side = side
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith("PYTHON")
        }
        try:
            self._process = subprocess.Popen(
                [*command, side.python, str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**inherited, **STEADY_MEMORY, **side.variables, **variables},
            )
        except OSError as error:
            self._log.close()
            raise CoreError(
                f"cannot be started ({error.strerror or error})",
                where=f"{side.label}: {side.python}",
                remedy="Name the interpreter of the environment in which the core is installed",
            ) from error
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)

    @property
    def _stdout(self) -> Any:
        return self._process.stdout

    def ask(self, request: Mapping[str, Any], *, limit: float) -> dict[str, Any]:
        """Send a request and return the answer.

        Parameters
        ----------
        request : mapping
            See `harness.timing.child.serve`.
        limit : float
            Seconds, without those in which others had the processor.

        Raises
        ------
        CoreError
            If the core raises, or the process dies or does not answer in time; then it is killed.
        """
        told = f"{self.side.label}, {request['do']} {request.get('name', '')}".rstrip()
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(BrokenPipeError):  # the answer will be missing, and say why
            stdin.write((json.dumps(request) + "\n").encode())
            stdin.flush()
        if not self._wait_for_answer(limit):
            self._process.kill()
            raise CoreError(
                f"no answer after {limit:g} s",
                where=told,
                remedy="Time a smaller workload, or allow more time",
            )
        line = self._stdout.readline()
        if not line:
            raise CoreError(f"{self._how_it_ended()}{self._log_end()}", where=told)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise CoreError(f"failed with {answer['error']}", where=told)
        return answer

    def _wait_for_answer(self, limit: float) -> bool:
        """Return whether there is an answer within the limit.

        It is counted in slices, for a machine that is suspended has used up one of them and not
        the limit; and what the process spent ready, while others had the processor, is added to
        it, for that is no hanging.
        """
        waited = read_run_delay(self._process.pid)
        slices = 0
        while slices * SLICE < limit + read_run_delay(self._process.pid) - waited:
            slices += 1
            if self._selector.select(min(SLICE, limit)):
                return True
        return False

    def end(self) -> int:
        """End the process, by force if need be, and return its exit code."""
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._selector.close()
        self._stdout.close()
        self._log.close()
        return self._process.returncode

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "closed its standard output"
        if code < 0:
            return f"died of {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def _log_end(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return "; it wrote: " + " | ".join(lines[-LOG_LINES:]) if lines else ""


def read_run_delay(pid: int) -> float:
    """Return the seconds that a process was ready but did not run; 0 where that is not told.

    See `harness.timing.child.serve.RunDelay`, which is the same from inside.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


@contextlib.contextmanager
def start_process(
    side: TimedSide,
    *,
    cpu: int | None,
    command: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    limit: float = START_LIMIT,
) -> Iterator[tuple[TimedProcess, dict[str, Any]]]:
    """Start a side's process and load its core.

    Parameters
    ----------
    side : TimedSide
    cpu : int or None
        Processor to run on, where the platform allows; None for any.
    command : tuple of str, optional
        What is run in front of the interpreter.
    variables : mapping of str to str, optional
        Environment variables beyond those of the side.
    limit : float, optional
        Seconds for loading.

    Yields
    ------
    tuple of TimedProcess and dict
        The dict holds "name", "version", "python", "numpy" and "seconds" (to load the core).

    Raises
    ------
    CoreError
        If the interpreter cannot be started or the core cannot be loaded.
    """
    process = TimedProcess(side, command=command, variables=variables or {})
    try:
        # In this very environment a core is found where this process would find it, be it in the
        # present folder, which the command line puts last.
        own = [one for one in sys.path if one] if side.python == sys.executable else []
        opening = {
            "do": "open",
            "target": side.target,
            "paths": list(side.paths),
            "last_paths": own,
            "cpu": cpu,
        }
        yield process, process.ask(opening, limit=limit)
    finally:
        process.end()
