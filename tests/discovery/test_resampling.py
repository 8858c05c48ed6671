"""The checks of resampling: they hold on the truth, and see what is broken."""

import contextlib
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.catalogue import catalogue
from harness.discovery.resampling.check import Checks, Fault, NotApplicableError
from harness.discovery.resampling.known import Known, is_as_known, load_known
from harness.discovery.resampling.suite import Suite
from harness.discovery.resampling.verdict import verdict_of
from harness.discovery.subject import Subject
from harness.errors import SpecificationError
from harness.model import Outcome

LENIENT = ("refused/", "blot-refused/", "blot-straight/poly")
"""The oracle is no core: it takes some arguments that a core must refuse, and its blot is not
defined where samples are missing beyond an edge."""


class Broken:
    """The oracle, with its replies changed."""

    def __init__(self, change):
        self._change = change

    def perform(self, request, *, time_limit=10.0):
        """Answer, and break the answer."""
        reply = OraclePerformer().perform(request)
        is_product = reply.outcome == "returned" and reply.wht is not None
        return self._change(request, reply) if is_product else reply


def test_truth():
    """All checks hold on the truth itself."""
    checks = catalogue()
    subject = Subject(OraclePerformer(), "oracle")
    wrong = {}
    for name in checks.names:
        if not name.startswith(LENIENT):
            # The oracle has no extension module that others could call.
            with contextlib.suppress(NotApplicableError):
                wrong[name] = checks.run(name, subject)
    assert {name for name, fault in wrong.items() if fault} == set()
    assert len(wrong) > 100


def nudged(image, step):
    """Return an image with its largest pixel changed by a fraction."""
    changed = np.array(image)
    place = np.unravel_index(int(np.nanargmax(np.abs(image))), image.shape)
    changed[place] *= 1 + step
    return changed


def without_last_row(wht):
    """Return weights of which the last row is lost."""
    changed = np.array(wht)
    changed[-1] = 0
    return changed


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda q, r: replace(r, wht=nudged(r.wht, 1e-4)), "kernel/square"),
        (lambda q, r: replace(r, sci=nudged(np.nan_to_num(r.sci), 1e-2)), "kernel/turbo"),
        (lambda q, r: replace(r, ctx=None if r.ctx is None else r.ctx & ~4), "context/35-images"),
        (lambda q, r: replace(r, ctx=None if r.ctx is None else r.ctx[:1]), "context/35-images"),
        (lambda q, r: replace(r, dq=None if r.dq is None else r.dq & 0xFFFF), "kernel/dq-alone"),
        (
            lambda q, r: replace(r, variance=tuple(nudged(v, 1e-2) for v in r.variance)),
            "kernel/variance-alone",
        ),
        (lambda q, r: replace(r, variance=r.variance[:1]), "sums/point-variance-dq"),
        (lambda q, r: replace(r, modified=("images[0].data",)), "layout/C"),
        (lambda q, r: replace(r, overrun=("wht",)), "factor/iscale"),
        (
            lambda q, r: replace(r, sci=np.where(r.wht == 0, np.float32(-7.0), r.sci)),
            "fill/science",
        ),
        (
            lambda q, r: replace(r, returned=tuple((b, a) for a, b in r.returned)),
            "counts/square",
        ),
        (lambda q, r: replace(r, wht=without_last_row(r.wht)), "edges/square"),
        (lambda q, r: replace(r, wht=without_last_row(r.wht)), "anywhere/lanczos2"),
        (lambda q, r: replace(r, returned=((0.0, 0.0),)), "beyond-counts/turbo"),
        (lambda q, r: replace(r, sci=np.where(r.wht == 4, 9.0, r.sci)), "sums-whole/plain"),
        (lambda q, r: replace(r, outcome="raised", error="ValueError"), "default/weight"),
    ],
)  # fmt: skip
def test_broken(change, seen):
    """Each kind of a wrong result is seen by the check that is there for it."""
    fault = catalogue().run(seen, Subject(Broken(change), "broken"))
    assert fault is not None
    assert fault.seen


def test_refusals():
    """What is refused without a word on the argument, or not at all, is wrong."""
    checks = catalogue()

    def answer(**fields):
        return type("Performer", (), {"perform": lambda self, request, time_limit=1.0: replace(
            OraclePerformer().perform(request), **fields)})()  # fmt: skip

    silent = Subject(answer(outcome="raised", error="ValueError", message="no"), "silent")
    assert "names none" in checks.run("refused/kernel", silent).message
    willing = Subject(answer(outcome="returned"), "willing")
    assert "instead of an exception" in checks.run("refused/kernel", willing).message
    named = Subject(answer(outcome="raised", error="ValueError", message="Unknown kernel"), "named")
    assert checks.run("refused/kernel", named) is None


def test_names():
    """No two checks are called alike, and each says what must hold."""
    checks = catalogue()
    assert all(checks[name].statement for name in checks.names)
    with pytest.raises(ValueError, match="two checks"):
        Checks([checks["kernel/square"], checks["kernel/square"]])


def test_what_a_core_lacks():
    """Where all requests of a check need what a core has not, it does not apply."""
    performer = type("Performer", (), {"perform": lambda self, request, time_limit=1.0: replace(
        OraclePerformer().perform(request), outcome="unsupported", message="dq")})()  # fmt: skip
    with pytest.raises(NotApplicableError, match="dq"):
        catalogue().run("kernel/square", Subject(performer, "poor"))


KNOWN = Known(reason="edges are lost", seen=(1.0, 2.0), source="known.toml")


@pytest.mark.parametrize(
    ("fault", "known", "outcome", "words"),
    [
        (None, None, Outcome.PASS, "must"),
        (Fault(message="wrong", seen=(1.0, 2.0)), None, Outcome.FAIL, "wrong"),
        (Fault(message="wrong", seen=(1.0, 2.00001)), KNOWN, Outcome.EXPECTED_FAIL, "edges"),
        (Fault(message="wrong", seen=(1.0, 2.001)), KNOWN, Outcome.FAIL, "another way"),
        (Fault(message="wrong", seen=(1.0,)), KNOWN, Outcome.FAIL, "another way"),
        (None, KNOWN, Outcome.FAIL, "passes, but"),
        (None, replace(KNOWN, by_chance=True), Outcome.PASS, "by chance"),
        (Fault(message="w", seen=(3.0,)), replace(KNOWN, by_chance=True), Outcome.FAIL, "another"),
    ],
)
def test_verdicts(fault, known, outcome, words):
    """A known defect must be there, no less and nothing else."""
    verdict = verdict_of("kernel/square", "it must hold", "drizzle", fault, known)
    assert verdict.outcome is outcome
    assert words in verdict.message
    assert verdict.specification == "resampling.kernel"


def test_small_figures():
    """Figures are compared by ratio, those about zero by their distance."""
    assert is_as_known(Fault(message="", seen=(1e-9, 2.0)), replace(KNOWN, seen=(0.0, 2.0)))


def test_known_files(tmp_path, monkeypatch):
    """The shipped files name checks; one that does not exist is an error that names it."""
    names = catalogue().names
    assert load_known("drizzle", "3.0.0", names)
    assert load_known("drizzle", "2.0.0", names) == {}
    with pytest.raises(SpecificationError, match="matches no check"):
        load_known("drizzle", "3.0.0", ("kernel/square",))


def test_known_by_python():
    """An exception that was never made is raised by Python 3.11 and kills Python 3.12."""
    ends = [
        load_known("drizzle", "3.0.0", catalogue().names, python)["polygon-refused/first"].seen[0]
        for python in ("3.11.7", "3.12.1", "3.14.0b1")
    ]
    assert ends == [1, 2, 2]


def test_suite_digest():
    """The digest of the warm suite depends on the core, and not on the run."""
    assert Suite("drizzle").digest() == Suite("drizzle").digest() != Suite("drizzlepac").digest()
    left_out = set(catalogue().names) - set(Suite("drizzle").names())
    assert left_out == {
        name
        for name in catalogue().names
        if catalogue()[name].deadly == "by chance" and "leaks" in name
    }


def test_deadly(monkeypatch):
    """A check that the core does not survive is made in a process of its own, and told."""

    class Dying:
        """Dies when it is asked."""

        def perform(self, request, **options):
            """Die."""
            os.kill(os.getpid(), signal.SIGKILL)

    suite = Suite("drizzle")
    monkeypatch.setattr(suite, "_subject", Dying())
    found = suite.check("tdriz/variance-array")
    assert "SIGKILL" in found.message
    assert found.seen == (-float(signal.SIGKILL),)
    # Freed by mistake: an exception and a death are both a refusal.
    assert suite.check("tdriz-refused/input2-tall") is None
