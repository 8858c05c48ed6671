"""Tests of harness.timing.quality."""

import json

import numpy as np
import pytest

from harness.cores.oracle import OracleCore
from harness.errors import CoreError
from harness.model import Measurement
from harness.timing import quality
from harness.timing.quality import describe_quality, measure_quality
from harness.timing.workload import Workload, prepare

WORKLOAD = Workload(size=64, frames=2)


@pytest.fixture(scope="module")
def product():
    """Give what the oracle returns for a small workload."""
    return OracleCore().drizzle(*prepare(WORKLOAD))


def by_name(measurements):
    """Return measurements by metric."""
    return {one.metric: one for one in measurements}


def test_a_true_product_agrees(product) -> None:
    """All five measurements are there, at what the oracle expects."""
    found = by_name(measure_quality(OracleCore(), product, WORKLOAD))
    assert set(found) == {
        "coverage.hole_fraction",
        "weight.rms_over_median",
        "weight.rms_over_median_positive",
        "agreement.weight",
        "agreement.science",
    }
    assert found["coverage.hole_fraction"].value == found["coverage.hole_fraction"].expected
    assert found["weight.rms_over_median"].value == pytest.approx(
        found["weight.rms_over_median"].expected, rel=1e-6
    )
    assert found["agreement.weight"].value < 1
    assert found["agreement.science"].value < 1


def test_a_false_product_is_seen(product) -> None:
    """A core that is fast because it leaves out a block of pixels is found out."""
    wht, sci = product.wht.copy(), product.sci.copy()
    middle = slice(wht.shape[0] // 2, wht.shape[0] // 2 + 8)
    wht[middle, middle], sci[middle, middle] = 0, np.nan
    returned = {"sci": sci, "wht": wht, "ctx": product.ctx}
    found = by_name(measure_quality(PlainOracle(), returned, WORKLOAD))
    hole = found["coverage.hole_fraction"]
    assert hole.value - hole.expected == pytest.approx(64 / hole.sample_size)
    assert found["agreement.weight"].value > 1000


class PlainOracle(OracleCore):
    """The oracle without variance and DQ."""

    @property
    def capabilities(self):
        """Say no more than what the returned mapping holds."""
        return {"kernels": {"square"}, "flux_conserving": set(), "context": True}


def test_what_is_no_product_is_refused(product) -> None:
    """A product of the wrong shape is named, not measured."""
    returned = {"sci": product.sci[1:], "wht": product.wht, "ctx": product.ctx}
    with pytest.raises(CoreError, match="sci is float32 of shape"):
        measure_quality(PlainOracle(), returned, WORKLOAD)


def test_above_the_limit_the_oracle_is_not_asked(product, monkeypatch) -> None:
    """Then agreement has a reason and no value; coverage stays, without expectation."""
    monkeypatch.setattr(quality, "ORACLE_LIMIT", WORKLOAD.pixels - 1)
    found = by_name(measure_quality(OracleCore(), product, WORKLOAD))
    assert found["agreement.science"].value is None
    assert str(WORKLOAD.pixels) in found["agreement.science"].reason
    assert found["coverage.hole_fraction"].value is not None
    assert found["coverage.hole_fraction"].expected is None


def test_descriptions_are_json() -> None:
    """A value keeps its region and sample; what is not finite becomes text, what is absent null."""
    told = describe_quality(
        [
            Measurement(metric="a.b", value=float("inf"), unit="pix", region="r", sample_size=3),
            Measurement(
                metric="a.c", value=None, unit="", region="r", sample_size=0, reason="too few"
            ),
        ]
    )
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        "a.b": {"value": "inf", "unit": "pix", "region": "r", "sample_size": 3},
        "a.c": {"value": None, "region": "r", "sample_size": 0, "reason": "too few"},
    }
