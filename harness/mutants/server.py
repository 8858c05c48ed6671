"""The process that has everything imported and computed, and forks for each mutant.

Started by `harness.mutants.warm`; it reads one JSON request a line and answers with one line.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import faulthandler
import importlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from harness.mutants.suite import Finding, WarmSuite, same_fault

OPENING = "opening the core"
MEMORY = 4 << 30
"""Bytes that a mutant may take beyond what the parent has: some ask for all that there is."""


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", help="module:attribute, called with the arguments")
    parser.add_argument("package", help="folder that goes first on sys.path")
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    sys.path.insert(0, given.package)
    # What the core prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, _, attribute = given.suite.partition(":")
    suite = getattr(importlib.import_module(module), attribute)(*given.arguments)
    _answer(answers, {"digest": suite.digest(), "names": suite.names()})
    for line in sys.stdin:
        request = json.loads(line)
        if "preload" in request:
            for name in request["preload"]:
                # Some can only be imported from within their package.
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
            _answer(answers, {})
        else:
            known = {name: Finding(**one) for name, one in request.pop("known").items()}
            _answer(answers, _serve(suite, given.package, known, **request))


def _answer(stream: IO[str], answer: dict[str, Any]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


def _serve(
    suite: WarmSuite,
    package: str,
    known: dict[str, Finding],
    *,
    names: Sequence[str],
    limit: float,
    all_of_them: bool = False,
) -> dict[str, Any]:
    """Fork, run the checks in the child, and say how it ended."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if not child:
            os.close(reader)
            _work(suite, package, names, known, all_of_them, writer, told.fileno())
        os.close(writer)
        text, in_time = _read(reader, time.monotonic() + limit)
        if not in_time:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        told.seek(0)
        end = told.read().decode(errors="replace")
    lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    results = {one["name"]: one for one in lines if "seconds" in one}
    started = [one["name"] for one in lines if "seconds" not in one and "name" in one]
    last = started[-1] if started else "loading"
    if not in_time:
        return {"state": "timed out", "by": last, "message": f"after {limit:.0f} s"}
    if lines and "end" in lines[-1]:
        return {**lines[-1]["end"], "results": results}
    code = os.waitstatus_to_exitcode(status)
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return {"state": "crashed", "by": last, "message": f"{how}: {end.strip()[-300:]}"}


def _read(reader: int, until: float) -> tuple[str, bool]:
    """Read what the child writes until it ends, or time is up."""
    parts: list[bytes] = []
    try:
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                return b"".join(parts).decode(errors="replace"), False
            part = os.read(reader, 1 << 16)
            if not part:
                return b"".join(parts).decode(errors="replace"), True
            parts.append(part)
    finally:
        os.close(reader)


def _work(
    suite: WarmSuite,
    package: str,
    names: Sequence[str],
    known: dict[str, Finding],
    all_of_them: bool,
    writer: int,
    told: int,
) -> None:
    """Be the child: open, check, write, end without cleaning up after the mutant."""

    def write(**fields: Any) -> None:
        os.write(writer, json.dumps(fields).encode() + b"\n")

    code = 1
    with contextlib.suppress(BaseException):
        os.dup2(told, 1)
        os.dup2(told, 2)
        faulthandler.enable(file=told)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
        end: dict[str, Any] = {"state": "survived", "by": "", "message": ""}
        write(name=OPENING)
        before = set(sys.modules)
        start = time.perf_counter()
        try:
            suite.open()
        except Exception as error:
            end = {"state": "killed", "by": OPENING, "message": f"{type(error).__name__}: {error}"}
            names = ()
        write(name=OPENING, seconds=time.perf_counter() - start)
        for name in names:
            write(name=name)
            start = time.perf_counter()
            found = _check(suite, name)
            plain = dataclasses.asdict(found) if found else None
            write(name=name, found=plain, seconds=time.perf_counter() - start)
            # A check that fails on the core itself must fail in the same way.
            if not same_fault(found, known.get(name)) and end["state"] == "survived":
                message = found.message if found else f"holds, which it must not: {known[name]}"
                if found and name in known:
                    message = f"fails in another way than on the core itself: {message}"
                end = {"state": "killed", "by": name, "message": message[:500]}
                if not all_of_them:
                    break
        end["files"] = _files_below(package)
        if all_of_them:
            end["imported"] = _from_elsewhere(before, package)
        write(end=end)
        code = 0
    os._exit(code)


def _files_below(package: str) -> list[str]:
    """Return the extension modules that were loaded from the package."""
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    return sorted(file for file in files if file.startswith(package) and not file.endswith(".py"))


def _from_elsewhere(before: set[str], package: str) -> list[str]:
    """Return the modules that opening the core has imported, without its own."""
    return [
        name
        for name, module in list(sys.modules.items())
        if name not in before
        and not (getattr(module, "__file__", None) or package).startswith(package)
    ]


def _check(suite: WarmSuite, name: str) -> Finding | None:
    try:
        return suite.check(name)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return Finding(message=f"{type(error).__name__}: {error} ({where})", seen=(-2.0,))


if __name__ == "__main__":
    main()
