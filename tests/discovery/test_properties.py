import contextlib
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.properties import safety
from harness.discovery.registry import properties
from harness.discovery.subject import Subject

sys.path.insert(0, str(Path(__file__).parent))
from broken_performers import BROKEN

PROPERTIES = properties()
SURELY_FAIL = 400
"""Examples within which the broken performer must be caught; most are caught by the first ones."""
QUIET = {"database": None, "deadline": None, "derandomize": True}


@pytest.fixture(autouse=True)
def small_memory_probe(monkeypatch):
    """Keep the probe of the memory small: the oracle is no C core."""
    monkeypatch.setattr(safety, "LARGE", 8)


def search(one, subject, examples):
    """Return what the property finds on the subject within some examples."""
    found = []

    class Enough(BaseException):
        """Ends the search."""

    @settings(
        **QUIET,
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(one.requests(subject))
    def look(request):
        violation = one.check(subject, request)
        if violation is not None:
            found.append(violation)
            raise Enough

    with contextlib.suppress(Enough):
        look()
    return found


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_fails_on_what_is_broken_in_its_way(name):
    """Every property catches the fault that it is there for."""
    subject = Subject(OraclePerformer(), "broken")
    subject._performer = BROKEN[name]
    found = search(PROPERTIES[name], subject, SURELY_FAIL)
    assert found, f"{name} did not notice"
    assert found[0].kind
    assert found[0].message
    assert found[0].request is not None


def test_every_property_says_what_it_rests_on():
    """Statement, source and tolerance of each are there, and the names are words and hyphens."""
    for one in PROPERTIES.values():
        assert one.statement.endswith(".")
        assert one.source
        assert one.tolerance
        assert one.name.replace("-", "").isalpha()
        assert one.name == one.name.lower()


def test_comparison_takes_nan_and_infinity_for_what_they_are():
    """NaN equals NaN, infinity itself, and neither hides behind a tolerance."""
    from harness.discovery.subject import plain_request
    from harness.discovery.violation import compare

    request = plain_request()
    values = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert compare("sci", values, values, 0, request) is None
    for place, wrong in enumerate((1.0, -np.inf, np.nan, np.nan)):
        changed = values.copy()
        changed[place] = wrong
        found = compare("sci", changed, values, 1e9, request)
        assert found is not None
        assert found.index == (place,)
