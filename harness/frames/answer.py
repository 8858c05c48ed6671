"""What a server's answer tells: the version, the range, when to ask again, why it failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.frames.partial import Version

if TYPE_CHECKING:
    import requests


def version_of(answer: requests.Response, status: int) -> Version:
    """Return the version of the product that an answer tells."""
    length = answer.headers.get("Content-Length", "")
    total = range_total(answer) if status == 206 else int(length) if length.isdigit() else -1
    return Version(
        etag=answer.headers.get("ETag", ""),
        modified=answer.headers.get("Last-Modified", ""),
        total=total,
    )


def range_start(answer: requests.Response) -> int:
    """Return the first byte of the range that came, -1 where it is not told."""
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def range_total(answer: requests.Response) -> int:
    """Return the bytes of the whole product, -1 where they are not told."""
    match = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def retry_after(answer: requests.Response) -> float | None:
    """Return the seconds that the server asks to wait, None where it does not."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def reason_of(error: BaseException) -> str:
    """Tell in words why a request failed."""
    # requests wraps urllib3, which wraps the socket error; the innermost says it in words.
    while (inner := _inside(error)) is not None:
        error = inner
    words = (isinstance(error, OSError) and error.strerror) or str(error)
    return words.rstrip(".") or type(error).__name__


def _inside(error: BaseException) -> BaseException | None:
    """Return the error that another one was made of: its argument, its reason or its cause."""
    wrapped = (*error.args[:1], getattr(error, "reason", None), error.__cause__)
    return next((one for one in wrapped if isinstance(one, BaseException)), None)
