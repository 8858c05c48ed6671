"""Where the data files of the harness are, and how a TOML file becomes frozen dataclasses."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from harness.errors import FixtureError

T = TypeVar("T")


class OfReleases(Protocol):
    """The content of a file that speaks of a core and of some of its releases."""

    @property
    def core(self) -> str:
        """Name."""

    @property
    def core_versions(self) -> str:
        """Version specifiers, such as ">=3.0,<3.1"."""


Released = TypeVar("Released", bound=OfReleases)

STRICT = {"extra": "forbid"}
"""What a dataclass that is read from a fixture sets as `__pydantic_config__`: no unknown keys."""


MISSING, UNKNOWN = "missing", ("unexpected_keyword_argument", "extra_forbidden")
"""What pydantic calls keys that are not there, and keys that nobody asked for."""
MOST_FAULTS = 4
"""Wrong keys of a file that an error names."""
MOST_SHOWN = 80
"""Characters of a wrong value that an error shows."""


def fixtures_dir() -> Path:
    """Return the folder of detectors, dither patterns, manifests, specifications and cases.

    It lies inside the installed package, or beside it in a checkout.
    """
    package = Path(__file__).resolve().parent
    inside = package / "fixtures"
    return inside if inside.is_dir() else package.parent / "fixtures"


def list_fixtures(folder: str) -> dict[str, Path]:
    """List the TOML files of one folder of fixtures by stem.

    Parameters
    ----------
    folder : str
        Name below `fixtures_dir()`, such as "detectors".

    Returns
    -------
    dict
        File stem to path, in alphabetical order.
    """
    return {path.stem: path for path in sorted((fixtures_dir() / folder).glob("*.toml"))}


def find_fixture(folder: str, name: str) -> Path:
    """Return the TOML file called `name` in a folder of fixtures.

    Raises
    ------
    FixtureError
        If there is none; the message lists those that exist.
    """
    known = list_fixtures(folder)
    if name not in known:
        raise FixtureError(
            f"no {name!r} in {folder}",
            where=str(fixtures_dir() / folder),
            allowed=", ".join(known) or "nothing yet",
            remedy="Name one of these, or add a TOML file of that name",
        )
    return known[name]


def read_toml(path: Path) -> dict[str, Any]:
    """Read one TOML file.

    Raises
    ------
    FixtureError
        If the file is missing, is not text, or is not TOML; the message carries the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FixtureError(
            f"cannot be read ({reason})", where=str(path), remedy="Check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FixtureError(
            f"is not TOML ({error})", where=str(path), remedy="Correct that line"
        ) from error


def load_fixture(path: Path, kind: type[T]) -> T:
    """Read one TOML file into a frozen dataclass, every key checked.

    Parameters
    ----------
    path : Path
        The file.
    kind : type
        A dataclass whose `__pydantic_config__` (and that of every dataclass in it) is `STRICT`;
        unknown keys, missing keys and wrong types are errors.

    Raises
    ------
    FixtureError
        Naming the file, the key, the value and what is allowed.
    """
    return check_fixture(read_toml(path), kind, where=str(path))


def load_released(
    folder: str, kind: type[Released], core: str, version: str
) -> Iterator[tuple[Path, Released]]:
    """Give the files of a folder of fixtures that speak of a release of a core, with their content.

    Parameters
    ----------
    folder : str
        As for `list_fixtures`.
    kind : type
        As for `load_fixture`, with the keys `core` and `core_versions`.
    core, version : str

    Raises
    ------
    FixtureError
        If a file cannot be read, or has a wrong key or type.
    """
    from packaging.specifiers import SpecifierSet

    for path in list_fixtures(folder).values():
        content = load_fixture(path, kind)
        # Development versions of a core are what gates are run on.
        covered = SpecifierSet(content.core_versions).contains(version, prereleases=True)
        if content.core == core and covered:
            yield path, content


def check_fixture(content: Any, kind: type[T], *, where: str) -> T:
    """Turn plain data into a frozen dataclass.

    Parameters
    ----------
    content : object
        What was read.
    kind : type
        The dataclass, whose fields are checked by pydantic.
    where : str
        The file, for errors.

    Raises
    ------
    FixtureError
        If a key is missing, unknown, or of the wrong type; the message names the first ones.
    """
    import pydantic

    try:
        found: T = _adapter_of(typing.cast("Any", kind)).validate_python(content)
    except pydantic.ValidationError as error:
        faults = error.errors()
        # A key that is not known is often the one that is missing, under another name.
        shown = [_tell_fault(fault) for fault in faults[:MOST_FAULTS]]
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise FixtureError(
            f"{'; '.join(shown)}{more}",
            where=where,
            allowed=_tell_allowed(faults[0], kind),
            remedy="Correct the file there",
        ) from error
    return found


def _tell_allowed(fault: Any, kind: Any) -> str:
    """Say what a key may hold or, of a key that is missing or not known, which keys there are."""
    if fault["type"] not in (*UNKNOWN, MISSING):
        return str(fault["msg"])
    for step in fault["loc"][:-1]:
        hints = typing.get_type_hints(kind) if dataclasses.is_dataclass(kind) else {}
        kind = hints.get(step, kind)
        within = [one for one in typing.get_args(kind) if dataclasses.is_dataclass(one)]
        kind = within[0] if within else kind
    known = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return f"the keys {', '.join(field.name for field in known)}" if known else str(fault["msg"])


@functools.cache
def _adapter_of(kind: Any) -> Any:
    """Let pydantic read a dataclass once: that takes longer than to read a file by it."""
    import pydantic

    return pydantic.TypeAdapter(kind)


def _tell_fault(fault: Any) -> str:
    """Say what pydantic found at one key."""
    key = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == MISSING:
        return f"key {key!r} is missing"
    shown = repr(fault.get("input"))
    value = shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 3] + "..."
    if fault["type"] in UNKNOWN:
        return f"key {key!r} has {value}, and no such key is known"
    return f"key {key!r} has {value}"
