"""A core's own build, once, with every call of its compiler taken down."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.mutants.compiler_calls import Unit, read_calls
from harness.mutants.environment import make_environment, run_step
from harness.mutants.source import Sources

BUILD_FORMAT = 2
"""Of build.json; another number means that the build is made again."""
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
    run_step(
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
    made = read_calls(log, sources.folder, compiler, package, extension, sources.origin)
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


def _requirements(folder: Path) -> tuple[str, ...]:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return CLASSIC
    system = tomllib.loads(path.read_text(encoding="utf-8")).get("build-system", {})
    return tuple(system.get("requires", CLASSIC))


def _load(plain: dict[str, Any]) -> Build:
    units = tuple(
        Unit(**{**one, "arguments": tuple(one["arguments"])}) for one in plain.pop("units")
    )
    paths: dict[str, Any] = {
        name: Path(plain.pop(name)) for name in ("root", "package", "environment")
    }
    return Build(units=units, **paths, **{**plain, "link": tuple(plain["link"])})
