"""What a sweep leaves behind: all that its table, figures and report are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from harness.fixture_data import STRICT
from harness.model import Kernel, Measurement, Pixels, Weighting

SCHEMA = "drizzle-harness/sweep"
VERSION = 1
"""Raised when a field changes its meaning or goes; readers refuse what they do not know."""

PointState = Literal["done", "failed", "crashed", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """What was asked for.

    Attributes
    ----------
    source : str
        "scene/NAME", or "frames" for files.
    files : tuple of str
        Names of the files, without their folders.
    scales : tuple of float
        Output scales, arcsec.
    pixfracs : tuple of float
    kernels, cores : tuple of str
    weighting : str
    region : str
        The region in words: "full coverage", or the box on the sky.
    rms_over_median_limit : float
        The advisory limit (Dither Handbook, DrizzlePac Handbook: 0.2).
    clipped : bool
        Whether the region and a margin were drizzled, and not whole frames.
    """

    source: str
    files: tuple[str, ...]
    scales: tuple[float, ...]
    pixfracs: tuple[float, ...]
    kernels: tuple[Kernel, ...]
    cores: tuple[str, ...]
    weighting: Weighting
    region: str
    rms_over_median_limit: float
    clipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureSummary:
    """Where one chip of one exposure looked.

    Attributes
    ----------
    name, chip :
        As in `harness.model.Exposure`.
    shape : tuple of int
        (ny, nx).
    exptime : float
        Seconds.
    pixel_scale : float
        Arcsec.
    offset : tuple of float
        (east, north) of its reference pixel from that of the first exposure, arcsec.
    phase : tuple of float
        Fractional part, 0 to 1, of the position (x, y) of one point of the sky, at the centre of
        the region, in its input pixels.
    shift : tuple of float
        Position (x, y) of that point less that in the first exposure of the same chip, input
        pixels.
    corners : tuple of (float, float)
        (ra, dec) of the corners of its outline, degrees.
    pixels : {"synthetic", "real", "derived"}
    origin : mapping
        Detector, filter, program and so on.
    """

    name: str
    chip: int
    shape: tuple[int, int]
    exptime: float
    pixel_scale: float
    offset: tuple[float, float]
    phase: tuple[float, float]
    shift: tuple[float, float]
    corners: tuple[tuple[float, float], ...]
    pixels: Pixels
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One drizzle run of the grid.

    Attributes
    ----------
    core, kernel, scale, pixfrac :
        Which one; the scale in arcsec.
    state : {"done", "failed", "crashed", "not_applicable"}
    reason : str
        Why it is not done: the error, or how the process died.
    seconds : float
        Wall time in the core alone.
    measurements : tuple of Measurement
    """

    core: str
    kernel: Kernel
    scale: float
    pixfrac: float
    state: PointState
    reason: str = ""
    seconds: float = 0.0
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the geometry alone predicts for one kernel and scale, by the oracle.

    Attributes
    ----------
    kernel, scale :
        The scale in arcsec.
    pixfracs : tuple of float
        Finer than the grid that was asked for.
    curves : mapping of str to tuple of float
        Metric name to its value at each pixfrac; None where it is not defined.
    """

    kernel: Kernel
    scale: float
    pixfracs: tuple[float, ...]
    curves: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground for the advice.

    Attributes
    ----------
    rule : str
        Short name: "holes", "weight", "knee", "sharpness against noise", "no dither", ...
    text : str
        A sentence with its figures.
    decisive : bool
        Whether it excludes the next smaller pixfrac, or settles the choice in another way.
    """

    rule: str
    text: str
    decisive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What else could be chosen, and what it costs or gains against the advice.

    Attributes
    ----------
    core, kernel, scale, pixfrac :
        The point.
    text : str
        What it costs and what it gains, with figures.
    """

    core: str
    kernel: Kernel
    scale: float
    pixfrac: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The sampling that is recommended.

    Attributes
    ----------
    core, kernel, scale, pixfrac :
        The chosen point; pixfrac None where no point can be recommended.
    summary : str
        One sentence.
    reasons : tuple of Reason
    alternatives : tuple of Alternative
        The next best ones.
    caveats : tuple of str
        What this advice does not know.
    """

    core: str
    kernel: Kernel
    scale: float
    pixfrac: float | None
    summary: str
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Picture:
    """An image kept for the report.

    Attributes
    ----------
    role : {"science_closeup", "weight_closeup", "science_full", "weight_full", "hole_map"}
        Close-ups are cut at full resolution, the others are shrunk by block averages.
    core, kernel, scale, pixfrac :
        The point it belongs to.
    pixels : ndarray, (ny, nx), float32
        NaN where there is no weight. Kept as 65534 even steps of its range in the record. A hole
        map holds the fraction of each block that are holes, NaN outside the region.
    block : int
        Output pixels a side that one pixel of it stands for.
    corner : tuple of int
        (y, x) of its first pixel in the product.
    """

    __pydantic_config__ = {"arbitrary_types_allowed": True}  # noqa: RUF012

    role: Literal["science_closeup", "weight_closeup", "science_full", "weight_full", "hole_map"]
    core: str
    kernel: Kernel
    scale: float
    pixfrac: float
    pixels: npt.NDArray[np.float32]
    block: int = 1
    corner: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """The weights in the region of one point, in bins of weight over median weight.

    Attributes
    ----------
    core, kernel : str
        Of the point.
    scale : float
        Output scale, arcsec.
    pixfrac : float
        Drop over input pixel.
    edges : tuple of float
        Edges of the bins, one more than counts, in units of the median weight.
    counts : tuple of int
        Pixels a bin.
    """

    core: str
    kernel: Kernel
    scale: float
    pixfrac: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SweepRecord:
    """A whole sweep; `harness.sweep.storage` writes and reads it.

    Attributes
    ----------
    request : SweepRequest
    environment : mapping
        Versions of the harness, Python, numpy and the cores; processors; date.
    exposures : tuple of ExposureSummary
    points : tuple of SweepPoint
        In the order of the grid.
    predictions : tuple of Prediction
    advice : Advice
    pictures : tuple of Picture
        For the smallest, the chosen and the largest pixfrac.
    histograms : tuple of Histogram
    timing : mapping of str to float
        Seconds: "total", "core", "exposures", "pixmaps", "measuring"; "processes".
    """

    # Arrays are no business of pydantic's: pictures are packed and unpacked by the storage.
    __pydantic_config__ = {**STRICT, "arbitrary_types_allowed": True}  # noqa: RUF012

    request: SweepRequest
    environment: Mapping[str, Any]
    exposures: tuple[ExposureSummary, ...]
    points: tuple[SweepPoint, ...]
    predictions: tuple[Prediction, ...]
    advice: Advice
    pictures: tuple[Picture, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    timing: Mapping[str, float] = field(default_factory=dict)
