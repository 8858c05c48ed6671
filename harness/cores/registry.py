"""Which cores there are: registered, named as "package.module:Attribute", or made from another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from harness.cores.capability import capabilities_of
from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError, HarnessError, UsageError
from harness.model import KERNELS, Capabilities

GROUP = "drizzle_harness.cores"
MAKERS = "drizzle_harness.core_makers"
"""Entry points that make a core from a text: "NAME:text" calls the one of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreDescription:
    """One line of the list of cores.

    Attributes
    ----------
    name : str
        The registered name, or the target of a core that is not registered.
    target : str
        "module:attribute" from which it is loaded.
    version : str or None
        None where the core cannot be loaded.
    capabilities : Capabilities or None
        None where the core cannot be loaded.
    reason : str
        Why it cannot be loaded.
    """

    name: str
    target: str
    version: str | None = None
    capabilities: Capabilities | None = None
    reason: str = ""


def list_cores() -> tuple[str, ...]:
    """Return the names of the registered cores, sorted, without importing any."""
    return tuple(sorted(_registered()))


def load_core(spec: str, *, prepare: bool = True, lean: bool = False) -> DrizzleCore:
    """Load one core and check that it keeps the protocol.

    Parameters
    ----------
    spec : str
        A name of `list_cores()`; or "package.module:Attribute", where the attribute is a core, a
        class of cores, or a function that returns one, both called without arguments; or
        "fault:NAME:CORE", a core that is wrong in a named way (see `harness.faults`).
    prepare : bool, optional
        Call `prepare_core`, too; without it nobody waits for the imports of a core of which only
        name, version and capabilities are asked.
    lean : bool, optional
        Take what the core's method `lean` returns, where it has one: the same pixels with less
        to import.

    Raises
    ------
    UsageError
        If no core of that name is registered.
    CoreError
        If it cannot be imported or made, or breaks the protocol.
    """
    where = f"core {spec}"
    entry = _find(spec)
    with _told(where, entry.value):
        made = entry.load()
        if entry.group == MAKERS:
            made = made(spec.partition(":")[2])
        # A core is used as it is; whatever else can be called makes one.
        if isinstance(made, type) or (callable(made) and not hasattr(made, "drizzle")):
            made = made()
        if lean and callable(getattr(made, "lean", None)):
            made = made.lean()
    core = _check_protocol(made, where)
    if prepare:
        prepare_core(core)
    return core


def prepare_core(core: DrizzleCore) -> None:
    """Let a core import what drizzling needs, by its method `prepare`, where it has one.

    Parameters
    ----------
    core : DrizzleCore
        Of any package.

    Raises
    ------
    CoreError
        If that fails.
    """
    prepare = getattr(core, "prepare", None)
    if callable(prepare):
        with _told(f"core {core.name} {core.version}", type(core).__module__):
            prepare()


@contextlib.contextmanager
def _told(where: str, target: str) -> Iterator[None]:
    """Turn whatever a core raises while it is loaded into an error that names it."""
    try:
        yield
    except HarnessError:
        raise
    except ImportError as error:
        raise CoreError(
            f"cannot be imported ({type(error).__name__}: {error})",
            where=where,
            remedy=f"Install the package that {target} needs, or leave the core out",
        ) from error
    except Exception as error:
        raise CoreError(
            f"cannot be made ({type(error).__name__}: {error})",
            where=where,
            allowed="a core, or a class or function that makes one without arguments",
        ) from error


def find_target(spec: str) -> str:
    """Return the "module:attribute" from which a core is loaded, without loading it.

    Parameters
    ----------
    spec : str
        A registered name.

    Raises
    ------
    UsageError
        If no core of that name is registered.
    """
    return _find(spec).value


def describe_cores(specs: tuple[str, ...] | None = None) -> tuple[CoreDescription, ...]:
    """Load cores and tell what each can do, or why it cannot be loaded.

    Parameters
    ----------
    specs : tuple of str, optional
        As for `load_core`; all registered cores where not given.

    Raises
    ------
    UsageError
        If a named core is not registered.
    """
    return tuple(_describe(spec) for spec in (list_cores() if specs is None else specs))


def _describe(spec: str) -> CoreDescription:
    target = _find(spec).value
    try:
        core = load_core(spec)
    except HarnessError as error:
        return CoreDescription(name=spec, target=target, reason=str(error))
    return CoreDescription(
        name=spec, target=target, version=core.version, capabilities=capabilities_of(core)
    )


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _find(spec: str) -> EntryPoint:
    known = _registered()
    if spec in known:
        return known[spec]
    module, colon, attribute = spec.partition(":")
    for maker in entry_points(group=MAKERS, name=module):
        return maker
    if not (module and colon and attribute):
        raise UsageError(
            f"no core is called {spec!r}",
            where="cores",
            allowed=f"{', '.join(sorted(known)) or 'none are registered'}, "
            'or "package.module:Attribute"',
            remedy="Name one of these, or install the package that registers the core",
        )
    return EntryPoint(name=spec, value=spec, group=GROUP)


def _check_protocol(core: Any, where: str) -> DrizzleCore:
    for attribute in ("name", "version"):
        if not hasattr(core, attribute):
            raise CoreError(
                f"type {type(core).__name__!r} has no attribute {attribute!r}",
                where=where,
                allowed="a core, with name, version, capabilities and drizzle(exposures, params)",
            )
        value = getattr(core, attribute)
        if not (isinstance(value, str) and value.strip()):
            raise CoreError(
                f"{attribute!r} is {value!r}", where=where, allowed="a non-empty string"
            )
    if not callable(getattr(core, "drizzle", None)):
        raise CoreError(
            f"a {type(core).__name__} has no method 'drizzle'",
            where=where,
            allowed="drizzle(exposures, params)",
            remedy="See harness.cores.protocol.DrizzleCore",
        )
    checked: DrizzleCore = core
    if not capabilities_of(checked).kernels:
        raise CoreError("has no kernels", where=where, allowed=", ".join(KERNELS))
    return checked
