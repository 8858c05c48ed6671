"""Lists what a package offers to its callers: modules, functions, classes, parameters.

usage: python inventory.py PACKAGE [MODULE ...]

Prints JSON: {"module": {"name": ["parameter", ...] or null}}. Null stands for what has no
signature; a list that begins with "(documented)" is what the docstring of a C function says.
Without modules, all of the package that do not begin with an underscore.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import sys
import warnings
from typing import Any


def list_modules(package: Any) -> list[str]:
    """Return the names of the public modules of a package, tests left out."""
    found = [package.__name__]
    # A package of one file has no path.
    for info in pkgutil.walk_packages(getattr(package, "__path__", ()), package.__name__ + "."):
        parts = info.name.split(".")
        if not any(part.startswith("_") or part in ("tests", "conftest") for part in parts):
            found.append(info.name)
    return found


def parameters_of(thing: Any) -> list[str] | None:
    """Return the names of the parameters of a callable, None where it does not tell them."""
    try:
        return [
            ("*" * (parameter.kind is parameter.VAR_POSITIONAL))
            + ("**" * (parameter.kind is parameter.VAR_KEYWORD))
            + name
            for name, parameter in inspect.signature(thing).parameters.items()
        ]
    except (TypeError, ValueError):
        return documented_parameters(thing)


def documented_parameters(thing: Any) -> list[str] | None:
    """Return the parameters that the first line of a C function's docstring lists, if it does."""
    line = (thing.__doc__ or "").strip().split("\n")[0]
    name = getattr(thing, "__name__", "")
    if not (line.startswith(name + "(") and ")" in line):
        return None
    inside = line[len(name) + 1 : line.index(")")]
    listed = [part.strip().split("=")[0] for part in inside.split(",") if part.strip()]
    return ["(documented)", *listed]


def offers(module: Any) -> dict[str, list[str] | None]:
    """Return the public callables of a module that are at home in its package."""
    root = module.__name__.split(".")[0]
    found: dict[str, list[str] | None] = {}
    for name in dir(module):
        thing = getattr(module, name)
        home = getattr(thing, "__module__", None) or ""
        at_home = home.split(".")[0] == root and (home == module.__name__ or "." not in home)
        if inspect.isbuiltin(thing) and not home:
            at_home = True
        if name.startswith("_") or not callable(thing) or not at_home:
            continue
        found[name] = parameters_of(thing)
        if inspect.isclass(thing):
            for key, member in vars(thing).items():
                if key.startswith("_"):
                    continue
                if inspect.isfunction(member):
                    found[name + "." + key] = parameters_of(member)
                elif isinstance(member, property):
                    found[name + "." + key] = None
    return found


def main() -> None:
    """Print the inventory of the package that is named first."""
    told: dict[str, dict[str, list[str] | None]] = {}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        package = importlib.import_module(sys.argv[1])
        for name in sys.argv[2:] or list_modules(package):
            try:
                told[name] = offers(importlib.import_module(name))
            except Exception as error:
                told[name] = {"": [type(error).__name__ + ": " + str(error)[:200]]}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
