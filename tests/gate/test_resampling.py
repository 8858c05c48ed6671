"""Resampling: a fixed list of small calls of the core's own interface, and all that must come."""

from __future__ import annotations

import functools

CORES = ("drizzle", "drizzlepac")
"""Those that have a worker."""


def pytest_generate_tests(metafunc):
    """Make one item for each check of each core."""
    if "resampling_check" not in metafunc.fixturenames:
        return
    names = [name for name in metafunc.config.getoption("--core") if name in CORES]
    items = []
    if names:
        from harness.discovery.resampling.catalogue import catalogue

        items = [(core, check) for core in names for check in catalogue().names]
    metafunc.parametrize(
        ("resampling_core", "resampling_check"),
        items,
        ids=[f"calls-{core}@{check}" for core, check in items],
    )


@functools.cache
def known_of(core, version):
    """Return the known defects of a release."""
    from harness.discovery.resampling.catalogue import catalogue
    from harness.discovery.resampling.known import load_known

    return load_known(core, version, catalogue().names)


def test_resampling(resampling_core, resampling_check, settle):
    """The call gives what it must, or fails with the figures that it is known to fail with."""
    import pytest

    from harness.discovery.opening import kept_subject, versions_of
    from harness.discovery.resampling.catalogue import catalogue
    from harness.discovery.resampling.check import NotApplicableError
    from harness.discovery.resampling.verdict import verdict_of

    checks, subject = catalogue(), kept_subject(resampling_core)
    version = versions_of(resampling_core)[resampling_core]
    try:
        fault = checks.run(resampling_check, subject)
    except NotApplicableError as lacking:
        pytest.skip(f"not for {resampling_core} {version}: {lacking}")
    known = known_of(resampling_core, version).get(resampling_check)
    statement = checks[resampling_check].statement
    settle(verdict_of(resampling_check, statement, resampling_core, fault, known), version)
