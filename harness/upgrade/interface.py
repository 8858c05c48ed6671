"""What the two sides offer to callers: modules, names and parameters that vanished or came."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from harness.errors import EnvironmentBuildError
from harness.upgrade import foreign
from harness.upgrade.check import Check, State
from harness.upgrade.environments import Environment

SCRIPT = Path(foreign.__file__).with_name("inventory.py")
LIMIT = 300.0
"""Seconds to import all modules; some of drizzlepac's take 15 on a busy machine."""

DOCUMENTED = "(documented)"
"""Begins parameters that are known from a docstring alone."""

Inventory = dict[str, dict[str, list[str] | None]]


def take_inventory(environment: Environment, modules: tuple[str, ...] = ()) -> Inventory:
    """List the modules, names and parameters that a side offers.

    Parameters
    ----------
    environment : Environment
    modules : tuple of str, optional
        Only these modules; all public ones where not given.

    Raises
    ------
    EnvironmentBuildError
        If the package cannot be imported there.
    """
    command = [str(environment.python), "-I", str(SCRIPT), environment.side.package, *modules]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        trouble = answer.stderr.strip().splitlines()[-3:] if answer.returncode else []
    except subprocess.TimeoutExpired:
        trouble = [f"no answer within {LIMIT:g} s"]
    if trouble or not answer.stdout.strip():
        raise EnvironmentBuildError(
            f"cannot be imported: {' '.join(trouble) or 'it says nothing'}",
            where=environment.label,
            remedy="Name what is missing with --with",
        )
    found: Inventory = json.loads(answer.stdout.strip().splitlines()[-1])
    return found


def compare_inventories(old: Inventory, new: Inventory) -> list[Check]:
    """Compare what two sides offer, module by module and name by name."""
    checks = []
    for module in sorted({*old, *new}):
        if module not in new:
            names = ", ".join(sorted(old[module])) or "no names"
            told = f"the module {module} is gone, and with it {names}"
            checks.append(_check(module, State.VANISHED, told, "there", "gone"))
        elif module not in old:
            told = f"the module {module} is new"
            checks.append(_check(module, State.ADDED, told, "absent", "there"))
        else:
            checks += _compare_module(module, old[module], new[module])
    return checks


def _compare_module(
    module: str, old: dict[str, list[str] | None], new: dict[str, list[str] | None]
) -> list[Check]:
    if "" in new and "" not in old:
        reason = (new[""] or [""])[0]
        told = f"the module {module} can no longer be imported ({reason})"
        return [_check(module, State.VANISHED, told, "there", reason)]
    if "" in old and "" not in new:
        told = f"the module {module} can be imported now"
        return [_check(module, State.FIXED, told, (old[""] or [""])[0], "there")]
    checks = []
    for name in sorted({*old, *new} - {""}):
        whole = f"{module}.{name}"
        if name not in new:
            told = f"{whole} is gone; new in {module}: {', '.join(_came(old, new)) or 'nothing'}"
            checks.append(_check(whole, State.VANISHED, told, "there", "gone"))
        elif name not in old:
            checks.append(_check(whole, State.ADDED, f"{whole} is new", "absent", "there"))
        else:
            checks += _compare_parameters(whole, old[name], new[name])
    return checks or [_check(module, State.SAME, "offers the same names", "", "")]


def _compare_parameters(whole: str, old: list[str] | None, new: list[str] | None) -> list[Check]:
    if old == new or old is None or new is None:
        return []
    went = [name for name in old if name not in new]
    came = [name for name in new if name not in old]
    shown = (f"({', '.join(old)})", f"({', '.join(new)})")
    if DOCUMENTED in (*old[:1], *new[:1]):
        # Such a line may be out of date; the calls tell what is taken.
        told = f"the documentation of {whole} lists other parameters"
        return [_check(f"{whole}/documented", State.REWORDED, told, *shown)]
    takes_all = any(name.startswith("**") for name in new)
    checks = []
    for name in went:
        told = f"{whole} has no parameter {name} any more; new: {', '.join(came) or 'none'}"
        state = State.CHANGED if takes_all else State.VANISHED
        checks.append(_check(f"{whole}/{name}", state, told, *shown))
    if came:
        told = f"{whole} has new parameters: {', '.join(came)}"
        checks.append(_check(f"{whole}/new", State.ADDED, told, *shown))
    kept_old, kept_new = ([n for n in names if n not in went + came] for names in (old, new))
    moved = [
        name
        for name in kept_old
        if name in kept_new and old.index(name) != new.index(name) and old[:1] == new[:1]
    ]
    if moved:
        told = f"{', '.join(moved)} of {whole} moved: positional calls mean something else"
        checks.append(_check(f"{whole}/order", State.CONVENTION, told, *shown))
    return checks


def _came(old: dict[str, list[str] | None], new: dict[str, list[str] | None]) -> list[str]:
    return [name for name in sorted(new) if name not in old]


def _check(what: str, state: State, message: str, old: str, new: str) -> Check:
    return Check(
        name=f"interface/{what}",
        family="interface",
        state=state,
        message=message,
        old=old,
        new=new,
        metric="" if state is State.SAME else "interface",
    )
