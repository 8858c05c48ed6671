"""Hypothesis profiles: ci is deterministic, discover looks far, debug tells everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis import settings

CI_EXAMPLES = 40
"""The search itself makes thousands."""
DISCOVER_EXAMPLES = 100_000
"""More than fit into any slice: time ends a slice, not their number."""
DEBUG_EXAMPLES = 20


def profile(name: str, database: Path | None = None) -> settings:
    """Return the settings "ci", "discover" or "debug".

    Parameters
    ----------
    name : str
    database : Path, optional
        Folder of the examples of "discover"; none are kept without it.
    """
    from hypothesis import HealthCheck, Phase, Verbosity, settings
    from hypothesis.database import DirectoryBasedExampleDatabase

    common: dict[str, Any] = {
        "deadline": None,
        "suppress_health_check": list(HealthCheck),
        "report_multiple_bugs": False,
    }
    if name == "ci":
        return settings(
            max_examples=CI_EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            **common,
        )
    if name == "debug":
        return settings(
            max_examples=DEBUG_EXAMPLES, verbosity=Verbosity.debug, database=None, **common
        )
    return settings(
        max_examples=DISCOVER_EXAMPLES,
        verbosity=Verbosity.quiet,
        database=None if database is None else DirectoryBasedExampleDatabase(database),
        phases=[Phase.reuse, Phase.generate, Phase.shrink],
        **common,
    )


def register_profiles() -> None:
    """Make the profiles known to hypothesis and its pytest option `--hypothesis-profile`."""
    from hypothesis import settings

    for name in ("ci", "discover", "debug"):
        settings.register_profile(name, profile(name))
