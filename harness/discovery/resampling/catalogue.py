"""All checks by name."""

from __future__ import annotations

from functools import cache

from harness.discovery.resampling.arguments import argument_checks
from harness.discovery.resampling.check import Checks
from harness.discovery.resampling.drizzles import drizzle_checks


@cache
def catalogue() -> Checks:
    """Return all checks; their truths are computed when they are first asked for."""
    return Checks([*drizzle_checks(), *argument_checks()])
