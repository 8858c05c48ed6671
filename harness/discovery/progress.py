"""Progress of a search: a table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.discovery.search import Search

EVERY = 10.0
"""Seconds between plain lines."""
REFRESH = 0.5
"""Seconds between states of the table."""


class Progress:
    """Tells what a search does while it runs.

    Parameters
    ----------
    seconds : float
        How long the search is to last.
    terminal : bool, optional
        Whether standard output is one; asked of it where not given.
    """

    def __init__(self, seconds: float, *, terminal: bool | None = None) -> None:
        self._seconds = seconds
        self._terminal = sys.stdout.isatty() if terminal is None else terminal
        self._start = time.monotonic()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Any = None
        self.search: Search | None = None

    def tell(self, line: str) -> None:
        """Print a line above the table, or with its time."""
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            print(f"[{self._passed():6.0f} s] {line}", flush=True)

    def __enter__(self) -> Progress:
        if self._terminal:
            from rich.live import Live

            self._live = Live(self._table(), refresh_per_second=2)
            self._live.__enter__()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def _run(self) -> None:
        while not self._stop.wait(REFRESH if self._terminal else EVERY):
            if self._live is not None:
                self._live.update(self._table())
            elif self.search is not None:
                self.tell(self.line())

    def _passed(self) -> float:
        return time.monotonic() - self._start

    def line(self) -> str:
        """Return the state of the search in one line."""
        if self.search is None:
            return "starting"
        rate = self.search.examples / max(self._passed(), 1e-9)
        return (
            f"{self.search.examples} examples ({rate:.0f}/s), "
            f"{len(self.search.per_property)}/{len(self.search.properties)} properties, "
            f"{len(self.search.findings)} findings"
        )

    def _table(self) -> Any:
        from rich.table import Table

        left = max(self._seconds - self._passed(), 0)
        table = Table(title=f"{self.line()}; {left:.0f} s left")
        for column in ("property", "examples", "findings"):
            table.add_column(column, justify="left" if column == "property" else "right")
        if self.search is not None:
            for one in self.search.properties:
                count = sum(finding.claim == one.name for finding in self.search.findings)
                tried = self.search.per_property[one.name]
                table.add_row(one.name, str(tried), str(count or ""))
        return table
