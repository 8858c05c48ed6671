"""The types that carry the data from frames to verdict: frozen, without behaviour.

Arrays are in (y, x) order. Pixel coordinates are 0-based with integers at pixel centres, so that
the first pixel spans -0.5 to 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
"""A (ny, nx) image, float32."""
DQImage = npt.NDArray[np.uint32]
"""A (ny, nx) image of data-quality bits, uint32."""
ContextImage = npt.NDArray[np.int32]
"""A (planes, ny, nx) image of contribution bits, int32, 32 exposures a plane."""
Pixmap = npt.NDArray[np.float64]
"""(ny, nx, 2) output (x, y) of the centre of every input pixel, float64."""

Kernel = Literal["square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"]
Weighting = Literal["EXP", "IVM", "ERR", "uniform"]
Units = Literal["cps", "counts"]
Pixels = Literal["synthetic", "real", "derived"]

KERNELS: tuple[Kernel, ...] = ("square", "point", "turbo", "gaussian", "lanczos2", "lanczos3")
WEIGHTINGS: tuple[Weighting, ...] = ("EXP", "IVM", "ERR", "uniform")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Exposure:
    """One chip of one exposure, ready to be weighted and drizzled.

    Attributes
    ----------
    name : str
        Root name of the exposure; the chips of one exposure share it.
    data : ndarray, (ny, nx), float32
        Science pixels in `in_units`, sky not subtracted.
    weight_map : ndarray, (ny, nx), float32
        Weight of each pixel as the core gets it; 0 where the pixel must not count.
    exptime : float
        Exposure time, s.
    in_units : {"cps", "counts"}
        Unit of `data`: counts (or electrons) per second, or in total.
    pixel_scale : float
        Square root of the pixel area at the reference pixel, arcsec.
    chip : int
        1-based number of the science extension.
    dq : ndarray, (ny, nx), uint32, or None
        Data-quality bits as read; 0 is good.
    variance : tuple of ndarray, (ny, nx), float32
        Variance images in `in_units` squared; the first is the total.
    wcs : object or None
        APE 14 WCS, pixels to the sky (astropy.wcs.WCS for FITS frames).
    pixmap : ndarray, (ny, nx, 2), float64, or None
        Where the pixel centres fall on the output grid in hand; set by
        `harness.geometry.project`.
    read_noise : float
        For inverse-variance weights, as the next four: electrons.
    sky : float
        Electrons/s/pixel.
    gain : float
        Electrons per unit of data.
    dark : float
        Electrons/s.
    flat : ndarray, (ny, nx), float32, or None
        Flat field, None for unity.
    path : Path or None
        The FITS file that holds the exposure, for cores that read files.
    pixels : {"synthetic", "real", "derived"}
        Whether the pixels were simulated, exposed, or processed after exposure.
    origin : mapping
        Free-form provenance: detector, filter, program, source of the file.
    """

    name: str
    data: FloatImage
    weight_map: FloatImage
    exptime: float
    in_units: Units
    pixel_scale: float
    chip: int = 1
    dq: DQImage | None = None
    variance: tuple[FloatImage, ...] = ()
    wcs: Any = None
    pixmap: Pixmap | None = None
    read_noise: float = 0.0
    sky: float = 0.0
    gain: float = 1.0
    dark: float = 0.0
    flat: FloatImage | None = None
    path: Path | None = None
    pixels: Pixels = "synthetic"
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OutputGrid:
    """The pixel grid on which the exposures are combined.

    Attributes
    ----------
    shape : tuple of int
        (ny, nx).
    pixel_scale : float
        Output scale, arcsec per (square) pixel.
    wcs : object or None
        Undistorted WCS of the output; None where the pixmaps were given directly.
    """

    shape: tuple[int, int]
    pixel_scale: float
    wcs: Any = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrizzleParams:
    """How exposures are drizzled.

    Attributes
    ----------
    kernel : str
        One of `KERNELS`.
    pixfrac : float
        Linear size of the drop in input pixels, 0 to 1.
    grid : OutputGrid
        Where the output pixels are.
    weighting : {"EXP", "IVM", "ERR", "uniform"}
        How the weight maps were made; cores that read files make their own from it.
    fillval : float or None
        Value of output pixels without weight; None leaves NaN.
    bits : int
        DQ bits that still count as good.
    """

    kernel: Kernel
    pixfrac: float
    grid: OutputGrid
    weighting: Weighting = "EXP"
    fillval: float | None = None
    bits: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrizzledProduct:
    """What came out of a core, in the harness's one convention.

    Attributes
    ----------
    sci : ndarray, (ny, nx), float32
        Weighted mean surface brightness, counts/s per *input*-pixel area.
    wht : ndarray, (ny, nx), float32
        Weight map (Fruchter & Hook 2002, eq. 4).
    ctx : ndarray, (planes, ny, nx), int32, or None
        Context image.
    variance : tuple of ndarray, (ny, nx), float32
        Variance images propagated with squared weights, in (counts/s per input-pixel area)^2.
    dq : ndarray, (ny, nx), uint32, or None
        OR of the DQ of all contributors.
    grid : OutputGrid
        Where the pixels are.
    provenance : mapping
        Core name and version, parameters, number of exposures, nskip and nmiss where the core
        tells them, seconds in the core.
    """

    sci: FloatImage
    wht: FloatImage
    grid: OutputGrid
    ctx: ContextImage | None = None
    variance: tuple[FloatImage, ...] = ()
    dq: DQImage | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a core can do; whatever it excludes is NOT_APPLICABLE to it, told and not hidden.

    Attributes
    ----------
    kernels : frozenset of str
        Kernels that the core has.
    flux_conserving : frozenset of str
        Those of them that conserve flux and weight.
    context, dq, variance : bool
        Whether the product carries that image.
    units : frozenset of {"cps", "counts"}
        Input units that the core takes.
    weightings : frozenset of str
        Weightings that the core makes itself (files) or takes as maps.
    subimage : bool
        Whether input limits (xmin, xmax, ymin, ymax) can be given.
    blot : frozenset of str
        Interpolations of the inverse operation, empty where there is none.
    files : bool
        Whether the core reads the exposures from their FITS files (`Exposure.path`).
    twin : str
        For such a core: the core, as `load_core` takes it, that must make the same product of the
        arrays in those files; "" for none.
    """

    kernels: frozenset[str]
    flux_conserving: frozenset[str]
    context: bool = False
    dq: bool = False
    variance: bool = False
    units: frozenset[str] = frozenset({"cps"})
    weightings: frozenset[str] = frozenset(WEIGHTINGS)
    subimage: bool = False
    blot: frozenset[str] = frozenset()
    files: bool = False
    twin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the sky or of the output in which something is measured.

    Attributes
    ----------
    name : str
        How reports name it.
    kind : {"full_coverage", "footprint", "sky_box", "pixel_box"}
        Where all exposures overlap, eroded by one input pixel; where any does; a box on the sky;
        a box of output pixels.
    sky : tuple of float or None
        (ra, dec, width, height) in degrees, degrees, arcsec, arcsec, for "sky_box".
    box : tuple of int or None
        (y0, y1, x0, x1), half-open, for "pixel_box".
    """

    name: str
    kind: Literal["full_coverage", "footprint", "sky_box", "pixel_box"]
    sky: tuple[float, float, float, float] | None = None
    box: tuple[int, int, int, int] | None = None


FULL_COVERAGE = Region(name="full_coverage", kind="full_coverage")
FOOTPRINT = Region(name="footprint", kind="footprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of one metric, with where and from how much it was measured.

    Attributes
    ----------
    metric : str
        Name, such as "coverage.hole_fraction".
    value : float or None
        None when it could not be measured; then `reason` says why.
    unit : str
        Unit as astropy writes it, "" for none.
    region : str
        Name of the region.
    sample_size : int
        How many pixels or stars the value comes from.
    expected : float or None
        What the truth (oracle or scene) predicts for the same quantity.
    uncertainty : float or None
        Standard error of `value`, same unit.
    reason : str
        Why there is no value.
    extras : mapping
        Companion figures that reports show.
    """

    metric: str
    value: float | None
    unit: str
    region: str
    sample_size: int
    expected: float | None = None
    uncertainty: float | None = None
    reason: str = ""
    extras: Mapping[str, float] = field(default_factory=dict)


class Outcome(StrEnum):
    """How a measurement stands against a specification."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    EXPECTED_FAIL = "EXPECTED_FAIL"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_MEASURED = "NOT_MEASURED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one specification for one case and core.

    Attributes
    ----------
    outcome : Outcome
    specification : str
        Name of the specification.
    level : {"minimum", "design", "stretch"}
    case, core : str
        What was run on what.
    measurement : Measurement or None
    message : str
        What was seen, what was allowed, what it means.
    """

    outcome: Outcome
    specification: str
    level: Literal["minimum", "design", "stretch"]
    case: str
    core: str
    measurement: Measurement | None
    message: str
