"""A subject, a specification and a measurement that the tests of the gate vary."""

import dataclasses

import pytest

from harness.gates.specification import Applicability, Limit, Specification
from harness.gates.subject import Subject
from harness.model import Capabilities, Measurement


@pytest.fixture
def subject():
    """Return noise-free dithered exposures, square kernel, by a core without dq."""
    return Subject(
        core="mycore",
        core_version="1.2.0",
        capabilities=Capabilities(
            kernels=frozenset({"square", "gaussian"}),
            flux_conserving=frozenset({"square"}),
            context=True,
        ),
        case="scene/box-square-p0.6",
        kernel="square",
        pixfrac=0.6,
        scale=0.5,
        weighting="EXP",
        pixels="synthetic",
        noise="noise-free",
        dithered=True,
        tags=frozenset({"stars"}),
    )


@pytest.fixture
def measurement():
    """Return an expected 1.0 that came out as 1.003 +- 0.002."""
    return Measurement(
        metric="psf.fwhm_recovery",
        value=1.003,
        unit="",
        region="full_coverage",
        sample_size=144,
        expected=1.0,
        uncertainty=0.002,
    )


@pytest.fixture
def specify():
    """Return a function that makes a specification with a limit and an applicability."""
    plain = Specification(
        name="recovery",
        metric="psf.fwhm_recovery",
        level="design",
        limit=Limit(max=1.0),
        tolerance="HALF_PERCENT",
        reason="Fits repeat to a tenth of that.",
        meaning="Stars come out wider than they should.",
        remedy="Compare the kernel with the oracle.",
        source="psf.toml",
    )

    def make(limit=None, **applies):
        return dataclasses.replace(
            plain, limit=Limit(**(limit or {"max": 2.0})), applies_to=Applicability(**applies)
        )

    return make
