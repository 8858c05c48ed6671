"""The nursery, which imports the core and forks, and the process that serves requests.

Run by its path with any Python from 3.9 on; standard library and numpy only.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib.util
import json
import os
import platform
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
HEAD = struct.Struct("<I")
PR_SET_PDEATHSIG = 1
M_PERTURB = -6
FIELDS = ("sci", "wht", "ctx", "dq")
ADAPTERS = {
    "drizzle": "calls_drizzle",
    "drizzlepac": "calls_drizzlepac",
    "astrodrizzle": "calls_astrodrizzle",
}
"""Name of a core to the file that speaks for it; "module:attribute" has its own."""
HEAP = os.environ.get("DRIZZLE_HARNESS_HEAP") == "1"
"""Whether a sanitizer is to see where arrays end; see `memory.Memory`."""
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Unsupported(Exception):  # noqa: N818 - no error of anything
    """A release has no such argument."""


class Session:
    """What adapters are given: see `harness.cores.worker`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._loaded: dict[str, Any] = {}
        self._guard = load("guard")
        self._guard.zones = load("zones")
        self.guards = self._guard.Guards(heap=HEAP)

    def unsupported(self, name: str) -> None:
        """Say that the release has no such argument.

        Parameters
        ----------
        name : str
            Of the argument.

        Raises
        ------
        Unsupported
            Always.
        """
        raise Unsupported(name)

    def guard(self, array: Any) -> Any:
        """Return an array between canary zones."""
        return self.guards.guard(array)

    def load(self, name: str) -> Any:
        """Import a file of this folder, once."""
        if name not in self._loaded:
            self._loaded[name] = load(name)
        return self._loaded[name]

    def guard_module(self, module: Any) -> None:
        """Guard what a module allocates."""
        self._guard.guard_module(module, self.guards)


def load(name: str) -> Any:
    """Import a file of this folder under a name that no package has."""
    spec = importlib.util.spec_from_file_location(f"_worker_{name}", FOLDER / f"{name}.py")
    assert spec is not None  # noqa: S101 - a file of our own
    assert spec.loader is not None  # noqa: S101 - as above
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def send(connection: socket.socket, message: Any) -> None:
    """Send a message: its length and its JSON."""
    text = json.dumps(message).encode()
    connection.sendall(HEAD.pack(len(text)) + text)


def receive(connection: socket.socket) -> Any:
    """Receive a message; None at the end."""
    head = _read(connection, HEAD.size)
    if head is None:
        return None
    text = _read(connection, HEAD.unpack(head)[0])
    return None if text is None else json.loads(text)


def _read(connection: socket.socket, size: int) -> bytes | None:
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Server:
    """Serves requests until the socket ends."""

    def __init__(self, session: Session, adapter: Any, options: dict[str, Any]) -> None:
        self._session = session
        self._adapter = adapter
        self._limit = options["memory_limit"]
        self._memory = load("memory").Memory(options["memory"], heap=HEAP)
        self._filling = -1
        self._libc: Any = None
        with contextlib.suppress(OSError, AttributeError):
            self._libc = ctypes.CDLL(None)
            self._libc.mallopt  # noqa: B018 - only glibc has it

    def run(self, connection: socket.socket) -> None:
        """Answer requests."""
        self._limit_memory()
        while True:
            message = receive(connection)
            if message is None:
                return
            send(connection, self.answer(message))

    def _limit_memory(self) -> None:
        """Let the process grow by the limit from where it is."""
        if self._limit is None:
            return
        with contextlib.suppress(OSError, ValueError):
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (used + self._limit, hard))

    def _fill(self, filling: int) -> None:
        """Let the allocator fill what it hands out, and what it takes back."""
        if filling != self._filling and self._libc is not None:
            self._libc.mallopt(M_PERTURB, (0x55, 0xAA)[filling])
        self._filling = filling

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Perform one request and return what the parent is told."""
        if self._memory.take(message["size"]):
            self._limit_memory()
        self._fill(message["filling"])
        reply: dict[str, Any] = {}
        answer = self._call(message, reply)
        arrays = [(name, reply[name]) for name in FIELDS if reply.get(name) is not None]
        variance = [one for one in reply.get("variance") or () if one is not None]
        named = dict(arrays, **{f"variance[{k}]": one for k, one in enumerate(variance)})
        answer["overrun"] = self._session.guards.overrun(named)
        answer["arrays"] = dict(
            zip(named, self._memory.store(list(named.values()), message["end"]))
        )
        answer["size"] = self._memory.size
        answer["returned"] = reply.get("returned", [])
        answer["attributes"] = dict(reply.get("attributes", {}), **answer.pop("attributes", {}))
        self._session.guards.begin(self._filling)
        return answer

    def _find_call(self, kind: str) -> Any:
        names = {
            "BlotRequest": "blot",
            "DrizzleRequest": "drizzle",
            "ExtensionRequest": "extension",
            "FilesRequest": "files",
        }
        found = getattr(self._adapter, names[kind], None)
        # An adapter that has no such call to offer says so when it is called.
        return found or (lambda request, reply: self._session.unsupported(names[kind]))

    def _call(self, message: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
        """Make the call and return what does not depend on its result."""
        self._session.guards.begin(message["filling"])
        answer: dict[str, Any] = {"id": message["id"], "outcome": "returned"}
        plain = message["request"]
        call = self._find_call(plain["type"])
        request = self._memory.request(plain)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            start = time.perf_counter()
            try:
                call(request, reply)
            except Unsupported as error:
                answer.update(outcome="unsupported", message=str(error))
            except MemoryError as error:
                answer.update(outcome="out_of_memory", error="MemoryError", message=str(error))
            except BaseException as error:
                answer.update(
                    outcome="raised",
                    error=type(error).__name__,
                    message=str(error),
                    attributes={"raised_at": _place(error)},
                )
            seconds = time.perf_counter() - start
            growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        answer["seconds"] = seconds
        answer["peak_growth"] = growth * MAXRSS_UNIT
        texts = [f"{one.category.__name__}: {one.message}" for one in caught]
        answer["warnings"] = list(dict.fromkeys(texts))
        return answer


def _place(error: BaseException) -> str:
    """Return where an exception was raised, as "file.py:line in function"."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def nurse(control: socket.socket, data: socket.socket, session: Session, adapter: Any,
          options: dict[str, Any]) -> None:  # fmt: skip
    """Fork when told to, say when what was forked has ended, and end it when the parent is gone."""
    child, alive = 0, -1
    while True:
        watched: list[Any] = [control] if alive < 0 else [control, alive]
        ready, _, _ = select.select(watched, [], [])
        if alive in ready:
            # The only writing end was the child's: it is gone.
            os.close(alive)
            _, status = os.waitpid(child, 0)
            child, alive = 0, -1
            send(control, {"ended": _ending(status)})
        if control not in ready:
            continue
        command = receive(control)
        if command is None or command == "kill":
            if child:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            if command is None:
                return
        elif command == "fork" and not child:
            _drain(data)
            alive, writing = os.pipe()
            child = os.fork()
            if not child:
                os.close(alive)
                control.close()
                _become_server(Server(session, adapter, options), data)
            os.close(writing)
            send(control, {"started": child})


def _become_server(server: Server, data: socket.socket) -> None:
    """Serve, and never come back."""
    code = 0
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        gc.freeze()
        server.run(data)
    except BaseException:
        traceback.print_exc()
        code = 70
    os._exit(code)


def _drain(data: socket.socket) -> None:
    """Forget what the process before did not read."""
    while select.select([data], [], [], 0)[0]:
        if not data.recv(1 << 16):
            return


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


def open_core(session: Session) -> Any:
    """Load the adapter that speaks for a core.

    Raises
    ------
    ImportError
        If there is no adapter for it.
    """
    is_target = ":" in session.target
    name = "calls_protocol" if is_target else ADAPTERS.get(session.target)
    if name is None:
        raise ImportError(f"no calls for a core {session.target!r}")
    return load(name).load(session)


def main() -> None:
    """Import the core, say that it is ready, and nurse."""
    options = json.loads(sys.argv[1])
    faulthandler.enable()
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = set(sys.path)
    sys.path += [one for one in options["path"] if one not in known]
    control = socket.socket(fileno=options["control"])
    data = socket.socket(fileno=options["data"])
    session = Session(options["core"])
    try:
        import numpy as np

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            adapter = open_core(session)
    except BaseException as error:
        traceback.print_exc()
        send(control, {"failed": f"{type(error).__name__}: {error}"})
        return
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    send(control, {"ready": adapter.version, "versions": versions})
    nurse(control, data, session, adapter, options)


if __name__ == "__main__":
    # Nothing of this folder may hide a module of the core's environment.
    del sys.path[0]
    main()
