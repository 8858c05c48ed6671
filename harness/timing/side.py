"""What is timed: a core in its environment, and the exposures that it is given."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.cores.registry import find_target
from harness.errors import GeometryError
from harness.model import DrizzleParams, Exposure
from harness.timing.workload import Workload, prepare

ARRAYS = ("data", "weight_map", "dq", "pixmap")
LEFT_OUT = {*ARRAYS, "variance", "wcs", "flat", "path", "origin"}
"""Fields of an exposure that are no scalars; those that are no arrays either stay behind, for a
core that is timed works on pixmaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedSide:
    """One of the two cores that are compared.

    Attributes
    ----------
    label : str
        How messages and reports name it, such as "drizzle 2.2.0".
    target : str
        "package.module:attribute" or "/path/file.py:attribute" of a core, a class of cores or a
        function that makes one, as for `harness.cores.registry.load_core`. It is loaded in the
        side's own process and may need only what is installed there.
    python : str
        Interpreter of the environment in which the core is installed.
    paths : tuple of str
        Folders that are put before that interpreter's import path.
    variables : mapping of str to str
        Environment variables, added to those of this process without its PYTHON* ones.
    """

    label: str
    target: str
    python: str = sys.executable
    paths: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TimedCase:
    """Exposures and parameters under a name.

    Attributes
    ----------
    name : str
    exposures : tuple of Exposure
        With pixmaps.
    params : DrizzleParams
    """

    name: str
    exposures: tuple[Exposure, ...]
    params: DrizzleParams


def make_side(spec: str, *, python: str = "") -> TimedSide:
    """Return the side of a core that is named as for `harness.cores.registry.load_core`.

    Parameters
    ----------
    spec : str
    python : str, optional
        Interpreter of another environment; adapters of the harness are then loaded by their files,
        for the harness need not be installed there.

    Raises
    ------
    UsageError
        If no core of that name is registered.
    """
    target = find_target(spec)
    if not python:
        return TimedSide(label=spec, target=target)
    module, _, attribute = target.rpartition(":")
    if module.startswith("harness."):
        found = importlib.util.find_spec(module)
        target = f"{found.origin if found else module}:{attribute}"
    return TimedSide(label=f"{spec} of {python}", target=target, python=python)


def make_case(workload: Workload) -> TimedCase:
    """Return the exposures of a workload under its identifier."""
    exposures, params = prepare(workload)
    return TimedCase(name=workload.id, exposures=exposures, params=params)


def write_case(case: TimedCase, folder: Path) -> dict[str, str]:
    """Write a case so that a process in any environment can read it.

    Parameters
    ----------
    case : TimedCase
    folder : Path
        Of this case alone; made where it is not there.

    Returns
    -------
    dict
        "name", and under "arrays" and "facts" the files.

    Raises
    ------
    GeometryError
        If an exposure has no pixmap.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    facts = []
    for number, exposure in enumerate(case.exposures):
        if exposure.pixmap is None:
            raise GeometryError(
                "has no pixmap",
                where=f"{case.name}, exposure {exposure.name}[{exposure.chip}]",
                remedy="Call harness.geometry.project first",
            )
        for name in ARRAYS:
            array = getattr(exposure, name)
            if array is not None:
                arrays[f"{number}.{name}"] = array
        for plane, image in enumerate(exposure.variance):
            arrays[f"{number}.variance.{plane}"] = image
        scalars = {
            one.name: getattr(exposure, one.name)
            for one in dataclasses.fields(exposure)
            if one.name not in LEFT_OUT
        }
        facts.append(
            {**scalars, "wcs": None, "path": None, "variance_planes": len(exposure.variance)}
        )
    params = {
        one.name: getattr(case.params, one.name)
        for one in dataclasses.fields(case.params)
        if one.name != "grid"
    }
    params["grid"] = {
        "shape": list(case.params.grid.shape),
        "pixel_scale": case.params.grid.pixel_scale,
    }
    np.savez(folder / "arrays.npz", **arrays)  # type: ignore[arg-type] # keys are names of arrays
    (folder / "facts.json").write_text(
        json.dumps({"exposures": facts, "params": params}), encoding="utf-8"
    )
    return {
        "name": case.name,
        "arrays": str(folder / "arrays.npz"),
        "facts": str(folder / "facts.json"),
    }


def write_cases(cases: Sequence[TimedCase], folder: Path) -> list[dict[str, str]]:
    """Write several cases, each into a folder of its own."""
    return [write_case(case, folder / f"{number:03d}") for number, case in enumerate(cases)]
