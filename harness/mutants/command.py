"""Any command as a suite: the gate under pytest, a core's own tests, what the user names."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.content import content_key
from harness.errors import CoreError
from harness.mutants.build import Build
from harness.mutants.package import MutantPackage
from harness.mutants.suite import Outcome, Runner

SHORTEST_LIMIT = 60.0
PATIENCE = 5.0
"""How many times as long as with the core itself a command may take."""
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - (.*))?$", re.MULTILINE)
"""A line of pytest's short summary."""


class Command:
    """Runs a command on extensions, in processes in which the mutated package comes first.

    Exit code 0 means that the mutant survived.

    Parameters
    ----------
    build : Build
    command : sequence of str
    folder : Path
        For the packages with the mutated extension.
    plain : Path
        The extension without a mutation.
    variables : mapping, optional
        Added to the environment.
    limit : float, optional
        Seconds for a mutant.
    digest : str, optional
        Changes when the suite does; by default it stands for the command.

    Raises
    ------
    CoreError
        If the command fails on the core itself.
    """

    def __init__(
        self,
        build: Build,
        command: Sequence[str],
        *,
        folder: Path,
        plain: Path,
        variables: Mapping[str, str] | None = None,
        limit: float | None = None,
        digest: str = "",
    ) -> None:
        self._command = list(command)
        self._package = MutantPackage(build, folder)
        paths = [str(self._package.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._variables = {
            **os.environ,
            **(variables or {}),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.digest = digest or content_key("command", tuple(command))
        self._limit = limit or 1800.0
        start = time.monotonic()
        outcome = self.run(plain)
        if outcome.state != "survived":
            raise CoreError(
                f"the command fails on the core itself ({outcome.state}: {outcome.message})",
                where=shlex.join(self._command),
                remedy="Leave out the tests that cannot pass here",
            )
        self.seconds = time.monotonic() - start
        self._limit = limit or max(SHORTEST_LIMIT, PATIENCE * self.seconds)

    def run(self, extension: Path) -> Outcome:
        """Run the command with this file in the place of the core's extension."""
        self._package.put(extension)
        process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._variables,
            cwd=self._package.folder.parent,
            start_new_session=True,
        )
        try:
            told, _ = process.communicate(timeout=self._limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Outcome(state="timed out", by="command", message=f"after {self._limit:.0f} s")
        if process.returncode == 0:
            return Outcome(state="survived")
        if process.returncode < 0:
            name = signal.Signals(-process.returncode).name
            return Outcome(state="crashed", by="command", message=f"{name}: {told[-300:]}")
        found = FAILED.search(told)
        if found:
            return Outcome(state="killed", by=found[1], message=(found[2] or "").strip())
        return Outcome(state="killed", by="command", message=told.strip()[-300:])

    def close(self) -> None:
        """Nothing runs between two mutants."""


class Chain:
    """Several suites, each run on what the ones before it let live.

    Parameters
    ----------
    *runners : Warm or Command
        Quick ones first.
    """

    def __init__(self, *runners: Runner) -> None:
        self._runners = runners
        self.digest = content_key(*(runner.digest for runner in runners))

    def run(self, extension: Path) -> Outcome:
        """Run the suites until one kills the mutant."""
        outcome = Outcome(state="survived")
        for runner in self._runners:
            outcome = runner.run(extension)
            if outcome.state != "survived":
                break
        return outcome

    def close(self) -> None:
        """End them all."""
        for runner in self._runners:
            runner.close()
