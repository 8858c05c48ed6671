"""Detectors: geometry, distortion, point-spread width, noise and data-quality bits, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.errors import SceneError
from harness.fixture_data import STRICT, find_fixture, list_fixtures, load_fixture

FOLDER = "detectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBand:
    """One filter of a detector.

    Attributes
    ----------
    fwhm : float
        FWHM of the point-spread function on the sky, before the pixel, arcsec.
    sky : float
        Background, electrons/s in a pixel of nominal area.
    """

    __pydantic_config__ = STRICT

    fwhm: float
    sky: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DQBit:
    """Meaning of one data-quality bit.

    Attributes
    ----------
    bit : int
        A power of two.
    meaning : str
        In words.
    """

    __pydantic_config__ = STRICT

    bit: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip of a detector and its distortion.

    With u = x - crpix and v = y - crpix in pixels, a position in the POSTARG frame of the
    detector (arcsec, y along the mean y axis, x to its right) is
    offset + matrix (u + A(u, v), v + B(u, v)); A and B are SIP polynomials (Shupe et al. 2005).

    Attributes
    ----------
    extver : int
        Number of the science extension in a file.
    ccdchip : int
        Chip number of the instrument (CCDCHIP).
    shape : tuple of int
        (ny, nx) of the science pixels.
    crpix : tuple of float
        1-based (x, y) of the reference pixel.
    offset : tuple of float
        (x, y) of the reference pixel in the POSTARG frame, arcsec; (0, 0) is where the telescope
        points.
    matrix : tuple of tuple of float
        Linear part of the transform at the reference pixel, arcsec per pixel.
    v2v3 : tuple of float
        Reference pixel in the telescope's frame, arcsec (IDCV2REF, IDCV3REF).
    sip_a, sip_b : dict of str to float
        Coefficients of u^p v^q under the key "p_q".
    """

    __pydantic_config__ = STRICT

    extver: int
    ccdchip: int
    shape: tuple[int, int]
    crpix: tuple[float, float]
    offset: tuple[float, float]
    matrix: tuple[tuple[float, float], tuple[float, float]]
    v2v3: tuple[float, float]
    sip_a: dict[str, float]
    sip_b: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A detector, as a file in `fixtures/detectors` describes it.

    Attributes
    ----------
    name, description : str
        The file's stem, and what the detector is.
    layout : {"hst-flt", "jwst-cal"}
        Layout of its FITS files.
    telescope, instrument, detector : str
        As the keywords TELESCOP, INSTRUME and DETECTOR name them.
    array_shape : tuple of int
        (ny, nx) of the physical array, reference pixels included.
    pixel_scale : float
        Nominal scale, arcsec. Flat fields refer to its square: data are surface brightness times
        this area. For one chip it is the root of the pixel area at the reference pixel; the two
        chips of a detector share it.
    pixel_size : float
        Edge of a pixel, micrometres.
    unit : {"ELECTRONS", "ELECTRONS/S"}
        Unit in which the observatory delivers calibrated data.
    read_noise, gain, dark : float
        Electrons, electrons per DN, electrons/s.
    exptime : float
        Exposure time where a scene names none, s.
    bad_bit, cosmic_ray_bit : int
        DQ values of a bad pixel and of one hit by a cosmic ray.
    cosmic_ray_rate : float
        Hits per second and square centimetre.
    idc_theta : float
        IDCTHETA of the distortion model, degrees.
    sources : dict
        Where each group of figures comes from.
    filters : dict
        Filter name to band.
    dq : tuple of DQBit
        Bits that scenes set.
    chips : tuple of Chip
        In order of EXTVER.
    """

    __pydantic_config__ = STRICT

    name: str
    description: str
    layout: Literal["hst-flt", "jwst-cal"]
    telescope: str
    instrument: str
    detector: str
    array_shape: tuple[int, int]
    pixel_scale: float
    pixel_size: float
    unit: Literal["ELECTRONS", "ELECTRONS/S"]
    read_noise: float
    gain: float
    dark: float
    exptime: float
    bad_bit: int
    cosmic_ray_bit: int
    cosmic_ray_rate: float
    idc_theta: float
    sources: dict[str, str]
    filters: dict[str, FilterBand]
    dq: tuple[DQBit, ...]
    chips: tuple[Chip, ...]


def list_detectors() -> tuple[str, ...]:
    """List the names of the detectors that scenes can use."""
    return tuple(list_fixtures(FOLDER))


def load_detector(name: str) -> Detector:
    """Read one detector from `fixtures/detectors`.

    Parameters
    ----------
    name : str
        Stem of the file.

    Raises
    ------
    FixtureError
        If there is none of that name, or its file is wrong.
    """
    return load_fixture(find_fixture(FOLDER, name), Detector)


def band_of(detector: Detector, filter_name: str) -> FilterBand:
    """Return one filter of a detector.

    Parameters
    ----------
    detector : Detector
        As read.
    filter_name : str
        Such as "F160W".

    Raises
    ------
    SceneError
        If the detector has no such filter.
    """
    try:
        return detector.filters[filter_name]
    except KeyError:
        raise SceneError(
            f"no filter {filter_name!r}",
            where=f"detector {detector.name}",
            allowed=", ".join(detector.filters),
            remedy="Name one of these in the scene, or add it to the detector's file",
        ) from None
