"""What old releases need beyond their own metadata, as data: `fixtures/environments/*.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import FixtureError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.upgrade.side import Side

FOLDER = "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Requirements that some releases need and do not state.

    Attributes
    ----------
    versions : str
        Version specifiers of the releases, such as "<1.14.4".
    requirements : tuple of str
        What is installed with them.
    build_constraints : tuple of str
        What holds for the isolated environment that builds an sdist.
    reason : str
        What goes wrong without.
    python : str
        Version specifiers of the interpreters that need it; empty for all.
    """

    __pydantic_config__ = STRICT

    versions: str
    reason: str
    requirements: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFile:
    """The content of one file; its stem is the package."""

    __pydantic_config__ = STRICT

    recipe: tuple[Recipe, ...]


def find_recipes(side: Side, python_version: str) -> tuple[Recipe, ...]:
    """Return the recipes that a side needs.

    Only a side whose package and version are known before it is installed can have any.

    Raises
    ------
    FixtureError
        If a file is wrong.
    """
    files = list_fixtures(FOLDER)
    if not side.version or side.package not in files:
        return ()
    path = files[side.package]
    return tuple(
        recipe
        for recipe in load_fixture(path, RecipeFile).recipe
        if _within(recipe.versions, side.version, str(path))
        and _within(recipe.python, python_version, str(path))
    )


def _within(specifiers: str, version: str, where: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifiers).contains(Version(version), prereleases=True)
    except InvalidSpecifier as error:
        raise FixtureError(
            f"versions are {specifiers!r}", where=where, allowed='specifiers such as ">=2,<3"'
        ) from error
    except InvalidVersion:
        return False
