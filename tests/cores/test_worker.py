import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.cores.request import BlotRequest, DrizzleRequest, RawImage, make_pixmap
from harness.cores.worker import Worker
from harness.errors import CoreError

sys.path.insert(0, str(Path(__file__).parent))
import breaking_core

ORDINARY = 0
MEBI = 1 << 20
HERE = "breaking_core:BreakingCore"


@pytest.fixture(scope="module")
def worker():
    """Hold a worker of the breaking core."""
    with Worker(HERE, time_limit=30.0, memory_limit=512 * MEBI) as started:
        yield started


def ask(how, **fields):
    """Return a request that makes the core break in one way."""
    ones = np.ones((3, 4), dtype=np.float32)
    image = RawImage(data=ones, pixmap=make_pixmap((3, 4)), weight=ones.copy())
    return DrizzleRequest(images=(replace(image, **fields),), shape=(3, 4), fillval=float(how))


def is_alive(worker):
    """Tell whether an ordinary request is answered."""
    reply = worker.perform(ask(ORDINARY))
    return reply.outcome == "returned" and np.array_equal(reply.sci, np.ones((3, 4)))


@pytest.mark.parametrize(
    ("how", "outcome", "error"),
    [
        (breaking_core.SEGFAULT, "died", "SIGSEGV"),
        (breaking_core.ABORT, "died", "SIGABRT"),
        (breaking_core.EXIT, "died", "exit 3"),
        (breaking_core.RAISE, "raised", "SystemExit"),
        (breaking_core.ALLOCATE, "out_of_memory", "MemoryError"),
        (breaking_core.KILL, "out_of_memory", "SIGKILL"),
    ],
    ids=["segfault", "abort", "exit", "sys.exit", "allocate", "kill"],
)
def test_ends_are_replies(worker, how, outcome, error):
    """Whatever a core does to its process is told by name, and the next request is answered."""
    reply = worker.perform(ask(how))
    assert (reply.outcome, reply.error) == (outcome, error)
    assert is_alive(worker)


@pytest.mark.parametrize("how", [breaking_core.HANG, breaking_core.BUSY], ids=["sleep", "loop"])
def test_hangs_end_at_the_time_limit(worker, how):
    """A call that does not come back is killed when its time is over."""
    begin = time.monotonic()
    reply = worker.perform(ask(how), time_limit=0.3)
    assert reply.outcome == "timed_out"
    assert reply.seconds >= 0.3
    assert time.monotonic() - begin < 20
    assert is_alive(worker)


def test_last_words_are_kept(worker):
    """What a process writes before it dies is in the message, and only that of this call."""
    assert is_alive(worker)
    aborted = worker.perform(ask(breaking_core.ABORT)).message
    assert "about to abort" in aborted
    assert "breaking_core.py" in aborted
    assert "about to abort" not in worker.perform(ask(breaking_core.SEGFAULT)).message


def test_warnings_are_caught_and_output_is_kept_apart(worker):
    """Warnings are in the reply; what a core prints disturbs nothing."""
    reply = worker.perform(ask(breaking_core.WARN))
    assert reply.outcome == "returned"
    assert reply.warnings == ("UserWarning: take care",)


def test_growing_memory_is_told(worker):
    """The peak growth holds what a call took."""
    assert worker.perform(ask(breaking_core.ALLOCATE)).peak_growth > 256 * MEBI
    assert worker.perform(ask(ORDINARY)).peak_growth < 16 * MEBI


def test_writing_beside_an_array_is_an_overrun(worker):
    """One byte 64 bytes behind the data is seen, and is no modification."""
    reply = worker.perform(ask(breaking_core.SCRIBBLE))
    assert reply.outcome == "returned"
    assert reply.overrun == ("images[0].data",)
    assert reply.modified == ()


def test_writing_into_an_input_is_a_modification(worker):
    """A changed byte of an input is told by the array's name, and the caller's is as it was."""
    request = ask(breaking_core.MODIFY)
    reply = worker.perform(request)
    assert reply.modified == ("images[0].data",)
    assert reply.overrun == ()
    np.testing.assert_array_equal(request.images[0].data, 1.0)


def test_writing_between_the_elements_is_an_overrun(worker):
    """The gaps of a strided array do not belong to the core."""
    wide = np.ones((3, 40), dtype=np.float32)
    # The end of a strided array lies before its last gap.
    reply = worker.perform(ask(breaking_core.MODIFY, data=wide[:, ::10]))
    assert reply.overrun == ("images[0].data",)
    assert reply.modified == ()


def test_reading_beside_an_array_shows(worker):
    """The same request again meets other surroundings, so what leaks into the result differs."""
    request = ask(breaking_core.LOOK)
    first, second = worker.perform(request), worker.perform(request)
    assert not np.array_equal(first.sci, second.sci)
    again = worker.perform(ask(breaking_core.LOOK))
    np.testing.assert_array_equal(again.sci, first.sci)


def test_what_cannot_travel_is_unsupported(worker):
    """Objects in arrays or in arguments are refused without a call."""
    for fields in ({"data": np.array([[object()]])}, {"exptime": 1j}, {"pixfrac": {1}}):
        reply = worker.perform(ask(ORDINARY, **fields))
        assert reply.outcome == "unsupported"
        assert next(iter(fields)) in reply.message
    ones = np.ones((2, 2), dtype=np.float32)
    assert worker.perform(BlotRequest(data=ones, pixmap=make_pixmap((2, 2)))).message == "blot"


def test_large_arrays_come_and_go(worker):
    """The memory grows for arrays and results of many pages, and shrinks again."""
    side = (1500, 1500)
    data = np.arange(side[0] * side[1], dtype=np.float32).reshape(side)
    request = ask(ORDINARY, data=data, weight=data, pixmap=make_pixmap(side))
    reply = worker.perform(request)
    np.testing.assert_array_equal(reply.sci, data)
    np.testing.assert_array_equal(reply.wht, data)
    assert is_alive(worker)
    assert worker._arena.size < 8 * MEBI


def test_an_interruption_leaves_no_answer_behind(worker, monkeypatch):
    """After a Ctrl-C during a call the next request gets its own reply."""

    def interrupt(nursery, end):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(worker, "_await", interrupt)
        with pytest.raises(KeyboardInterrupt):
            worker.perform(ask(ORDINARY, data=np.zeros((3, 4), dtype=np.float32)))
    assert is_alive(worker)


def test_a_killed_nursery_is_replaced(worker):
    """Whoever kills the process that forks loses one call at most."""
    worker._nursery._process.kill()
    worker._nursery._process.wait()
    worker.perform(ask(ORDINARY))
    assert is_alive(worker)


@pytest.mark.parametrize(
    ("core", "python", "words"),
    [
        ("no_such_module:Core", None, "No module named 'no_such_module'"),
        ("nosuchcore", None, "no calls for a core 'nosuchcore'"),
        (HERE, "/no/such/python", "the interpreter cannot be started"),
    ],
    ids=["module", "name", "python"],
)
def test_what_does_not_start_says_why(core, python, words):
    """A core or an interpreter that is not there is named, with what to do."""
    with pytest.raises(CoreError, match=words) as caught, Worker(core, python):
        pass
    assert core in str(caught.value)
    assert caught.value.remedy
