"""One file over HTTP into a partial file: resumable, with retries; nothing received is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import FrameError
from harness.frames.answer import range_start, range_total, reason_of, retry_after, version_of
from harness.frames.partial import (
    Version,
    discard,
    note_of,
    read_note,
    same_version,
    size_of,
    write_note,
)

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that mean "later", not "no"."""
REFUSED = {
    401: "the product is not public; ask for one outside its exclusive access period",
    403: "the product is not public; ask for one outside its exclusive access period",
    404: "check the archive name, or whether the archive has renamed the product",
    410: "the archive has withdrawn the product; choose another",
}
LONGEST_WAIT = 60.0
"""Seconds; a server that asks for a longer pause gets this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a transfer waits for what.

    Attributes
    ----------
    connect, read : float
        Seconds to a connection, and between two pieces of the body.
    attempts : int
        Tries in a row that bring nothing, after which the transfer is given up.
    backoff : float
        Seconds before the second try, doubled before each further one.
    """

    connect: float = 15.0
    read: float = 60.0
    attempts: int = 5
    backoff: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How a download went.

    Attributes
    ----------
    resumed : bool
        Whether the file was put together from more than one answer.
    whole : bool
        Whether the server has told the size, and the file has it. A server that does not tell
        cannot be distinguished from one that breaks off.
    """

    resumed: bool
    whole: bool


class _Incomplete(Exception):  # noqa: N818 - a state, not an error that anybody sees
    """The try ended early; the partial file holds what came."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def download(
    url: str,
    part: Path,
    *,
    patience: Patience,
    advance: Callable[[int, int], None],
) -> Transfer:
    """Bring a file into `part`, going on from what is there.

    Parameters
    ----------
    url : str
        Where it is.
    part : Path
        The partial file, kept whenever the transfer fails; beside it lies a note of the version
        that it belongs to.
    patience : Patience
        Time limits and number of tries.
    advance : callable
        Told the bytes that are there and the bytes in all (-1 where the server does not say).

    Returns
    -------
    Transfer

    Raises
    ------
    FrameError
        If the server refuses, or too many tries in a row bring nothing; the message names the
        URL, the reason and what is kept.
    """
    fruitless, most, resumed = 0, size_of(part), size_of(part) > 0
    while True:
        try:
            whole = _try_once(url, part, patience, advance)
        except _Incomplete as incomplete:
            now = size_of(part)
            fruitless = 0 if now > most else fruitless + 1
            most, resumed = max(most, now), resumed or now > 0
            if fruitless >= patience.attempts:
                raise FrameError(
                    f"download failed {fruitless} times in a row ({incomplete})",
                    where=url,
                    remedy=f"Try again later: {now} bytes are kept in {part} and will be resumed"
                    if now
                    else "Try again when the server can be reached, or name a folder that holds "
                    "the file, with --frames-dir or DRIZZLE_HARNESS_FRAMES",
                ) from incomplete
            pause = patience.backoff * 2 ** max(fruitless - 1, 0)
            time.sleep(min(incomplete.wait or pause, LONGEST_WAIT))
        else:
            note_of(part).unlink(missing_ok=True)
            return Transfer(resumed=resumed, whole=whole)


def _try_once(
    url: str, part: Path, patience: Patience, advance: Callable[[int, int], None]
) -> bool:
    import requests
    import urllib3

    have = size_of(part)
    expected = read_note(part)
    # Compressed in transit, the bytes could neither be counted nor resumed.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        validator = expected.modified if expected.etag.startswith("W/") else expected.etag
        if validator or expected.modified:
            headers["If-Range"] = validator or expected.modified
    try:
        with requests.get(
            url, headers=headers, stream=True, timeout=(patience.connect, patience.read)
        ) as answer:
            return _take(answer, url, part, have, expected, advance)
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        raise _Incomplete(reason_of(error)) from error
    except requests.RequestException as error:
        raise FrameError(
            f"cannot be downloaded ({reason_of(error)})",
            where=url,
            remedy="Check the address of the archive",
        ) from error


def _take(
    answer: requests.Response,
    url: str,
    part: Path,
    have: int,
    expected: Version,
    advance: Callable[[int, int], None],
) -> bool:
    status = answer.status_code
    if status in RETRIED:
        raise _Incomplete(f"the server answered {status}", retry_after(answer))
    if status == 416:
        # Nothing lies beyond what is there: it is whole, or it belongs to another version.
        if range_total(answer) == have:
            return True
        discard(part)
        raise _Incomplete("the partial file does not fit the product and was dropped")
    if status not in (200, 206):
        raise FrameError(
            f"the server answered {status} {answer.reason}",
            where=url,
            remedy=REFUSED.get(status, "check the address of the archive").capitalize(),
        )
    start = range_start(answer) if status == 206 else 0
    version = version_of(answer, status)
    if status == 206 and (start != have or not same_version(expected, version)):
        discard(part)
        raise _Incomplete("the server answered with another part or version than was asked for")
    if status == 200 and version != expected:
        discard(part)
    write_note(part, version)
    _store(answer, part, start, version.total, advance)
    return version.total >= 0


def _store(
    answer: requests.Response,
    part: Path,
    start: int,
    total: int,
    advance: Callable[[int, int], None],
) -> None:
    part.touch()
    # Written in place: a server that ignores Range and breaks off early loses nothing of what
    # an earlier try had brought.
    with part.open("r+b") as stream:
        stream.seek(start)
        for piece in _pieces(answer):
            stream.write(piece)
            advance(stream.tell(), total)
        end = stream.tell()
        if 0 <= end < total:
            raise _Incomplete(f"the body ended after {end} of {total} bytes")
        stream.truncate()


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes in.

    `iter_content` waits for a whole chunk and drops what it has of one when the connection breaks.
    """
    # urllib3 1.26 has no read1; its read does not wait for more.
    read = getattr(answer.raw, "read1", answer.raw.read)
    while piece := read(CHUNK):
        yield piece
