"""FITS headers of exposures, as the pipelines of HST and JWST write them.

Only facts of the scene go in: nothing tells when or where a file was written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.model import Exposure
from harness.scenes.detector import Chip, Detector
from harness.scenes.scene import Scene

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
"""When the first exposure of every scene begins."""
MODIFIED_JULIAN_DATE = 58849.0
"""Of `FIRST_DAY`."""
SECONDS_PER_DAY = 86400.0
OVERHEAD = 60.0
"""Seconds between two exposures."""
PROGRAM = 99999
AMPLIFIERS = {"IR": "ABCD", "UVIS": "ABCD", "WFC": "ABCD", "HRC": "C"}
"""Amplifiers in use (CCDAMP)."""
LONGEST_CARD = 80
BLANK_FILTER = {"WFC": "CLEAR2L", "HRC": "CLEAR2S"}
"""What ACS has in its second filter wheel where the filter is in the first."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """One exposure of a scene: the chips that go into one file.

    Attributes
    ----------
    scene : Scene
    detector : Detector
    number : int
        0-based place among the exposures.
    chips : tuple of Exposure
        In order of EXTVER.
    filename : str
    """

    scene: Scene
    detector: Detector
    number: int
    chips: tuple[Exposure, ...]
    filename: str


def primary_header(frame: Frame, *, extensions: int) -> Any:
    """Return the primary header of an HST exposure (astropy.io.fits.Header)."""
    detector, first = frame.detector, frame.chips[0]
    amplifiers = AMPLIFIERS[detector.detector]
    # A key's mean over the amplifiers must come out exact, so all carry the same value.
    noise = {f"READNSE{one}": detector.read_noise if one in amplifiers else 0.0 for one in "ABCD"}
    gains = {f"ATODGN{one}": detector.gain if one in amplifiers else 0.0 for one in "ABCD"}
    subarray = first.data.shape != detector.chips[0].shape
    return make_header(
        {
            "FILENAME": frame.filename,
            "FILETYPE": "SCI",
            "NEXTEND": extensions,
            "TELESCOP": detector.telescope,
            "INSTRUME": detector.instrument,
            "EQUINOX": 2000.0,
            "ROOTNAME": first.name,
            "IMAGETYP": "EXT",
            "PRIMESI": detector.instrument,
            "TARGNAME": frame.scene.name.upper(),
            "RA_TARG": frame.scene.pointing[0],
            "DEC_TARG": frame.scene.pointing[1],
            # stwcs adds IDCTHETA to PA_V3 for the angle of the y axis.
            "PA_V3": (orientat_of(first) - detector.idc_theta) % 360.0,
            "PROPOSID": PROGRAM,
            "LINENUM": f"01.{frame.number + 1:03d}",
            **times(frame),
            "EXPFLAG": "NORMAL",
            "REFFRAME": "ICRS",
            "MTFLAG": "F",
            "OBSTYPE": "IMAGING",
            "OBSMODE": "MULTIACCUM" if detector.detector == "IR" else "ACCUM",
            "SUBARRAY": subarray,
            "DETECTOR": detector.detector,
            **filters(frame),
            "APERTURE": detector.detector,
            "CCDAMP": amplifiers,
            "CCDGAIN": detector.gain,
            **gains,
            **noise,
            "FLASHDUR": 0.0,
            "IDCTAB": "N/A",
            "PFLTFILE": "N/A",
            "CAL_VER": "simulated",
        }
    )


def science_header(frame: Frame, exposure: Exposure) -> Any:
    """Return the header of one science extension of an HST exposure."""
    chip = chip_of(frame.detector, exposure)
    # The first pixel read out, from where the reference pixel went.
    corner = [whole - here for whole, here in zip(chip.crpix, exposure.wcs.wcs.crpix, strict=True)]
    matrix = chip.matrix
    total = 1.0 if exposure.in_units == "cps" else exposure.exptime
    return make_header(
        {
            "EXPNAME": exposure.name,
            "BUNIT": unit_of(exposure),
            "CCDCHIP": chip.ccdchip,
            **wcs_cards(exposure.wcs),
            "ORIENTAT": orientat_of(exposure),
            "VAFACTOR": 1.0,
            "LTV1": -float(corner[0]),
            "LTV2": -float(corner[1]),
            "LTM1_1": 1.0,
            "LTM2_2": 1.0,
            "BINAXIS1": 1,
            "BINAXIS2": 1,
            "NCOMBINE": 1,
            "PHOTFLAM": 1.0,
            "PHOTZPT": -21.1,
            "NGOODPIX": int((exposure.weight_map > 0).sum()),
            "MEANDARK": exact_product(exposure.dark, exposure.exptime),
            "MDRIZSKY": exact_product(exposure.sky, total),
            "OCX10": matrix[0][1],
            "OCX11": matrix[0][0],
            "OCY10": matrix[1][1],
            "OCY11": matrix[1][0],
            "IDCSCALE": frame.detector.pixel_scale,
            "IDCTHETA": frame.detector.idc_theta,
            "IDCXREF": chip.crpix[0],
            "IDCYREF": chip.crpix[1],
            "IDCV2REF": chip.v2v3[0],
            "IDCV3REF": chip.v2v3[1],
            "WCSNAME": "IDC_scene",
        }
    )


def cal_primary_header(frame: Frame, *, extensions: int) -> Any:
    """Return the primary header of an exposure laid out like JWST's."""
    detector, first = frame.detector, frame.chips[0]
    return make_header(
        {
            "FILENAME": frame.filename,
            "NEXTEND": extensions,
            "TELESCOP": detector.telescope,
            "INSTRUME": detector.instrument,
            "DETECTOR": detector.detector,
            "ROOTNAME": first.name,
            "PROGRAM": f"{PROGRAM:05d}",
            "TARGNAME": frame.scene.name.upper(),
            "FILTER": frame.scene.filter,
            "PUPIL": "CLEAR",
            **times(frame),
            "EFFEXPTM": first.exptime,
            "CAL_VER": "simulated",
        }
    )


def cal_science_header(exposure: Exposure) -> Any:
    """Return the header of the science extension of an exposure laid out like JWST's."""
    return make_header(
        {
            "BUNIT": unit_of(exposure),
            "XPOSURE": exposure.exptime,
            **wcs_cards(exposure.wcs),
        }
    )


def times(frame: Frame) -> dict[str, Any]:
    """Return the keywords that tell when and for how long was exposed."""
    exptime = frame.chips[0].exptime
    seconds = frame.number * (exptime + OVERHEAD)
    start = FIRST_DAY + timedelta(seconds=seconds)
    return {
        "DATE-OBS": start.strftime("%Y-%m-%d"),
        "TIME-OBS": start.strftime("%H:%M:%S"),
        "EXPSTART": MODIFIED_JULIAN_DATE + seconds / SECONDS_PER_DAY,
        "EXPEND": MODIFIED_JULIAN_DATE + (seconds + exptime) / SECONDS_PER_DAY,
        "EXPTIME": exptime,
    }


def filters(frame: Frame) -> dict[str, str]:
    """Return the filter keywords: one for WFC3, two wheels for ACS."""
    if frame.detector.instrument != "ACS":
        return {"FILTER": frame.scene.filter}
    return {"FILTER1": frame.scene.filter, "FILTER2": BLANK_FILTER[frame.detector.detector]}


def unit_of(exposure: Exposure) -> str:
    """Return BUNIT."""
    return "ELECTRONS/S" if exposure.in_units == "cps" else "ELECTRONS"


def chip_of(detector: Detector, exposure: Exposure) -> Chip:
    """Return the chip that an exposure was read from."""
    return next(chip for chip in detector.chips if chip.extver == exposure.chip)


def orientat_of(exposure: Exposure) -> float:
    """Return the position angle of the y axis at the reference pixel, degrees."""
    east, north = exposure.wcs.wcs.cd[:, 1]
    return math.degrees(math.atan2(east, north))


def wcs_cards(wcs: Any) -> dict[str, Any]:
    """Return the keywords of a TAN or TAN-SIP WCS with a CD matrix."""
    celestial = wcs.wcs
    cards: dict[str, Any] = {"WCSAXES": 2}
    for i in (1, 2):
        cards[f"CTYPE{i}"] = celestial.ctype[i - 1]
        cards[f"CUNIT{i}"] = "deg"
        cards[f"CRPIX{i}"] = float(celestial.crpix[i - 1])
        cards[f"CRVAL{i}"] = float(celestial.crval[i - 1])
        for j in (1, 2):
            cards[f"CD{i}_{j}"] = float(celestial.cd[i - 1, j - 1])
    cards["RADESYS"] = celestial.radesys
    if wcs.sip is not None:
        for letter, terms in (("A", wcs.sip.a), ("B", wcs.sip.b)):
            cards[f"{letter}_ORDER"] = len(terms) - 1
            for p, q in zip(*terms.nonzero(), strict=True):
                cards[f"{letter}_{p}_{q}"] = float(terms[p, q])
    return cards


def exact_product(rate: float, time: float) -> float:
    """Return the float next to rate * time that gives `rate` back when divided by `time`."""
    product = rate * time
    near = (product, math.nextafter(product, math.inf), math.nextafter(product, -math.inf))
    return next((value for value in near if value / time == rate), product)


def make_header(values: dict[str, Any]) -> Any:
    """Return a header whose numbers are read back to the last bit.

    astropy cuts numbers at 20 characters, as FITS asks of fixed format; in free format, which
    readers must know too (FITS standard 4.0, section 4.2.4), there is room for all digits.
    """
    from astropy.io import fits

    header = fits.Header()
    for key, value in values.items():
        if isinstance(value, float):
            text = f"{key:8s}= {repr(value).upper():>20s}"
            header.append(fits.Card.fromstring(text.ljust(LONGEST_CARD)))
        else:
            header.append((key, value))
    return header
