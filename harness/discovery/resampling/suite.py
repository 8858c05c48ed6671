"""The checks kept warm, for `drizzle-harness mutants`: truths once, the core in each fork."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import harness
from harness.cores.worker.direct import Direct
from harness.discovery.resampling.catalogue import catalogue
from harness.discovery.resampling.check import Fault, NotApplicableError
from harness.discovery.subject import Subject

JUDGING = ("cores", "discovery", "metrics", "model.py")
"""What of the harness decides the results of checks."""
FATAL_ERRORS = sys.version_info >= (3, 12)
"""Whether an exception that was never made, which both C cores raise where they refuse, ends the
process; Python 3.11 makes a SystemError of it."""


class Suite:
    """All checks of resampling on one core.

    Parameters
    ----------
    core : str
        Name of a core that `harness.cores.worker` can call.
    """

    def __init__(self, core: str) -> None:
        self._core = core
        self._checks = catalogue()
        self._checks.prepare()
        self._subject: Subject | None = None

    def digest(self) -> str:
        """Return the hash of the sources that decide the results."""
        root = Path(harness.__file__).parent
        digest = hashlib.sha256(self._core.encode())
        for name in JUDGING:
            path = root / name
            for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
                digest.update(source.read_bytes())
        return digest.hexdigest()[:16]

    def names(self) -> tuple[str, ...]:
        """Return the names of the checks, without those of memory whose end is chance."""
        return tuple(
            name
            for name in self._checks.names
            if self._checks[name].deadly != "by chance" or "refused/" in name
        )

    def open(self) -> None:
        """Import the core in this process."""
        self._subject = Subject(Direct(self._core), self._core)

    def check(self, name: str) -> Fault | None:
        """Make one check; what does not apply to the core holds."""
        assert self._subject is not None  # noqa: S101 - `open` comes first
        if self._checks[name].deadly or ("refused" in name and FATAL_ERRORS):
            found = _in_fork(lambda: self._run(name))
            # Whether it is refused by an exception or by death is chance, that it is refused not.
            by_chance = self._checks[name].deadly == "by chance"
            return None if by_chance and found is not None and found.seen[0] < 0 else found
        return self._run(name)

    def _run(self, name: str) -> Fault | None:
        assert self._subject is not None  # noqa: S101 - `open` comes first
        try:
            return self._checks.run(name, self._subject)
        except NotApplicableError:
            return None


def _in_fork(run: Callable[[], Fault | None]) -> Fault | None:
    """Run in a process of its own, whose death is a fault by its signal."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        found = run()
        plain = [found.message, list(found.seen)] if found else None
        os.write(writer, json.dumps(plain).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Fault(message=f"the process ends: {how}", seen=(float(code),))
    plain = json.loads(told)
    return Fault(message=plain[0], seen=tuple(plain[1])) if plain else None
