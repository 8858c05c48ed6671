"""What is seen of a sweep while it runs."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """A bar with the remaining time on a terminal, nothing elsewhere.

    Parameters
    ----------
    total : int
        Points of the grid.
    finished : int
        Those taken from the journal.
    quiet : bool
    """

    def __init__(self, total: int, finished: int = 0, *, quiet: bool = False) -> None:
        self._bar: Any = None
        self._task: Any = None
        if quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("sweep", total=total, completed=finished)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, what: str) -> None:
        """Say what is being done."""
        if self._bar is not None:
            self._bar.update(self._task, description=what)

    def step(self) -> None:
        """Count a point as finished."""
        if self._bar is not None:
            self._bar.advance(self._task)
