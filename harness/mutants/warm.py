"""A suite kept warm in a process of its own, and asked about one extension after the other."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import CoreError
from harness.mutants.build import Build
from harness.mutants.package import MutantPackage
from harness.mutants.suite import Finding, Outcome, same_fault

FIRST_LIMIT = 900.0
"""Seconds for the core itself, everything imported for the first time."""
SHORTEST_LIMIT = 10.0
"""Seconds; a busy machine may well stop for some."""
PATIENCE = 10.0
"""How many times as long as the core itself a mutant may take."""
BASELINES = 3
"""Runs on the core itself, every other one backwards, between which no check may change: one that
depends on what was called before would seem to kill."""


def _alike(found: Sequence[Finding | None]) -> bool:
    return all(same_fault(found[0], other) for other in found[1:])


class Warm:
    """Runs a warm suite on extensions, the checks that have killed most first.

    Parameters
    ----------
    build : Build
    suite : str
        "module:attribute" of what makes a `WarmSuite`, called with the arguments.
    arguments : sequence of str
    folder : Path
        For the package with the mutated extension.
    plain : Path
        The extension without a mutation, linked as the mutants are.
    limit : float, optional
        Seconds for a mutant; ten times what the core itself takes where not given.

    Raises
    ------
    CoreError
        If the suite cannot be made, imports the core from somewhere else, or judges the core
        itself differently from one time to the next.

    Attributes
    ----------
    digest : str
    known : dict
        What the checks find wrong with the core itself.
    seconds : float
        That the suite took on the core itself.
    """

    def __init__(
        self,
        build: Build,
        suite: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        plain: Path,
        limit: float | None = None,
    ) -> None:
        self._package = MutantPackage(build, folder)
        self._command = [sys.executable, "-m", "harness.mutants.server", suite]
        self._command += [str(self._package.folder), *arguments]
        self._kills: Counter[str] = Counter()
        self.known: dict[str, dict[str, Any]] = {}
        self._process = self._start()
        self._limit = limit or FIRST_LIMIT
        try:
            opening = self._receive()
            self.digest: str = opening["digest"]
            self._names: list[str] = opening["names"]
            self.seconds = self._judge_core(plain)
        except BaseException:
            self.close()
            raise
        self._limit = limit or max(SHORTEST_LIMIT, PATIENCE * self.seconds)

    def run(self, extension: Path) -> Outcome:
        """Run the suite with this file in the place of the core's extension."""
        names = sorted(self._names, key=lambda name: -self._kills[name])
        answer = self._ask(extension, names)
        outcome = Outcome(state=answer["state"], by=answer["by"], message=answer["message"])
        if outcome.state != "survived":
            self._kills[outcome.by] += 1
        return outcome

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.close()
        self._process.wait(timeout=60)
        if self._process.stdout:
            self._process.stdout.close()

    def _judge_core(self, plain: Path) -> float:
        runs: list[dict[str, Any]] = []
        for number in range(BASELINES):
            names = self._names[:: -1 if number % 2 else 1]
            answer = self._ask(plain, names, all_of_them=True)
            if "results" not in answer:
                raise CoreError(
                    f"the suite cannot be run on the core itself: {answer['message']}",
                    where=answer["by"],
                )
            if str(self._package.extension) not in answer["files"]:
                raise CoreError(
                    f"the suite did not import {self._package.extension}",
                    where=" ".join(self._command),
                    allowed=", ".join(answer["files"]) or "an extension of the package",
                    remedy="Name the core that the package is with --core",
                )
            if not runs:
                # Imported once by the parent, before it forks.
                self._send({"preload": answer["imported"]})
                self._receive()
            runs.append(answer["results"])
        findings = [
            {name: one[name]["found"] for name in self._names if one[name]["found"]} for one in runs
        ]
        changing = [
            name
            for name in self._names
            if not _alike([Finding(**one[name]) if name in one else None for one in findings])
        ]
        if changing:
            raise CoreError(
                "the suite judges the core itself differently from run to run: "
                f"{', '.join(changing)}",
                where=" ".join(self._command),
                remedy="Mend these checks; a mutant would seem to be killed by them",
            )
        self.known = findings[0]
        return float(sum(one["seconds"] for one in runs[-1].values()))

    def _ask(
        self, extension: Path, names: list[str], *, all_of_them: bool = False
    ) -> dict[str, Any]:
        self._package.put(extension)
        self._send(
            {
                "names": names,
                "known": self.known,
                "limit": self._limit,
                "all_of_them": all_of_them,
            }
        )
        return self._receive()

    def _send(self, request: dict[str, Any]) -> None:
        if self._process.stdin is None or self._process.poll() is not None:
            raise CoreError("the suite's process has ended", where=" ".join(self._command))
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Results must not depend on hash seeds; threads do not survive a fork.
            env={**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
        )

    def _receive(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise CoreError(
                f"the suite's process ended with {self._process.wait()}",
                where=" ".join(self._command),
                remedy="Its messages stand above",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer
