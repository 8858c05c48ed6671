"""The journal: each finished point on the disk at once, so that no work is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from harness.errors import FixtureError, UsageError
from harness.fixture_data import check_fixture
from harness.sweep.measure import PointFigures, PointResult
from harness.sweep.record import Picture
from harness.sweep.storage import KEPT, pack_picture, to_plain, unpack_picture
from harness.writing import cannot_write

JOURNAL_NAME = "journal.jsonl"
PICTURES_NAME = "journal-pictures"
FORMAT = 1


class Journal:
    """The finished points of one request, one JSON line each.

    A line is on the disk (fsync) before the point counts as finished, and its pictures before the
    line. The last line may be torn by a kill; it is cut off when the journal is opened again.

    Parameters
    ----------
    folder : Path
        Where it lies; made if it is not there.
    key : str
        Of the request (`SweepPlan.key`).
    described : mapping
        The request in words, for messages.

    Raises
    ------
    UsageError
        If the folder cannot be written, or holds the journal of another request.
    """

    def __init__(self, folder: Path, key: str, described: Mapping[str, Any]) -> None:
        self._path = folder / JOURNAL_NAME
        self._pictures = folder / PICTURES_NAME
        self.finished: dict[int, PointResult] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._pictures.mkdir(exist_ok=True)
            whole = self._read(key, described)
            self._stream: IO[bytes] = self._path.open("r+b" if whole else "wb")
            self._stream.truncate(whole)
            self._stream.seek(whole)
            if not whole:
                self._write({"format": FORMAT, "key": key, "request": to_plain(dict(described))})
        except OSError as error:
            raise cannot_write(self._path, error, KEPT) from error

    def add(self, result: PointResult) -> None:
        """Keep a finished point.

        Raises
        ------
        UsageError
            If it cannot be written; points before it are safe.
        """
        plain = dataclasses.asdict(dataclasses.replace(result, pictures=()))
        del plain["pictures"]
        try:
            if result.pictures:
                target = self._picture_path(result.number)
                part = target.with_suffix(".part")
                part.write_text(json.dumps([pack_picture(one) for one in result.pictures]))
                part.replace(target)
            self._write(to_plain(plain))
        except OSError as error:
            raise cannot_write(self._path, error, KEPT) from error
        self.finished[result.number] = dataclasses.replace(result, pictures=())

    def pictures(self, number: int) -> tuple[Picture, ...]:
        """Return the pictures of a finished point; none where they were lost."""
        path = self._picture_path(number)
        try:
            packed = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ()
        return tuple(unpack_picture(one, path) for one in packed)

    def close(self) -> None:
        """Close the file; the journal stays."""
        self._stream.close()

    def _picture_path(self, number: int) -> Path:
        return self._pictures / f"{number:06d}.json"

    def _write(self, line: Mapping[str, Any]) -> None:
        start = self._stream.tell()
        try:
            self._stream.write(json.dumps(line, allow_nan=False).encode() + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError:
            # Part of the line may be there: nothing may follow it.
            self._stream = _reopened(self._stream, self._path, start)
            raise

    def _read(self, key: str, described: Mapping[str, Any]) -> int:
        """Take up the finished points and return how many bytes of the file are sound."""
        if not self._path.exists():
            return 0
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].splitlines()
        if not lines:
            return 0
        where = str(self._path)
        try:
            plain = [json.loads(line) for line in lines]
            head = plain[0]
            same = head["format"] == FORMAT and head["key"] == key
            before = head["request"]
        except (ValueError, KeyError, TypeError) as error:
            raise FixtureError(
                f"is no journal of a sweep ({error})",
                where=where,
                remedy="Remove it, or name another folder with --out",
            ) from error
        if not same:
            if len(lines) == 1:
                # A request that came to nothing, such as one with a slip in it, holds no folder.
                return 0
            raise UsageError(
                f"the folder holds another sweep{_difference(before, to_plain(dict(described)))}",
                where=where,
                allowed="the same frames and options, or an empty folder",
                remedy="Name another folder with --out, or remove the journal",
            )
        for line in plain[1:]:
            figures = check_fixture(line, PointFigures, where=where)
            names = [field.name for field in dataclasses.fields(figures)]
            self.finished[figures.number] = PointResult(
                **{name: getattr(figures, name) for name in names}
            )
        return whole


def _difference(before: Any, now: Mapping[str, Any]) -> str:
    names = (
        [name for name in now if before.get(name) != now[name]] if isinstance(before, dict) else []
    )
    shown = [f"{name} {before.get(name)!r} there, {now[name]!r} here" for name in names]
    return f" ({'; '.join(shown)})" if shown else " (its files have changed)"


def _reopened(stream: IO[bytes], path: Path, length: int) -> IO[bytes]:
    with contextlib.suppress(OSError):
        # What is still in the buffer fails again; it is cut off below.
        stream.close()
    fresh = path.open("r+b")
    fresh.truncate(length)
    fresh.seek(length)
    return fresh
