"""All checks by name."""

from __future__ import annotations

from functools import cache

from harness.discovery.resampling.arguments import argument_checks
from harness.discovery.resampling.blots import blot_checks
from harness.discovery.resampling.check import Checks
from harness.discovery.resampling.drizzles import drizzle_checks
from harness.discovery.resampling.polygons import polygon_checks
from harness.discovery.resampling.selftest import selftest_checks
from harness.discovery.resampling.tblot import tblot_checks
from harness.discovery.resampling.tdriz import tdriz_checks


@cache
def catalogue() -> Checks:
    """Return all checks; their truths are computed when they are first asked for."""
    groups = (
        drizzle_checks, argument_checks, blot_checks, tdriz_checks, tblot_checks, polygon_checks,
        selftest_checks,
    )  # fmt: skip
    return Checks(check for group in groups for check in group())
