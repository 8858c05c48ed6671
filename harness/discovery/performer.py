"""What performs requests: a core in its worker, or the oracle."""

from __future__ import annotations

from typing import Protocol

from harness.cores.request import AnyRequest, Reply

TIME_LIMIT = 10.0
"""Seconds for a request of a few pixels, which takes a core a millisecond."""


class Performer(Protocol):
    """Whatever answers a request with a reply and never raises for what the request holds."""

    def perform(self, request: AnyRequest, *, time_limit: float = TIME_LIMIT) -> Reply:
        """Perform one request."""
        ...
