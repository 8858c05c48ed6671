"""A core's own build, once, with every call of its compiler taken down."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import asdict, dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from harness.errors import CoreError
from harness.mutants.source import Sources

BUILD_FORMAT = 2
"""Of build.json; another number means that the build is made again."""
SHARED_VERSIONS = ("numpy", "astropy")
"""Packages whose headers an extension may be compiled against: of the version that it will run
with, that of the environment of the harness."""
CLASSIC = ("setuptools>=61", "wheel")
"""What a package without [build-system] is built with."""
RECORDER = """\
#!{python}
import json, os, sys
with open({log!r}, "a") as stream:
    stream.write(json.dumps({{"folder": os.getcwd(), "arguments": sys.argv[1:]}}) + "\\n")
os.execvp({compiler!r}, [{compiler!r}, *sys.argv[1:]])
"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A built package.

    Attributes
    ----------
    root : Path
        The sources.
    package : Path
        Folder with the installed package, for sys.path.
    environment : Path
        Interpreter of the private environment that it was built in.
    name : str
        Of the distribution.
    extension : str
        Module name of the extension, "drizzle.cdrizzle".
    target : str
        Its file below `package`.
    compiler : str
    units : tuple of Unit
    link : tuple of str
        Arguments of the linker without objects and output.
    """

    root: Path
    package: Path
    environment: Path
    name: str
    extension: str
    target: str
    compiler: str
    units: tuple[Unit, ...]
    link: tuple[str, ...]


def build(sources: Sources, out: Path, *, extension: str = "") -> Build:
    """Build a package from its sources in an environment of its own, or take up that of before.

    Parameters
    ----------
    sources : Sources
    out : Path
        Folder for the environment, the wheel and build.json.
    extension : str, optional
        Which extension module is meant, where the package has several.

    Raises
    ------
    CoreError
        If the build fails, or makes no C extension, or several and none was named.
    """
    record = out / "build.json"
    if record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        if (known.get("format"), known.get("sha256")) == (BUILD_FORMAT, sources.sha256):
            return _load(known["build"])
    python = make_environment(out / "environment", _requirements(sources.folder))
    log = out / "compiler.jsonl"
    log.unlink(missing_ok=True)
    compiler = os.environ.get("CC", "cc").split()[0]
    recorder = out / "cc"
    recorder.write_text(RECORDER.format(python=sys.executable, log=str(log), compiler=compiler))
    recorder.chmod(0o755)
    wheels = out / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    shutil.rmtree(sources.folder / "build", ignore_errors=True)
    _run(
        [str(python), "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(wheels), str(sources.folder)],
        f"building {sources.origin}",
        CC=str(recorder),
    )  # fmt: skip
    wheel = next(wheels.glob("*.whl"))
    package = out / "package"
    shutil.rmtree(package, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(package)
    made = _read_log(log, sources.folder, compiler, package, extension, sources.origin)
    built = Build(
        root=sources.folder,
        package=package,
        environment=python,
        name=wheel.name.split("-")[0],
        **made,
    )
    plain = {"format": BUILD_FORMAT, "sha256": sources.sha256, "build": asdict(built)}
    record.write_text(json.dumps(plain, default=str, indent=1) + "\n", encoding="utf-8")
    return built


def make_environment(folder: Path, requirements: tuple[str, ...]) -> Path:
    """Make an environment with pip, install requirements, and return its interpreter.

    Raises
    ------
    CoreError
        If it cannot be made, or a requirement not be installed.
    """
    python = folder / "bin" / "python"
    if not python.is_file():
        _run([sys.executable, "-m", "venv", str(folder)], f"making {folder}")
    if not requirements:
        return python
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={one}\n" for name, one in _shared_versions().items()))
    _run(
        [str(python), "-m", "pip", "install", "--quiet", "--upgrade",
         "--constraint", str(constraints), *requirements],
        f"installing {', '.join(requirements)} into {folder}",
    )  # fmt: skip
    return python


def _shared_versions() -> dict[str, str]:
    found = {}
    for name in SHARED_VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _requirements(folder: Path) -> tuple[str, ...]:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return CLASSIC
    system = tomllib.loads(path.read_text(encoding="utf-8")).get("build-system", {})
    return tuple(system.get("requires", CLASSIC))


def _read_log(
    log: Path, root: Path, compiler: str, package: Path, extension: str, origin: str
) -> dict[str, Any]:
    """Return the fields of `Build` that the calls of the compiler tell."""
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


def _load(plain: dict[str, Any]) -> Build:
    units = tuple(
        Unit(**{**one, "arguments": tuple(one["arguments"])}) for one in plain.pop("units")
    )
    paths: dict[str, Any] = {
        name: Path(plain.pop(name)) for name in ("root", "package", "environment")
    }
    return Build(units=units, **paths, **{**plain, "link": tuple(plain["link"])})


def _run(command: list[str], what: str, **variables: str) -> None:
    environment = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CoreError(f"{what} failed:\n{end}", where="mutants", remedy="See the messages above")
