"""Arrays that several processes read and none copies."""

from __future__ import annotations

import contextlib
import pickle
import shutil
import warnings
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

from harness.errors import UsageError

SHARED_FOLDER = Path("/dev/shm")  # noqa: S108 - where Linux keeps shared memory
ALIGNMENT = 64
"""Bytes; a cache line, and enough for every vector unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedHandle:
    """Where an object lies: its pickle, and its arrays in a block of shared memory.

    Attributes
    ----------
    block : str
        Name of the shared memory.
    content : bytes
        The pickle.
    spans : tuple of tuple of int
        First byte and number of bytes of each array.
    """

    block: str
    content: bytes
    spans: tuple[tuple[int, int], ...]


class _Block(SharedMemory):
    """Shared memory that may be let go of while somebody still holds an array in it.

    The memory itself stays until the last array is gone, as the operating system counts.
    """

    def close(self) -> None:
        """Close it, or leave that to the end of the process."""
        with contextlib.suppress(BufferError):
            super().close()

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self.close()


def _check_room(size: int) -> None:
    """Raise unless there is room: Linux ends a process that writes to memory it has not got."""
    if not SHARED_FOLDER.is_dir():
        return
    free = shutil.disk_usage(SHARED_FOLDER).free
    if size > free:
        raise UsageError(
            f"has room for {free / 1e6:.0f} MB, an exposure with its pixmap needs "
            f"{size / 1e6:.0f} MB more",
            where=str(SHARED_FOLDER),
            remedy="Enlarge it (docker run --shm-size), or sweep fewer exposures at a time",
        )


class SharedObject:
    """An object whose arrays lie in shared memory; the owner frees it with `free`.

    Pickle protocol 5 hands out the arrays wherever they are in the object, so that any dataclass
    can be shared without knowing its fields.
    """

    def __init__(self, content: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(content, protocol=5, buffer_callback=buffers.append)
        spans, end = [], 0
        for buffer in buffers:
            size = buffer.raw().nbytes
            spans.append((end, size))
            end += -(-size // ALIGNMENT) * ALIGNMENT
        _check_room(end)
        self._memory: _Block | None = _Block(create=True, size=max(end, 1))
        view = self._memory.buf
        assert view is not None  # noqa: S101 - it is open
        for (start, size), buffer in zip(spans, buffers, strict=True):
            view[start : start + size] = buffer.raw()
            buffer.release()
        self.handle = SharedHandle(block=self._memory.name, content=pickled, spans=tuple(spans))

    def free(self) -> None:
        """Give the memory back; processes that have it open keep it until they close it."""
        if self._memory is not None:
            self._memory.close()
            self._memory.unlink()
            self._memory = None


class Attached:
    """An object in shared memory, seen from another process; its arrays cannot be written."""

    def __init__(self, handle: SharedHandle) -> None:
        self._memory = _Block(name=handle.block)
        view = self._memory.buf
        assert view is not None  # noqa: S101 - it is open
        views = [view[start : start + size].toreadonly() for start, size in handle.spans]
        with warnings.catch_warnings():
            # A WCS tells again, each time, what it told when its file was read.
            warnings.simplefilter("ignore")
            self.content: Any = pickle.loads(handle.content, buffers=views)  # noqa: S301 - our own parent wrote it

    def close(self) -> None:
        """Let go of the memory; nothing of the content may be in use any more."""
        self.content = None
        self._memory.close()
