"""One science image with its companions becomes an exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import FrameError
from harness.frames.quality import check_bits, default_bits, exposure_weight
from harness.geometry import native_scale
from harness.model import DQImage, Exposure, FloatImage, Pixels, Units
from harness.rows import SMALL_BLOCK, row_blocks

RATES = frozenset({"ELECTRONS/S", "ELECTRONS/SEC", "COUNTS/S", "COUNTS/SEC", "DN/S", "MJY/SR"})
"""BUNIT of images per second; a surface brightness (MJy/sr) is drizzled in the same way."""
TOTALS = frozenset({"ELECTRONS", "COUNTS", "DN"})
"""BUNIT of images of the whole exposure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the caller of a reader settles instead of the header.

    Attributes
    ----------
    bits : int or None
        DQ bits that still count as good; None for `harness.frames.quality.default_bits`.
    exptime : float or None
        Exposure time, s; None for that of the header.
    pixels : {"real", "derived"} or None
        None to see by the file.
    origin : mapping
        Provenance to carry into `Exposure.origin`.
    """

    bits: int | None
    exptime: float | None
    pixels: Pixels | None
    origin: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipImages:
    """The arrays of one chip as read.

    Attributes
    ----------
    science : ndarray, (ny, nx)
        In units of `unit`.
    dq : ndarray, (ny, nx), uint32, or None
        Data-quality bits.
    error : ndarray, (ny, nx), or None
        Standard error in the same unit, None where the file has no usable one.
    variances : tuple of ndarray, (ny, nx)
        Components of the variance, unit squared.
    unit : str
        BUNIT of the science image.
    """

    science: npt.NDArray[np.generic]
    dq: DQImage | None
    error: npt.NDArray[np.generic] | None
    variances: tuple[npt.NDArray[np.generic], ...]
    unit: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipFacts:
    """What the headers say of one chip.

    Attributes
    ----------
    name : str
        Root name of the exposure.
    chip : int
        1-based number of the science extension.
    exptime : float
        s.
    wcs : object
        APE 14 WCS, pixels to the sky.
    telescope, instrument, detector : str
        As the headers name them.
    origin : mapping of str to str
        Provenance, see `harness.model.Exposure`.
    read_noise : float
        Electrons.
    sky : float
        Electrons/s/pixel.
    gain : float
        Electrons per unit of data.
    dark : float
        Electrons/s.
    pixels : str
        "real" or "derived", see `harness.model.Exposure`.
    """

    name: str
    chip: int
    exptime: float
    wcs: Any
    telescope: str
    instrument: str
    detector: str
    origin: Mapping[str, str]
    read_noise: float = 0.0
    sky: float = 0.0
    gain: float = 1.0
    dark: float = 0.0
    pixels: Pixels = "real"


def units_of(unit: str, *, where: str) -> Units:
    """Return whether an image is per second or in total.

    Raises
    ------
    FrameError
        If BUNIT is not one of `RATES` and `TOTALS`.
    """
    if unit.upper() in RATES:
        return "cps"
    if unit.upper() in TOTALS:
        return "counts"
    raise FrameError(
        f"key BUNIT has {unit!r}",
        where=where,
        allowed=", ".join(sorted(RATES | TOTALS)),
        remedy="Convert the image, or correct the key",
    )


def make_exposure(
    images: ChipImages, facts: ChipFacts, path: Path, options: ReadOptions, *, drizzlable: bool
) -> Exposure:
    """Put one chip together.

    Pixels whose science or error is not finite get weight 0, and 0 instead of NaN in data and
    variance: a NaN of weight 0 still reaches the sums of a core that multiplies first.

    Parameters
    ----------
    images, facts : ChipImages, ChipFacts
        What the file holds.
    path : Path
        The file.
    options : ReadOptions
        What the caller settled.
    drizzlable : bool
        Whether a core that reads files can take this file as an exposure.
    """
    where = f"{path}[SCI,{facts.chip}]"
    preset = default_bits(facts.telescope, facts.instrument, facts.detector)
    bits = check_bits(preset if options.bits is None else options.bits, where=where)
    usable = np.isfinite(images.science)
    if images.error is not None:
        usable &= np.isfinite(images.error)
    exptime = facts.exptime if options.exptime is None else options.exptime
    total = () if images.error is None else (_filled(images.error, usable, power=2),)
    return Exposure(
        name=facts.name,
        chip=facts.chip,
        data=_filled(images.science, usable),
        weight_map=exposure_weight(exptime, images.dq, usable, bits),
        exptime=exptime,
        in_units=units_of(images.unit, where=where),
        dq=images.dq,
        variance=(*total, *(_filled(image, usable) for image in images.variances)),
        wcs=facts.wcs,
        pixel_scale=native_scale(facts.wcs),
        read_noise=facts.read_noise,
        sky=facts.sky,
        gain=facts.gain,
        dark=facts.dark,
        path=path if drizzlable else None,
        pixels=options.pixels or facts.pixels,
        origin={
            "telescope": facts.telescope,
            "instrument": facts.instrument,
            "detector": facts.detector,
            "unit": images.unit,
            "bits": str(bits),
            "file": path.name,
            **facts.origin,
            **options.origin,
        },
    )


def _filled(
    image: npt.NDArray[np.generic], usable: npt.NDArray[np.bool_], power: int = 1
) -> FloatImage:
    """Return an image to a power, in the machine's own byte order; 0 where it is of no use."""
    filled: FloatImage = np.zeros(image.shape, dtype=np.float32)
    for rows in row_blocks(image.shape, SMALL_BLOCK):
        some: npt.NDArray[Any] = image[rows]
        if power == 2:
            some = np.square(some, dtype=np.float64)
        finite = usable[rows] & np.isfinite(some)
        np.copyto(filled[rows], some, where=finite, casting="same_kind")
    return filled
