"""What became of each mutant, on the disk at once."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import FixtureError, UsageError

NAME = "journal.jsonl"
FORMAT = 1

State = Literal["killed", "survived", "timed out", "crashed", "not compiled", "unchanged"]
DROPPED: tuple[State, ...] = ("not compiled", "unchanged")
DEAD: tuple[State, ...] = ("killed", "timed out", "crashed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one mutant.

    Attributes
    ----------
    id : str
        Of the mutation.
    state : str
        "killed" by a check, "timed out", "crashed" or "survived"; "not compiled" and "unchanged"
        mutants were never run.
    suite : str
        Digest of the suite; "" where none was run.
    by : str
        The check that killed it.
    message : str
        What the check saw, or how the process ended.
    seconds : float
        Of the run, the compiler included.
    """

    id: str
    state: State
    suite: str = ""
    by: str = ""
    message: str = ""
    seconds: float = 0.0


class Journal:
    """The fates of mutants of one set of sources, one JSON line each.

    Parameters
    ----------
    folder : Path
    sha256 : str
        Of the sources.

    Raises
    ------
    UsageError
        If the folder holds the journal of other sources, or cannot be written.
    FixtureError
        If a line in its midst cannot be read.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self._path = folder / NAME
        self._fates: dict[tuple[str, str], Fate] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            whole = self._read(sha256)
            self._stream = self._path.open("r+b" if whole else "wb")
            self._stream.truncate(whole)
            self._stream.seek(whole)
        except OSError as error:
            raise UsageError(
                f"cannot be written: {error.strerror}",
                where=str(self._path),
                remedy="Give another folder with --out",
            ) from error
        if not whole:
            self._write({"format": FORMAT, "sha256": sha256})

    def find(self, identifier: str, suite: str) -> Fate | None:
        """Return the fate of a mutation under a suite; one that was dropped is so under any."""
        return self._fates.get((identifier, "")) or self._fates.get((identifier, suite))

    def add(self, fate: Fate) -> None:
        """Keep a fate, on the disk before this returns."""
        self._write(dataclasses.asdict(fate))
        self._fates[fate.id, fate.suite] = fate

    def close(self) -> None:
        """Close the file; the journal stays."""
        self._stream.close()

    def _write(self, line: dict[str, object]) -> None:
        self._stream.write(json.dumps(line).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _read(self, sha256: str) -> int:
        """Take up what is there and return how many bytes are sound; a kill may tear the last."""
        if not self._path.exists():
            return 0
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                plain = json.loads(line)
                if number == 1:
                    self._check_head(plain, sha256)
                    continue
                fate = _read_fate(plain)
            except (ValueError, TypeError) as error:
                raise FixtureError(
                    f"line {number} cannot be read: {error}",
                    where=str(self._path),
                    remedy="Remove the line; its mutant is run again",
                ) from error
            self._fates[fate.id, fate.suite] = fate
        return whole

    def _check_head(self, plain: dict[str, object], sha256: str) -> None:
        if plain != {"format": FORMAT, "sha256": sha256}:
            raise UsageError(
                f"is the journal of other sources, {plain}",
                where=str(self._path),
                allowed=f"format {FORMAT}, sha256 {sha256}",
                remedy="Give another folder with --out, or remove this one",
            )


def _read_fate(plain: dict[str, Any]) -> Fate:
    fate = Fate(**plain)
    if fate.state not in get_args(State):
        raise ValueError(f"state {fate.state!r}")
    return fate
