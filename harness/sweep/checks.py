"""Whether a sweep can be run as it was planned, seen before anything is read or made."""

from __future__ import annotations

from typing import get_args

from harness.cores.capability import capabilities_of
from harness.cores.registry import list_cores, load_core
from harness.errors import UsageError
from harness.model import KERNELS, Weighting
from harness.sweep.plan import SweepPlan


def check_plan(plan: SweepPlan) -> SweepPlan:
    """Return the plan if every value of it can be.

    Parameters
    ----------
    plan : SweepPlan
        As asked for.

    Returns
    -------
    SweepPlan
        The same.

    Raises
    ------
    UsageError
        Naming the option, the value, and what is allowed.
    """
    for pixfrac in plan.pixfracs:
        if not 0.0 <= pixfrac <= 1.0:
            raise UsageError(f"has {pixfrac!r}", where="--pixfrac", allowed="0 to 1")
    for scale in plan.scales:
        if not scale > 0:
            raise UsageError(f"has {scale:g}", where="--scale", allowed="arcsec above 0")
    for kernel in plan.kernels:
        if kernel not in KERNELS:
            raise UsageError(f"has {kernel!r}", where="--kernel", allowed=", ".join(KERNELS))
    if plan.weighting not in get_args(Weighting):
        allowed = ", ".join(get_args(Weighting))
        raise UsageError(f"is {plan.weighting!r}", where="--weighting", allowed=allowed)
    if bool(plan.scene) == bool(plan.files):
        raise UsageError(
            "names files and a scene" if plan.scene else "names neither files nor a scene",
            where="sweep",
            allowed="FRAMES (files, folders, patterns) or --scene NAME",
        )
    return plan


def check_cores(plan: SweepPlan) -> None:
    """Raise if a core is neither registered nor named by module:attribute.

    Nothing is imported: a core may be slow to load, or end the process that loads it.

    Parameters
    ----------
    plan : SweepPlan
        Its `cores` count.

    Raises
    ------
    UsageError
        Listing the registered cores.
    """
    known = list_cores()
    for spec in plan.cores:
        if spec not in known and ":" not in spec:
            load_core(spec)


def can_clip(plan: SweepPlan) -> bool:
    """Tell whether drizzling the region alone gives what drizzling whole frames gives there.

    Cores that read files drizzle what the files hold. Cores that are not registered are not
    asked, for that would import them here.

    Parameters
    ----------
    plan : SweepPlan
        Its region and its cores count.

    Raises
    ------
    CoreError
        If a registered core cannot be loaded, or its capabilities are wrong.
    """
    known = list_cores()
    return plan.region.kind == "sky_box" and all(
        spec in known and not capabilities_of(load_core(spec, prepare=False)).files
        for spec in plan.cores
    )
