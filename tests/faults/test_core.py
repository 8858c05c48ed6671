"""Tests of harness.faults.core: faults are put around any core, by name."""

import dataclasses
import weakref
from collections.abc import Sequence

import pytest

from harness.cores.registry import describe_cores, load_core
from harness.errors import UnsupportedCaseError, UsageError
from harness.faults.core import FAULTS, FaultyCore, find_fault
from harness.model import DrizzleParams
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of


class Plain:
    """A core of arrays that makes science and weight alone."""

    name, version = "plain", "3"
    capabilities = {"kernels": {"square"}, "flux_conserving": {"square"}}  # noqa: RUF012


class Files(Plain):
    """A core that reads files."""

    capabilities = Plain.capabilities | {"files": True}


def test_a_faulty_core_is_named_on_the_command_line():
    """The name holds the fault and the core, which may itself be faulty."""
    core = load_core("fault:half-pixel-shift:oracle")
    assert core.name == "oracle+half-pixel-shift"
    assert core.version == load_core("oracle").version
    twice = load_core("fault:flux-lost:fault:parity:oracle")
    assert twice.name == "oracle+parity+flux-lost"


def test_its_description_is_that_of_a_core():
    """Listing a faulty core tells what the core below can do."""
    (faulty,), (right,) = (describe_cores((name,)) for name in ("fault:parity:oracle", "oracle"))
    assert faulty.capabilities == right.capabilities


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("fault:nonesuch:oracle", "no fault is called 'nonesuch'.*half-pixel-shift"),
        ("fault:parity", "fault:parity names no core"),
        ("fault:parity:", "fault:parity: names no core"),
        ("fault:parity:nonesuch", "no core is called 'nonesuch'"),
    ],
)
def test_a_wrong_name_is_told(spec, told):
    """What is missing or misspelt is named, with what there is."""
    with pytest.raises(UsageError, match=told):
        load_core(spec)


@pytest.mark.parametrize("name", ["context-bit-missing", "variance-plain", "dq-lost"])
def test_an_image_that_is_not_made_cannot_be_wrong(name):
    """A fault of an image that the core lacks is refused."""
    with pytest.raises(UnsupportedCaseError, match="makes no"):
        FaultyCore(Plain(), find_fault(name))


def test_input_in_files_cannot_be_changed():
    """A core that reads files can have faults of its product alone."""
    with pytest.raises(UnsupportedCaseError, match="from files"):
        FaultyCore(Files(), find_fault("parity"))
    assert FaultyCore(Files(), find_fault("flux-lost")).capabilities.files


def test_every_fault_says_what_it_does():
    """Names are words and hyphens, statements are sentences."""
    for name, fault in FAULTS.items():
        assert name == fault.name
        assert name.replace("-", "").isalpha()
        assert name.islower()
        assert fault.statement.endswith(".")


class Streamed(Sequence):
    """Exposures of which only the one that was asked for last, and the one before it, may be held.

    The one before is there until the name of the loop is taken.
    """

    def __init__(self, exposures):
        self._exposures, self._lent = exposures, []
        self.most = 0

    def __len__(self):
        return len(self._exposures)

    def __getitem__(self, index):
        exposure = self._exposures[index]
        data = exposure.data.view()
        self._lent.append(weakref.ref(data))
        self.most = max(self.most, sum(one() is not None for one in self._lent))
        return dataclasses.replace(exposure, data=data)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_stream_of_exposures_stays_one(name):
    """A faulty core holds no more exposures at once than one that goes through them."""
    case = Case(source="scene/unequal-exposures", kernel="point", pixfrac=1.0, scale=1.0)
    given = exposures_of(case, FrameAccess())
    exposures = Streamed(given.exposures)
    params = DrizzleParams(kernel="point", pixfrac=1.0, grid=given.grid)
    FaultyCore(load_core("oracle"), find_fault(name)).drizzle(exposures, params)
    assert len(exposures) > 2
    assert 1 <= exposures.most <= 2
