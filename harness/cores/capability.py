"""What a core says it can do, checked, and whether that covers what is asked of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError, UnsupportedCaseError
from harness.model import KERNELS, WEIGHTINGS, Capabilities, DrizzleParams, Exposure, Units

KNOWN: dict[str, tuple[str, ...]] = {
    "kernels": KERNELS,
    "flux_conserving": KERNELS,
    "units": get_args(Units),
    "weightings": WEIGHTINGS,
}
"""What the sets of `Capabilities` may hold; `blot` is free, for every core names its own."""
SETS = (*KNOWN, "blot")


def capabilities_of(core: DrizzleCore) -> Capabilities:
    """Return the capabilities of a core as the harness's type.

    Parameters
    ----------
    core : DrizzleCore
        Of any package; `capabilities` is `Capabilities` or a mapping with its fields.

    Raises
    ------
    CoreError
        If they have an unknown field, a value of the wrong type, or name what does not exist.
    """
    where = f"capabilities of core {core.name}"
    declared = core.capabilities
    if isinstance(declared, Capabilities):
        fields: Mapping[str, Any] = {
            field.name: getattr(declared, field.name) for field in dataclasses.fields(declared)
        }
    elif isinstance(declared, Mapping):
        fields = declared
    else:
        raise CoreError(
            f"are a {type(declared).__name__}", where=where, allowed="a mapping or Capabilities"
        )
    names = [field.name for field in dataclasses.fields(Capabilities)]
    for name in fields:
        if name not in names:
            raise CoreError(f"unknown field {name!r}", where=where, allowed=", ".join(names))
    for name in ("kernels", "flux_conserving"):
        if name not in fields:
            raise CoreError(f"field {name!r} is missing", where=where, remedy="Add it")
    checked = {name: _check_field(name, value, where) for name, value in fields.items()}
    extra = checked["flux_conserving"] - checked["kernels"]
    if extra:
        raise CoreError(
            f"flux_conserving names {_quote(extra)}, which kernels does not",
            where=where,
            allowed=", ".join(_in_order(checked["kernels"])),
        )
    return Capabilities(**checked)


def check_capability(
    core: DrizzleCore, exposures: Sequence[Exposure], params: DrizzleParams
) -> Capabilities:
    """Check that a core can do what is asked of it.

    Parameters
    ----------
    core : DrizzleCore
        What is asked.
    exposures : sequence of Exposure
        Their units and, for a core that reads files, their paths count.
    params : DrizzleParams
        Kernel, weighting and grid.

    Returns
    -------
    Capabilities
        Those of the core.

    Raises
    ------
    UnsupportedCaseError
        Naming the core, what was asked, and what the core can do.
    CoreError
        If the capabilities themselves are wrong.
    """
    capabilities = capabilities_of(core)
    _require(core, "kernel", params.kernel, capabilities.kernels)
    _require(core, "weighting", params.weighting, capabilities.weightings)
    for exposure in exposures:
        _require(core, "input unit", exposure.in_units, capabilities.units)
        if capabilities.files and exposure.path is None:
            raise UnsupportedCaseError(
                f"exposure {exposure.name}[{exposure.chip}] has no file",
                where=f"core {core.name}",
                allowed="exposures with a FITS file, which this core reads",
                remedy="Write the scene to FITS first, or take a core that works in memory",
            )
    if capabilities.files and params.grid.wcs is None:
        raise UnsupportedCaseError(
            "the output grid has no WCS",
            where=f"core {core.name}",
            allowed="a grid with a WCS, for this core maps through the sky",
            remedy="Make it with harness.geometry.make_grid",
        )
    return capabilities


def _check_field(name: str, value: Any, where: str) -> Any:
    if name == "twin":
        if not isinstance(value, str):
            raise CoreError(f"{name} is {value!r}", where=where, allowed="package.module:attribute")
        return value
    if name not in SETS:
        if not isinstance(value, bool):
            raise CoreError(f"{name} is {value!r}", where=where, allowed="True or False")
        return value
    if isinstance(value, str) or not isinstance(value, Collection):
        raise CoreError(f"{name} is {value!r}", where=where, allowed="a set of names")
    unknown = {item for item in value if name in KNOWN and item not in KNOWN[name]}
    if unknown:
        raise CoreError(
            f"{name} names {_quote(unknown)}", where=where, allowed=", ".join(KNOWN[name])
        )
    return frozenset(value)


def _require(core: DrizzleCore, what: str, asked: str, allowed: frozenset[str]) -> None:
    if asked not in allowed:
        raise UnsupportedCaseError(
            f"cannot do {what} {asked!r}",
            where=f"core {core.name}",
            allowed=", ".join(_in_order(allowed)) or "none",
            remedy="Choose one of these, or another core",
        )


def _in_order(names: Collection[str]) -> list[str]:
    known = [*KERNELS, *WEIGHTINGS]
    return sorted(names, key=lambda name: (known.index(name) if name in known else 99, name))


def _quote(names: Collection[Any]) -> str:
    return ", ".join(repr(name) for name in sorted(names, key=repr))
