"""Every property as a hypothesis test of its own, without pytest fixtures, as HypoFuzz wants them.

    pytest tests/properties --hypothesis-profile ci|discover|debug
    hypothesis fuzz -- tests/properties

The core is the oracle, for which all must hold, or what DRIZZLE_HARNESS_FUZZ_CORE names; of another
core, what the corpus explains is set aside.
"""

import atexit
import contextlib
import functools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.discovery.corpus import cases_dir, load_findings
from harness.discovery.opening import open_subject
from harness.discovery.profiles import profile
from harness.discovery.properties import safety
from harness.discovery.registry import properties

CORE = os.environ.get("DRIZZLE_HARNESS_FUZZ_CORE", "oracle")
CHOSEN = settings.get_current_profile_name() in ("ci", "discover", "debug")
if CORE == "oracle":
    # It is no C core, whose memory would be worth large arrays.
    safety.LARGE = 8


@functools.cache
def subject():
    """Open the core, once; it ends with the process."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(open_subject(CORE))


@functools.cache
def known():
    """Return what the corpus knows of the core."""
    return load_findings(cases_dir(), core=CORE)


def make_test(one):
    """Return the test of one property."""

    def test(request):
        if not one.supported_by(subject()):
            return
        violation = one.check(subject(), request)
        if violation is not None and not any(
            case.explains(one.name, violation, request) for case in known()
        ):
            pytest.fail(f"{violation.kind}: {violation.message}")

    test.__doc__ = one.statement
    # The requests depend on what the core supports, and it is opened late: not at collection.
    test = given(request=st.deferred(lambda: one.requests(subject())))(test)
    return test if CHOSEN else profile("ci")(test)


for _name, _property in properties().items():
    globals()[f"test_{_name.replace('-', '_')}"] = make_test(_property)
