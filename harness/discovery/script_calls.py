"""The calls of a request in the words of each core, for scripts."""

from __future__ import annotations

from typing import Any

from harness.discovery.script_drizzle import DrizzleCalls
from harness.discovery.script_drizzlepac import DrizzlepacCalls

CALLS: dict[str, Any] = {"drizzle": DrizzleCalls, "drizzlepac": DrizzlepacCalls}
"""Name of a core to the form of its calls."""
