"""The corpus: what was found once, replayed on the cores that are judged."""

from __future__ import annotations

import pytest

CORES = ("drizzle", "drizzlepac")
"""Those that have a worker, and therefore cases."""


def pytest_generate_tests(metafunc):
    """Make one item for each case of each core."""
    if "finding" not in metafunc.fixturenames:
        return
    from harness.discovery.corpus import cases_dir, load_findings

    wanted = [name for name in metafunc.config.getoption("--core") if name in CORES]
    found = [one for one in load_findings(cases_dir()) if one.core in wanted] if wanted else []
    metafunc.parametrize("finding", found, ids=[f"case@{one.slug}" for one in found])


def test_case(finding):
    """The case is fixed, or fails as it is known to."""
    from harness.discovery.opening import kept_subject
    from harness.discovery.replay import replay_one

    replayed = replay_one(kept_subject(finding.core), finding)
    if replayed.state == "not run":
        pytest.skip(replayed.message)
    if replayed.state == "still there":
        raise pytest.xfail.Exception(replayed.message, pytrace=False)
    assert replayed.state == "fixed", f"fails in another way: {replayed.message}"
