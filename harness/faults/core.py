"""A core with a fault, and how it is named: "fault:NAME:CORE"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.cores.capability import capabilities_of
from harness.cores.product import wrap_product
from harness.cores.protocol import DrizzleCore
from harness.cores.registry import load_core, prepare_core
from harness.errors import UnsupportedCaseError, UsageError
from harness.faults import conduct, geometry, images, weights
from harness.faults.fault import Call, Fault
from harness.model import Capabilities, DrizzledProduct, DrizzleParams, Exposure

PREFIX = "fault"

FAULTS: dict[str, Fault] = {
    fault.name: fault for module in (geometry, weights, images, conduct) for fault in module.FAULTS
}
"""All faults by name."""


class FaultyCore:
    """A core that is wrong in one way.

    Parameters
    ----------
    core : DrizzleCore
        The core that is right.
    fault : Fault

    Raises
    ------
    UnsupportedCaseError
        If the fault is not possible with this core.
    """

    def __init__(self, core: DrizzleCore, fault: Fault) -> None:
        able = capabilities_of(core)
        why = why_not_possible(fault, able)
        if why:
            raise UnsupportedCaseError(
                why,
                where=f"fault {fault.name} of core {core.name}",
                remedy="Choose another fault, or another core",
            )
        self.name = f"{core.name}+{fault.name}"
        self.version = core.version
        self.capabilities: Capabilities = able
        self._right = core
        self._fault = fault
        self._kept: list[Any] = []

    def prepare(self) -> None:
        """Import what drizzling needs.

        Raises
        ------
        CoreError
            If that fails.
        """
        prepare_core(self._right)

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        """Combine exposures wrongly; see `harness.cores.protocol.DrizzleCore.drizzle`.

        Parameters
        ----------
        exposures : sequence of Exposure
            As for the core that is right.
        params : DrizzleParams
            Likewise.

        Returns
        -------
        DrizzledProduct
            Wrong in the way of the fault.
        """
        call = Call(exposures=exposures, params=params, drizzle=self._drizzle, kept=self._kept)
        return self._fault.wrong(call)

    def _drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        returned = self._right.drizzle(exposures, params)
        return wrap_product(self._right, self.capabilities, returned, exposures, params, {})


def why_not_possible(fault: Fault, able: Capabilities) -> str:
    """Say why a core of these capabilities cannot have a fault; empty where it can.

    Parameters
    ----------
    fault : Fault
        What is asked for.
    able : Capabilities
        Of the core.

    Returns
    -------
    str
        A sentence for the message.
    """
    if fault.changes_input and able.files:
        return "the core reads its input from files, which a fault does not rewrite"
    if fault.needs and not getattr(able, fault.needs):
        return f"the core makes no {fault.needs} image"
    return ""


def find_fault(name: str) -> Fault:
    """Return the fault of a name.

    Parameters
    ----------
    name : str
        As `drizzle-harness faults --list` prints it.

    Raises
    ------
    UsageError
        If there is none; the message lists those that exist.
    """
    if name not in FAULTS:
        raise UsageError(
            f"no fault is called {name!r}", where="faults", allowed=", ".join(sorted(FAULTS))
        )
    return FAULTS[name]


def make_faulty_core(text: str) -> FaultyCore:
    """Make the core that "fault:NAME:CORE" names (entry point `drizzle_harness.core_makers`).

    Parameters
    ----------
    text : str
        "NAME:CORE": a fault, and a core as `harness.cores.registry.load_core` takes it.

    Raises
    ------
    UsageError
        If the fault or the core does not exist.
    UnsupportedCaseError
        If the fault is not possible with that core.
    CoreError
        If the core itself cannot be loaded.
    """
    name, colon, core = text.partition(":")
    if not (colon and core):
        raise UsageError(
            f"core {PREFIX}:{text!s} names no core",
            where="faults",
            allowed=f"{PREFIX}:NAME:CORE, such as {PREFIX}:half-pixel-shift:drizzle",
        )
    return FaultyCore(load_core(core, prepare=False), find_fault(name))
