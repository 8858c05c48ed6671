"""One upgrade from end to end: environments, comparison, clock, policy, record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.upgrade.callers import compare_calls, load_calls, run_calls
from harness.upgrade.check import FAMILIES, USUAL, Check
from harness.upgrade.clock import compare_speed
from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.instructions import compare_work
from harness.upgrade.interface import compare_inventories, take_inventory
from harness.upgrade.pair import part_of
from harness.upgrade.plan import UpgradePlan
from harness.upgrade.policy import rule
from harness.upgrade.record import describe_side, make_record
from harness.upgrade.tasks import Tell, list_tasks, run_tasks

INTERFACE_MODULES = {
    "drizzlepac": (
        "drizzlepac.ablot", "drizzlepac.adrizzle", "drizzlepac.align", "drizzlepac.astrodrizzle",
        "drizzlepac.cdriz", "drizzlepac.createMedian", "drizzlepac.drizCR", "drizzlepac.mapreg",
        "drizzlepac.minmed", "drizzlepac.processInput", "drizzlepac.resetbits",
        "drizzlepac.staticMask", "drizzlepac.tweakback", "drizzlepac.tweakreg",
    ),
}  # fmt: skip
"""Modules that are looked at, of packages whose other ones do not drizzle; all of the others."""


def run_upgrade(plan: UpgradePlan, tell: Tell = lambda line: None) -> dict[str, Any]:
    """Compare two sides and return the record.

    Parameters
    ----------
    plan : UpgradePlan
    tell : callable, optional
        Gets a line for each step.

    Raises
    ------
    UsageError
        If a side is not known, or cannot be called.
    EnvironmentBuildError
        If a side cannot be installed.
    CoreError
        If a side cannot drizzle at all.
    FixtureError
        If the file of callers' code cannot be read.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "environments"):
        environments = [
            prepare_environment(side, cache=plan.cache, uv=plan.uv, refresh=plan.refresh, tell=tell)
            for side in (plan.old, plan.new)
        ]
    old, new = (part_of(one, plan.core) for one in environments)
    tell(f"{old.label} -> {new.label}, profile {plan.profile}")
    checks: list[Check] = []
    partial: list[str] = [f"{one} (left out)" for one in USUAL if one not in plan.families]
    with _timed(seconds, "callers"):
        found, left = _compare_callers(environments, plan)
        checks += found
        partial += left
    with _timed(seconds, "comparison"):
        checks += run_tasks(old, new, list_tasks(plan, old, new), plan, tell)
    clock = None
    if "clock" in plan.families:
        with _timed(seconds, "clock"):
            tell("timing both sides in turn")
            found, clock = compare_speed(
                old, new, plan.profile, sensitivity=plan.policy.sensitivity,
                budget=plan.clock_budget,
            )  # fmt: skip
            checks += [one for one in found if one.family in plan.families]
    if "instructions" in plan.families:
        with _timed(seconds, "instructions"):
            tell("counting the instructions of both sides")
            checks += compare_work(
                old, new, plan.profile, sensitivity=plan.policy.sensitivity,
                processes=plan.processes,
            )  # fmt: skip
    order = {family: number for number, family in enumerate(FAMILIES)}
    checks.sort(key=lambda check: (order[check.family], check.name))
    left_out = tuple(one for one in FAMILIES if one not in plan.families)
    ruled = rule(checks, plan.policy, left_out=left_out)
    return make_record(
        old=describe_side(environments[0]),
        new=describe_side(environments[1]),
        checks=checks,
        ruled=ruled,
        policy=plan.policy,
        profile=plan.profile,
        seconds=seconds,
        clock=clock,
        partial=partial,
    )


def _compare_callers(
    environments: list[Environment], plan: UpgradePlan
) -> tuple[list[Check], list[str]]:
    """Compare interfaces and callers' code; only sides of one package have the same callers."""
    old, new = environments
    package = new.side.package
    if old.side.package != package:
        return [], [f"interface and calls ({old.side.package} and {package} have other callers)"]
    checks: list[Check] = []
    if "interface" in plan.families:
        modules = INTERFACE_MODULES.get(package, ())
        checks += compare_inventories(take_inventory(old, modules), take_inventory(new, modules))
    calls = load_calls(package)
    if "call" in plan.families and calls:
        checks += compare_calls(calls, run_calls(old, calls), run_calls(new, calls))
    return checks, [] if calls else [f"calls (nothing is known of callers of {package})"]


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - start, 2)
