"""Tests of harness.upgrade.trials: a case of the gate on two sides that are wrong in known ways."""

import numpy as np
import pytest

from harness.cores.oracle import OracleCore
from harness.trials.case import Case
from harness.upgrade.check import State
from harness.upgrade.pair import Opened, Part
from harness.upgrade.trials import compare_trials

CASE = Case(source="scene/no-dither", kernel="square", pixfrac=0.7, scale=1.0)


class Changed:
    """The oracle, with its product changed."""

    name, version = "oracle", "1"

    def __init__(self, change):
        self.oracle = OracleCore()
        self.capabilities = self.oracle.capabilities
        self.change = change

    def drizzle(self, exposures, params):
        """Combine exposures, and change what comes out."""
        made = self.oracle.drizzle(exposures, params)
        names = ("sci", "wht", "ctx", "dq", "variance")
        get = made.get if isinstance(made, dict) else lambda name: getattr(made, name)
        return self.change({name: get(name) for name in names})


def side(change):
    """Return one side; requests are not asked of it."""
    part = Part(label="1", core="drizzle", name="oracle", version="1", python="")
    return Opened(part=part, subject=None, core=Changed(change), elsewhere=())


def right(product):
    """Leave the product as it is."""
    return product


def heavier(product):
    """Make the weights a hundredth too large."""
    return product | {"wht": product["wht"] * np.float32(1.01)}


def refusing(product):
    """Fail."""
    raise ValueError("no memory for this")


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [(right, heavier, State.REGRESSED), (heavier, right, State.FIXED), (right, right, State.SAME)],
)
def test_verdicts_and_products(old, new, state) -> None:
    """A wrong weight is seen by its specification, and in the product, in the right direction."""
    checks = {check.name: check for check in compare_trials((side(old), side(new)), CASE)}
    product = checks[f"difference/product/{CASE.id}"]
    assert product.state is state
    moved = [
        check for check in checks.values()
        if check.family == "specification" and check.state is not State.SAME
    ]  # fmt: skip
    if state is State.SAME:
        assert moved == []
        return
    assert {check.state for check in moved} == {state}
    assert "agreement.weight" in {check.metric for check in moved}
    assert product.map is not None
    assert product.metric == "wht"


def test_a_side_that_fails() -> None:
    """A case that only the new side cannot do is a regression, and back a fix."""
    found = compare_trials((side(right), side(refusing)), CASE)
    assert [check.state for check in found] == [State.REGRESSED]
    assert "no memory for this" in found[0].message
    assert compare_trials((side(refusing), side(right)), CASE)[0].state is State.FIXED
    both = compare_trials((side(refusing), side(refusing)), CASE)
    assert [check.state for check in both] == [State.NOT_RUN]
