"""Packages that only some users install: what is missing is told before any work is done."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from harness.errors import UsageError


def check_packages(names: Sequence[str], *, where: str, remedy: str) -> None:
    """Raise unless packages are there; cheap, nothing is imported.

    Parameters
    ----------
    names : sequence of str
        Of modules.
    where : str
        Who needs them.
    remedy : str
        What to install.

    Raises
    ------
    UsageError
        Naming what is missing.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"needs {' and '.join(missing)}", where=where, remedy=remedy)
