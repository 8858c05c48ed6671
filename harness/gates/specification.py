"""What is demanded of a measurement, as data: limits, and to what they apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from harness.fixture_data import STRICT

Level = Literal["minimum", "design", "stretch"]
Noise = Literal["noise-free", "noisy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """How far a value may lie from what the truth predicts.

    `|value - expected| <= relative * |expected| + absolute + sigmas * uncertainty`

    Attributes
    ----------
    relative : float or None
        Share of the expectation.
    absolute : float or None
        In the unit of the metric.
    sigmas : float or None
        Standard errors of the measurement.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    relative: float | None = None
    absolute: float | None = None
    sigmas: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The bound of a specification: `max`, `min` or both, or `equal`, or `within`.

    Attributes
    ----------
    max, min : float or None
        Largest and smallest value that is allowed, both included.
    equal : int or None
        The only count that is allowed.
    within : Within or None
        Allowed distance from the expectation of the measurement.
    advisory : bool
        Whether a value beyond the limit is reported and never fails.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    max: float | None = None
    min: float | None = None
    equal: int | None = None
    within: Within | None = None
    advisory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicability:
    """To which cases a specification applies; whatever is left empty does not restrict.

    Attributes
    ----------
    kernels, weightings, pixels : tuple of str
        Those to which it applies.
    flux_conserving : bool
        Whether it holds only for kernels that the core declares as conserving flux.
    noise : {"noise-free", "noisy"} or None
        Which exposures.
    needs : tuple of str
        Images that the core must make: "context", "dq", "variance".
    regions : tuple of str
        Names of the regions whose measurements are judged.
    dithered : bool or None
        Only dithered exposures, or only exposures without dither.
    pixfrac, scale : tuple of float or None
        Smallest and largest pixfrac, and output scale over input scale, both included.
    tags, without_tags : tuple of str
        Tags that the case must have, all of them; tags of which it must have none.
    only_if_expected : bool
        Whether a measurement with neither value nor expectation is none of its business: the truth
        has no such value either (half of a sparse weight map is zero, and so is its median).
    files : bool or None
        Only cores that read files, or only cores that take arrays.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    kernels: tuple[str, ...] = ()
    weightings: tuple[str, ...] = ()
    pixels: tuple[str, ...] = ()
    flux_conserving: bool = False
    noise: Noise | None = None
    needs: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    dithered: bool | None = None
    pixfrac: tuple[float, float] | None = None
    scale: tuple[float, float] | None = None
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    only_if_expected: bool = False
    files: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One demand on one metric.

    Attributes
    ----------
    name : str
        Unique name, such as "psf.fwhm_recovery-noise-free".
    metric : str
        Name of the metric that is judged.
    level : {"minimum", "design", "stretch"}
        A core below minimum is unfit; design is what it is built for; stretch is a goal, advisory.
    limit : Limit
        What is allowed.
    tolerance : str
        Name of the limit in messages, such as "FLOAT32_WEIGHT".
    reason : str
        Why the limit is what it is.
    meaning : str
        What it means for the user's image when the limit is broken.
    remedy : str
        What to look at then, as an imperative sentence.
    applies_to : Applicability
        The cases that are judged.
    source : str
        File from which it was read; set by `load_specifications`.
    """

    __pydantic_config__: ClassVar[Any] = STRICT

    name: str
    metric: str
    level: Level
    limit: Limit
    tolerance: str
    reason: str
    meaning: str
    remedy: str
    applies_to: Applicability = field(default_factory=Applicability)
    source: str = ""
