"""Calls of extension modules in the worker's child: outputs, references, and memory on the heap."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness.cores.request import ExtensionRequest
from harness.cores.worker import Worker
from harness.cores.worker.child.extension import call
from harness.cores.worker.child.memory import _on_heap
from harness.discovery.layout import LAYOUTS, lay_out, layout_of
from harness.discovery.resampling.leaks import leaks_nothing

KEPT = []

SIZE = 4096
"""Bytes that a call keeps: too many for Python's own allocator."""


def keep(array):
    """Keep a reference to an array: what a core leaks."""
    KEPT.append(array)
    return 1


def refuse(array):
    """Keep a reference, and refuse."""
    KEPT.append(array)
    raise ValueError("no")


MODULE = SimpleNamespace(plain=lambda array: (2, 3), keep=keep, refuse=refuse)


def made(function, repeat=40):
    """Return a call with one array, and the reply to it."""
    reply = {}
    arguments = (("array", np.ones((4, 4), dtype=np.float32)),)
    request = SimpleNamespace(function=function, arguments=arguments, repeat=repeat)
    try:
        call(MODULE, request, reply)
        outcome = "returned"
    except ValueError:
        outcome = "raised"
    finally:
        KEPT.clear()
    return request, SimpleNamespace(outcome=outcome, attributes=reply["attributes"])


def test_value():
    """What the function returns is told, and that it leaves nothing behind."""
    request, reply = made("plain")
    assert reply.attributes["value"] == [2, 3]
    assert leaks_nothing(None, request, reply, None) == ""


@pytest.mark.parametrize("function", ["keep", "refuse"])
def test_kept_references(function):
    """A reference that each call keeps is seen, also where the calls are refused."""
    request, reply = made(function)
    assert reply.attributes["references"] == {"array": pytest.approx(1.0)}
    assert "references to array" in leaks_nothing(None, request, reply, None)


def test_once():
    """A single call measures nothing."""
    _, reply = made("plain", repeat=1)
    assert "growth" not in reply.attributes


@pytest.mark.parametrize("layout", LAYOUTS)
def test_heap_copies(layout):
    """A copy on the heap has values and layout of the original."""
    array = lay_out(np.arange(24, dtype=np.float64).reshape(4, 6), layout)
    copy = _on_heap(array)
    np.testing.assert_array_equal(copy, array)
    assert copy.strides == array.strides
    if layout not in ("readonly", "memmap"):
        assert layout_of(copy) == layout
    assert not np.shares_memory(copy, array)


def test_heap_of_nothing():
    """An array without elements can be copied, too."""
    assert _on_heap(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)


def test_core_without_extension():
    """A core that offers no extension module says so."""
    request = ExtensionRequest(function="tdriz", arguments=(("a", 1),))
    with Worker("drizzlepac") as worker:
        assert worker.perform(request).outcome == "unsupported"
    with Worker("drizzle") as worker:
        other = ExtensionRequest(function="no_such_function", arguments=())
        assert worker.perform(other).outcome == "unsupported"


def test_what_others_leave_behind_does_not_count():
    """Of a call that keeps two arrays, one of them another package's, one is told."""
    kept = []

    def keep():
        kept.append(bytearray(SIZE))

    def keep_twice():
        keep()
        keep()

    reply = {}
    asked = SimpleNamespace(function="keep_twice", arguments=[], repeat=73)
    call(SimpleNamespace(keep_twice=keep_twice), asked, reply, keep)
    assert SIZE <= reply["attributes"]["growth"]["bytes"] < 1.5 * SIZE
