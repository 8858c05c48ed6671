"""Tests of the comparison itself, on performers that are right, or wrong in a known way."""

import dataclasses

import numpy as np
import pytest

from harness.cores.request import BlotRequest, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.registry import properties
from harness.discovery.subject import Subject
from harness.upgrade.check import State
from harness.upgrade.claims import compare_property
from harness.upgrade.differences import compare_probes, look
from harness.upgrade.judge import judge_errors
from harness.upgrade.pair import Opened, Part
from harness.upgrade.probes import list_probes

EXAMPLES = {"examples": 40, "seconds": 20.0}


class Performer:
    """The oracle, its replies changed by a function of request and reply."""

    def __init__(self, change=lambda request, reply: reply):
        self.change = change
        self.calls = 0

    def perform(self, request, *, time_limit=10.0):
        """Perform a request."""
        self.calls += 1
        reply = OraclePerformer().perform(request)
        return self.change(request, reply) if reply.outcome == "returned" else reply


class Elsewhere(Opened):
    """A side whose other processes are given."""

    def perform_elsewhere(self, request, *, thorough=False, time_limit=30.0):
        """Perform a request again: a performer left to chance answers otherwise."""
        return [self.perform(request) for _ in range(2)]


def side(change=lambda request, reply: reply, label="1"):
    """Return one side."""
    part = Part(label=label, core="drizzle", name="drizzle", version=label, python="")
    subject = Subject(Performer(change), "drizzle")
    return Elsewhere(part=part, subject=subject, core=None, elsewhere=())


def heavier(request, reply):
    """Make the weights of the square kernel a hundredth too large."""
    if isinstance(request, BlotRequest) or request.kernel != "square":
        return reply
    return dataclasses.replace(reply, wht=reply.wht * np.float32(1.01))


def rounded(request, reply):
    """Change everything by one part in 2**23."""
    if reply.wht is None:
        return reply
    return dataclasses.replace(reply, wht=np.nextafter(reply.wht, np.float32(9e9)))


def crashing(request, reply):
    """Die of several images."""
    if isinstance(request, BlotRequest) or len(request.images) < 2:
        return reply
    return Reply(outcome="died", error="SIGSEGV")


def warning(request, reply):
    """Warn of lanczos kernels."""
    if isinstance(request, BlotRequest) or not request.kernel.startswith("lanczos"):
        return reply
    return dataclasses.replace(reply, warnings=("UserWarning: not conserving flux",))


def random(request, reply):
    """Leave the weights of the square kernel to chance."""
    if isinstance(request, BlotRequest) or request.kernel != "square":
        return reply
    noise = np.random.default_rng().uniform(1, 2, reply.wht.shape).astype(np.float32)
    return dataclasses.replace(reply, wht=reply.wht * noise)


def few(*names):
    """Return some probes."""
    return [probe for probe in list_probes() if probe.name in names]


SOME = few("square-shifted-p1", "turbo-shifted-p1", "square/three-images", "lanczos2-shifted-p1",
           "blot-linear-shifted", "gaussian-rotated-p0.6")  # fmt: skip


def states(old, new, probes=SOME):
    """Return the state of each probe."""
    return {one.name.removeprefix("difference/"): one for one in compare_probes((old, new), probes)}


def test_the_same_is_the_same_and_roundoff_is_roundoff() -> None:
    """Equal sides are the same to the bit; a last bit is roundoff; neither fails."""
    assert {one.state for one in states(side(), side()).values()} == {State.SAME}
    found = {one.state for one in states(side(), side(rounded)).values()}
    assert found == {State.SAME, State.ROUNDOFF}


def test_which_side_is_right() -> None:
    """Forward into the fault is a regression, and back a fix, of the faulty kernel alone."""
    forward, back = states(side(), side(heavier)), states(side(heavier), side())
    assert forward["square-shifted-p1"].state is State.REGRESSED
    assert back["square-shifted-p1"].state is State.FIXED
    assert forward["turbo-shifted-p1"].state is State.SAME
    assert forward["square-shifted-p1"].metric == "wht"
    assert "RawImage(" in forward["square-shifted-p1"].smallest
    assert np.array(forward["square-shifted-p1"].map["values"]).max() > 0.005
    # The smallest request is smaller than the probe, and still shows it.
    assert len(forward["square-shifted-p1"].smallest) < 2000


def test_a_crash_is_a_finding() -> None:
    """A death that is new is a regression; one on both sides is none."""
    found = states(side(), side(crashing))
    assert found["square/three-images"].state is State.REGRESSED
    assert "SIGSEGV" in found["square/three-images"].message
    assert states(side(crashing), side(crashing))["square/three-images"].state is State.SAME


def test_a_warning_is_told_once() -> None:
    """A new warning of many probes is one finding."""
    probes = [probe for probe in list_probes() if probe.name.startswith("lanczos")][:6]
    found = [one for one in compare_probes((side(), side(warning)), probes)
             if one.state is State.WARNS]  # fmt: skip
    assert len(found) == 1
    assert "6 probes" in found[0].message
    back = compare_probes((side(warning), side()), probes)
    assert [one.state for one in back if one.metric == "warnings"] == [State.QUIET]


def below_zero(request, reply):
    """Put a weight far below roundoff, and below zero, where there is none."""
    if isinstance(request, BlotRequest) or request.kernel != "square":
        return reply
    wht = reply.wht.copy()
    wht[np.unravel_index(int(np.argmin(wht)), wht.shape)] = -1e-20
    return dataclasses.replace(reply, wht=wht)


def test_weights_below_zero_are_no_roundoff() -> None:
    """A weight below zero is a finding, however small, where no weight of the input is."""
    probes = few("square-rotated-p1", "turbo-rotated-p1", "lanczos2-rotated-p1")
    forward, back = (
        states(*sides, probes) for sides in ((side(), side(below_zero)), (side(below_zero), side()))
    )
    assert forward["square-rotated-p1"].state is State.REGRESSED
    assert "1 weights are below zero" in forward["square-rotated-p1"].message
    assert back["square-rotated-p1"].state is State.FIXED
    assert forward["turbo-rotated-p1"].state is forward["lanczos2-rotated-p1"].state is State.SAME


def reworded(request, reply):
    """Warn of lanczos kernels in other words, and of gaussian ones in words of their own."""
    reply = warning(request, reply)
    if reply.warnings:
        return dataclasses.replace(reply, warnings=("UserWarning: flux is lost",))
    if not isinstance(request, BlotRequest) and request.kernel == "gaussian":
        return dataclasses.replace(reply, warnings=("UserWarning: wings are cut",))
    return reply


def test_a_new_warning_is_told_from_other_words() -> None:
    """Other words are those of the same category for the same request; others are new, or gone."""
    found = states(side(warning), side(reworded))
    assert found["warning/UserWarning/flux-is-lost"].state is State.REWORDED
    assert found["warning/UserWarning/wings-are-cut"].state is State.WARNS
    back = states(side(reworded), side(warning))
    assert back["warning/UserWarning/wings-are-cut"].state is State.QUIET


def test_a_few_pixels_at_the_allowance_do_not_decide() -> None:
    """Where all pixels come nearer to what is exact, one that leaves the allowance is no fault."""
    old, new = np.full(100, 0.05), np.full(100, 0.01)
    old[0], new[0] = 1e-7, 2e-6
    assert judge_errors(old, new, 1e-6)[0] is State.FIXED
    assert judge_errors(new, old, 1e-6)[0] is State.REGRESSED
    assert judge_errors(np.full(9, 1e-7), np.full(9, 1.0), 1e-6)[0] is State.REGRESSED


def unfilled(request, reply):
    """Give a value to a pixel without weight."""
    if isinstance(request, BlotRequest) or request.kernel != "lanczos2":
        return reply
    sci, wht = reply.sci.copy(), reply.wht.copy()
    wht[0, 0], sci[0, 0] = 0, 1.5
    return dataclasses.replace(reply, sci=sci, wht=wht)


def filled(request, reply):
    """Leave the same pixel without weight and without a value."""
    reply = unfilled(request, reply)
    if reply.sci is not None and not isinstance(request, BlotRequest):
        sci = np.where(reply.wht == 0, np.nan, reply.sci).astype(np.float32)
        return dataclasses.replace(reply, sci=sci)
    return reply


def test_a_pixel_without_weight_on_either_side_is_filled() -> None:
    """The side that fills it is right, whatever weight below roundoff the oracle finds there."""
    probes = few("lanczos2-shifted-p1")
    assert states(side(unfilled), side(filled), probes)["lanczos2-shifted-p1"].state is State.FIXED
    back = states(side(filled), side(unfilled), probes)
    assert back["lanczos2-shifted-p1"].state is State.REGRESSED


def test_chance_is_told_from_change() -> None:
    """What differs between processes of one side is chance: no change if both are left to it."""
    request = SOME[0].request
    assert look((side(random), side(random)), request).state is State.SAME
    assert look((side(), side(random)), request).state is State.REGRESSED
    assert look((side(random), side()), request).state is State.FIXED


def test_chance_has_no_map() -> None:
    """A map shows where pixels differ; where chance decides on both sides, nowhere is it."""
    name, probes = SOME[0].name, SOME[:1]
    assert states(side(random), side(random), probes)[name].map is None
    assert states(side(), side(random), probes)[name].map is not None


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (None, heavier, State.REGRESSED),
        (heavier, None, State.FIXED),
        (heavier, heavier, State.SAME),
    ],
)
def test_a_property_that_one_side_keeps(old, new, state) -> None:
    """The search finds what tells the sides apart, in either direction, and shrinks it."""
    pair = tuple(side() if change is None else side(change) for change in (old, new))
    found = compare_property(pair, properties()["agreement"], **EXAMPLES)
    assert found.state is state
    assert bool(found.smallest) is (state is not State.SAME)


def test_probes_are_the_same_everywhere() -> None:
    """Probes have unique names, and arrays that do not depend on when they are made."""
    first, second = list_probes(), list_probes()
    names = [probe.name for probe in first]
    assert len(set(names)) == len(names)
    for one, other in zip(first, second, strict=True):
        if not isinstance(one.request, BlotRequest):
            for image, again in zip(one.request.images, other.request.images, strict=True):
                assert image.data.tobytes() == again.data.tobytes()
                assert image.pixmap.tobytes() == again.pixmap.tobytes()
