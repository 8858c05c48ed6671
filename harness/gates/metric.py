"""What each number means: the metrics as data, read from `fixtures/specifications/metrics.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import SpecificationError
from harness.fixture_data import STRICT, find_fixture, load_fixture

METRICS = "metrics"
"""Stem of the file of definitions; every other file of its folder holds specifications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The definition of one measured quantity.

    Attributes
    ----------
    name : str
        Concern and quantity, such as "coverage.hole_fraction".
    unit : str
        Unit as astropy writes it, "" for none.
    definition : str
        How the value follows from the product.
    formula : str
        The same in TeX, for the documentation.
    region : str
        Where the gate measures it, for the documentation: a measurement names its own.
    reference : str
        Paper and equation, or section of a handbook.
    version : int
        Raised whenever the definition changes, since values of different versions do not compare.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    name: str
    unit: str
    definition: str
    reference: str
    version: int
    formula: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFile:
    """The content of `metrics.toml`: one `[[metric]]` table a metric.

    Attributes
    ----------
    metric : tuple of Metric
        In the order of the file.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    metric: tuple[Metric, ...]


def load_metrics(path: Path | None = None) -> dict[str, Metric]:
    """Read the definitions of all metrics.

    Parameters
    ----------
    path : Path, optional
        Another file than the one that ships with the harness.

    Returns
    -------
    dict
        Name to definition, in the order of the file.

    Raises
    ------
    FixtureError
        If the file is missing, is not TOML, or has a wrong key or type.
    SpecificationError
        If a metric is defined twice, or without a name or a definition.
    """
    path = path or find_fixture("specifications", METRICS)
    metrics: dict[str, Metric] = {}
    for metric in load_fixture(path, MetricFile).metric:
        where = f"{path}: metric {metric.name!r}"
        if not (metric.name and metric.definition):
            raise SpecificationError(
                "has no name or no definition",
                where=where,
                allowed="both filled in",
                remedy="Say how the value follows from the product",
            )
        if metric.name in metrics:
            raise SpecificationError(
                "is defined twice", where=where, remedy="Keep one of the two definitions"
            )
        metrics[metric.name] = metric
    return metrics
