"""What the calls of a compiler tell: each source, how it is compiled, and how all are linked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from harness.errors import CoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One C source and how it is compiled.

    Attributes
    ----------
    source : str
        Path below the root of the sources.
    folder : str
        In which the compiler was called, below the root.
    arguments : tuple of str
        Of the compiler, without the source and the object.
    """

    source: str
    folder: str
    arguments: tuple[str, ...]


def read_calls(
    log: Path, root: Path, compiler: str, package: Path, extension: str, origin: str
) -> dict[str, Any]:
    """Return the fields of `Build` that the calls of the compiler tell.

    Raises
    ------
    CoreError
        If the build made no C extension, several, or none of that name.
    """
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    units, links = {}, []
    for call in calls:
        arguments, folder = call["arguments"], Path(call["folder"])
        if "-c" in arguments and "-o" in arguments:
            unit, made = _read_compilation(arguments, folder, root)
            if unit is not None:
                units[made] = unit
        elif "-shared" in arguments and "-o" in arguments:
            links.append((folder, arguments))
    found = {}
    for folder, arguments in links:
        target = Path(arguments[arguments.index("-o") + 1]).name
        for path in package.rglob(target):
            module = ".".join(path.relative_to(package).parts)
            for suffix in sorted(EXTENSION_SUFFIXES, key=len, reverse=True):
                module = module.removesuffix(suffix)
            found[module] = (path, folder, arguments)
    chosen = extension or (next(iter(found)) if len(found) == 1 else "")
    if chosen not in found:
        raise CoreError(
            f"the build of {origin} made {len(found)} C extensions"
            + (f", none of them {extension}" if extension else ""),
            where=str(log),
            allowed=", ".join(found) or "a package whose build honours the variable CC",
            remedy="Name one with --extension" if found else "",
        )
    path, folder, arguments = found[chosen]
    objects = [(folder / one).resolve() for one in arguments if one.endswith((".o", ".obj"))]
    place = arguments.index("-o")
    rest = [*arguments[:place], *arguments[place + 2 :]]
    return {
        "extension": chosen,
        "target": str(path.relative_to(package)),
        "compiler": compiler,
        "units": tuple(units[one] for one in objects if one in units),
        "link": tuple(one for one in rest if not one.endswith((".o", ".obj"))),
    }


def _read_compilation(arguments: list[str], folder: Path, root: Path) -> tuple[Unit | None, Path]:
    place = arguments.index("-o")
    made = (folder / arguments[place + 1]).resolve()
    rest = [*arguments[:place], *arguments[place + 2 :]]
    sources = [one for one in rest if one.endswith((".c", ".cc", ".cpp", ".cxx"))]
    if len(sources) != 1:
        return None, made
    source = (folder / sources[0]).resolve()
    if not source.is_relative_to(root.resolve()):
        return None, made
    unit = Unit(
        source=str(source.relative_to(root.resolve())),
        folder=str(folder.resolve().relative_to(root.resolve())),
        arguments=tuple(one for one in rest if one not in (sources[0], "-c", "-g")),
    )
    return unit, made
