"""Arrays that several processes read and none copies."""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

ALIGNMENT = 64
"""Bytes; a cache line, and enough for every vector unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedHandle:
    """Where an object lies: its pickle, and its arrays in a block of shared memory."""

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
        self.content: Any = pickle.loads(handle.content, buffers=views)  # noqa: S301 - our own parent wrote it

    def close(self) -> None:
        """Let go of the memory; nothing of the content may be in use any more."""
        self.content = None
        self._memory.close()
