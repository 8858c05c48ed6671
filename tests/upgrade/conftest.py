"""Small packages on disk that environments are made of: no network, no compiler."""

import functools
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.side import parse_side

MakeWheel = Callable[..., Path]


@pytest.fixture
def make_wheel(tmp_path: Path) -> MakeWheel:
    """Return a function that writes a pure-Python wheel."""

    def make(
        name: str, version: str, files: dict[str, str], *, requires: tuple[str, ...] = ()
    ) -> Path:
        path = tmp_path / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
        written = files | {
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{one},,\n" for one in [*written, f"{info}/RECORD"])
        with zipfile.ZipFile(path, "w") as archive:
            for inside, text in (written | {f"{info}/RECORD": record}).items():
                archive.writestr(inside, text)
        return path

    return make


@pytest.fixture(scope="session")
def release() -> Callable[[str], Environment]:
    """Return a function that gives the environment of a released version, from the user's cache."""
    return functools.cache(lambda spec: prepare_environment(parse_side(spec)))
