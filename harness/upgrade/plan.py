"""What is compared in an upgrade, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.upgrade.check import USUAL, Family
from harness.upgrade.policy import Policy
from harness.upgrade.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePlan:
    """What is compared, and how much of it.

    Attributes
    ----------
    old, new : Side
    profile : {"quick", "standard", "full"}
    policy : Policy
    core : str
        "module:attribute" of the core, for packages that the harness does not know.
    processes : int
        For everything but the clock, which has the machine to itself.
    families : tuple of str
        What is looked at.
    frames_dir : Path or None
        Real frames, used before others.
    cache : Path or None
        Folder of the environments.
    uv : str, bool or None
        As `prepare_environment` takes it.
    refresh : bool
        Make the environments anew.
    clock_budget : float or None
        Seconds for the clock; the profile's where not given.
    """

    old: Side
    new: Side
    profile: str = "quick"
    policy: Policy = Policy()  # noqa: RUF009 - frozen
    core: str = ""
    processes: int = 1
    families: tuple[Family, ...] = USUAL
    frames_dir: Path | None = None
    cache: Path | None = None
    uv: str | bool | None = True
    refresh: bool = False
    clock_budget: float | None = None
