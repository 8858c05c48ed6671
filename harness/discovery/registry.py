"""All properties by name."""

from __future__ import annotations

import importlib
from functools import cache

from harness.discovery.property import Property
from harness.errors import UsageError

FAMILIES = ("safety", "truth", "contract", "layouts", "locality", "algebra", "symmetry", "blot")
KEPT_FAMILIES = ("memory",)
"""Families whose requests are not drawn by a search: their cases come from `drizzle-harness
sanitize`."""


@cache
def properties() -> dict[str, Property]:
    """Return every property that a search draws requests for by name, family by family.

    Raises
    ------
    UsageError
        If two have the same name.
    """
    return _read(FAMILIES)


@cache
def claims() -> dict[str, Property]:
    """Return every property that a case may be about by name; see `properties`.

    Raises
    ------
    UsageError
        If two properties have one name.
    """
    return _read((*FAMILIES, *KEPT_FAMILIES))


def _read(families: tuple[str, ...]) -> dict[str, Property]:
    found: dict[str, Property] = {}
    for family in families:
        module = importlib.import_module(f"harness.discovery.properties.{family}")
        for one in module.PROPERTIES:
            if one.name in found:
                raise UsageError(f"two properties are called {one.name!r}", where=family)
            found[one.name] = one
    return found


def select_properties(names: tuple[str, ...]) -> list[Property]:
    """Return the properties of these names, or families; all where there are none.

    Parameters
    ----------
    names : tuple of str
        Of properties or families.

    Returns
    -------
    list of Property
        In the order of the families.

    Raises
    ------
    UsageError
        If there is no such property or family.
    """
    known = properties()
    if not names:
        return list(known.values())
    chosen = []
    for name in names:
        some = [one for one in known.values() if name in (one.name, one.family)]
        if not some:
            raise UsageError(
                f"no property {name!r}",
                where="discovery",
                allowed=", ".join([*FAMILIES, *known]),
            )
        chosen += [one for one in some if one not in chosen]
    return chosen
