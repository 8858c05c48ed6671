"""Specifications, read from their files and held against contradictions and unknown names."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

from harness.errors import SpecificationError
from harness.fixture_data import STRICT, fixtures_dir, load_fixture
from harness.gates.metric import METRICS, Metric, load_metrics
from harness.gates.specification import Specification
from harness.model import KERNELS, WEIGHTINGS, Pixels

IMAGES = ("context", "dq", "variance")
"""The images beside science and weight that a core may lack, by their names in `Capabilities`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationFile:
    """The content of one file: one `[[specification]]` table a specification.

    Attributes
    ----------
    specification : tuple of Specification
        In the order of the file.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    specification: tuple[Specification, ...]


def load_specifications(
    folder: Path | None = None, metrics: Mapping[str, Metric] | None = None
) -> tuple[Specification, ...]:
    """Read and check all specifications.

    Parameters
    ----------
    folder : Path, optional
        Another folder of TOML files than the one that ships with the harness.
    metrics : mapping, optional
        Name to definition; by default those of `metrics.toml` in the same folder.

    Returns
    -------
    tuple of Specification
        By file in alphabetical order, then as they stand in it.

    Raises
    ------
    FixtureError
        If a file cannot be read or has a wrong key or type.
    SpecificationError
        If a specification contradicts itself, names what does not exist, or stands twice.
    """
    folder = folder or fixtures_dir() / "specifications"
    if metrics is None:
        metrics = load_metrics(folder / f"{METRICS}.toml")
    found: dict[str, Specification] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.stem == METRICS:
            continue
        for read in load_fixture(path, SpecificationFile).specification:
            specification = dataclasses.replace(read, source=str(path))
            _check(specification, metrics)
            if specification.name in found:
                raise _contradiction(
                    specification,
                    f"is also in {found[specification.name].source}",
                    "a name that is used once",
                )
            found[specification.name] = specification
    if not found:
        raise SpecificationError(
            "holds no specification", where=str(folder), remedy="Name a folder of TOML files"
        )
    return tuple(found.values())


def _check(specification: Specification, metrics: Mapping[str, Metric]) -> None:
    if specification.metric not in metrics:
        raise _contradiction(
            specification, f"names the metric {specification.metric!r}", ", ".join(metrics)
        )
    for key in ("name", "tolerance", "reason", "meaning", "remedy"):
        if not getattr(specification, key).strip():
            raise _contradiction(specification, f"has an empty {key}", "a sentence or a name")
    _check_limit(specification)
    _check_applicability(specification)
    if specification.level == "stretch" and not specification.limit.advisory:
        raise _contradiction(
            specification,
            "has level 'stretch' and a limit that fails",
            "a goal: 'stretch' with advisory = true",
        )


def _check_limit(specification: Specification) -> None:
    limit = specification.limit
    kinds = [key for key in ("max", "min", "equal", "within") if getattr(limit, key) is not None]
    if len(kinds) != 1 and kinds != ["max", "min"]:
        raise _contradiction(
            specification,
            f"has limits of the kinds {kinds}",
            "max, min, max and min, equal, or within",
        )
    bounds = [bound for bound in (limit.max, limit.min) if bound is not None]
    if any(math.isnan(bound) for bound in bounds):
        raise _contradiction(specification, "has a limit that is not a number", "a number")
    if limit.max is not None and limit.min is not None and limit.min > limit.max:
        raise _contradiction(
            specification, f"has min {limit.min:g} above max {limit.max:g}", "min <= max"
        )
    if limit.within is None:
        return
    widths = [width for width in dataclasses.astuple(limit.within) if width is not None]
    if not widths:
        raise _contradiction(
            specification, "has a within without a width", "relative, absolute, sigmas"
        )
    if not all(math.isfinite(width) and width >= 0 for width in widths):
        raise _contradiction(
            specification, f"has the widths {widths} in within", "finite numbers, 0 or more"
        )


def _check_applicability(specification: Specification) -> None:
    applies = specification.applies_to
    _check_names(specification, "kernels", applies.kernels, KERNELS)
    _check_names(specification, "weightings", applies.weightings, WEIGHTINGS)
    _check_names(specification, "pixels", applies.pixels, get_args(Pixels))
    _check_names(specification, "needs", applies.needs, IMAGES)
    for key in ("pixfrac", "scale"):
        span = getattr(applies, key)
        if span is not None and not span[0] <= span[1]:
            raise _contradiction(
                specification, f"applies to {key} {list(span)}", "[smallest, largest]"
            )
    both = sorted(set(applies.tags) & set(applies.without_tags))
    if both:
        raise _contradiction(
            specification, f"wants and excludes the tags {both}", "a tag in one of the two lists"
        )


def _check_names(
    specification: Specification, key: str, named: Iterable[str], known: Iterable[str]
) -> None:
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise _contradiction(
            specification, f"applies to the {key} {unknown}, which do not exist", ", ".join(known)
        )


def _contradiction(specification: Specification, found: str, allowed: str) -> SpecificationError:
    return SpecificationError(
        found,
        where=f"{specification.source}: specification {specification.name!r}",
        allowed=allowed,
        remedy="Correct the specification",
    )
