"""The process from which workers are forked: started first, for its imports take the longest."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import threading
from collections.abc import Sequence


def start_forkserver() -> None:
    """Start it, where there is such a thing and unless it runs; it imports while others go on."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["harness.sweep.preload"])
    forkserver.ensure_running()


def import_each(modules: Sequence[str]) -> None:
    """Import modules before they are needed; what is missing is told by who needs it."""
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


def import_aside(modules: Sequence[str]) -> None:
    """Import modules while this process waits, see `import_each`."""
    threading.Thread(target=import_each, args=(modules,), daemon=True).start()
