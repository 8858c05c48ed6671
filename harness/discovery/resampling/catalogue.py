"""All checks by name."""

from __future__ import annotations

from functools import cache

from harness.discovery.resampling.arguments import argument_checks
from harness.discovery.resampling.blots import blot_checks
from harness.discovery.resampling.cdriz import cdriz_checks
from harness.discovery.resampling.cdriz_arrays import cdriz_array_checks
from harness.discovery.resampling.cdriz_blot import cdriz_blot_checks
from harness.discovery.resampling.cdriz_refusals import cdriz_refusal_checks
from harness.discovery.resampling.cdriz_stars import cdriz_star_checks
from harness.discovery.resampling.cdriz_wcs import cdriz_wcs_checks
from harness.discovery.resampling.check import Checks
from harness.discovery.resampling.clipping import clipping_checks
from harness.discovery.resampling.drizzles import drizzle_checks
from harness.discovery.resampling.inversion import inversion_checks
from harness.discovery.resampling.places import place_checks
from harness.discovery.resampling.selftest import selftest_checks
from harness.discovery.resampling.tblot import tblot_checks
from harness.discovery.resampling.tdriz import tdriz_checks
from harness.discovery.resampling.tdriz_conduct import conduct_checks


@cache
def catalogue() -> Checks:
    """Return all checks; their truths are computed when they are first asked for."""
    groups = (
        drizzle_checks, place_checks, argument_checks, blot_checks, tdriz_checks, conduct_checks,
        tblot_checks, clipping_checks, inversion_checks, selftest_checks, cdriz_checks,
        cdriz_blot_checks, cdriz_refusal_checks, cdriz_array_checks, cdriz_star_checks,
        cdriz_wcs_checks,
    )  # fmt: skip
    return Checks(check for group in groups for check in group())
