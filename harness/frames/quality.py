"""Data quality: which flagged pixels still count, and the weight map that follows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.errors import FrameError
from harness.model import DQImage, FloatImage
from harness.rows import SMALL_BLOCK, row_blocks

ALL_BITS = 0xFFFFFFFF
DO_NOT_USE = 1

GOOD_BITS: dict[tuple[str, str], int] = {
    ("WFC3", "IR"): 528,
    ("WFC3", "UVIS"): 336,
    ("ACS", "WFC"): 336,
    ("ACS", "HRC"): 64,
    ("ACS", "SBC"): 0,
}
"""`final_bits` of the Hubble Advanced Products for four or more exposures (six for the CCDs), by
instrument and detector: drizzlepac `pars/hap_pars/svm_parameters/`. 16 hot and 64 warm pixels
(WFC3/IR: 16 hot), 256 saturated, 512 bad flat (WFC3/IR: blobs)."""


def default_bits(telescope: str, instrument: str, detector: str) -> int:
    """Return the DQ bits that still count as good where the caller names none.

    Parameters
    ----------
    telescope, instrument, detector : str
        As in TELESCOP, INSTRUME and DETECTOR.

    Returns
    -------
    int
        `GOOD_BITS` for HST; 0, the default of AstroDrizzle, where there is no recommendation
        (STIS); for JWST all bits but DO_NOT_USE, as `good_bits="~DO_NOT_USE"` in the resample
        step of its pipeline.
    """
    if telescope == "JWST":
        return ALL_BITS & ~DO_NOT_USE
    return GOOD_BITS.get((instrument, detector), 0)


def check_bits(bits: int, *, where: str) -> int:
    """Return `bits` as they are.

    Raises
    ------
    FrameError
        If they are no sum of the bits of a DQ image.
    """
    if not 0 <= bits <= ALL_BITS:
        raise FrameError(
            f"bits is {bits}",
            where=where,
            allowed=f"0 (only unflagged pixels) to {ALL_BITS} (all pixels), a sum of DQ bits",
        )
    return bits


def unsigned_dq(raw: npt.NDArray[np.generic]) -> DQImage:
    """Return DQ values as uint32, the sign bit of int16 and int32 files being a flag too.

    Parameters
    ----------
    raw : ndarray, (ny, nx), any integer type
        As read.

    Returns
    -------
    ndarray, (ny, nx), uint32
    """
    unsigned = np.dtype(f"u{raw.dtype.itemsize}").newbyteorder(raw.dtype.byteorder)
    return raw.view(unsigned).astype(np.uint32, copy=False)


def exposure_weight(
    exptime: float, dq: DQImage | None, usable: npt.NDArray[np.bool_], bits: int
) -> FloatImage:
    """Weigh the good pixels of one chip by the exposure time.

    Parameters
    ----------
    exptime : float
        Exposure time, s.
    dq : ndarray, (ny, nx), uint32, or None
        Data quality; None where every pixel counts.
    usable : ndarray, (ny, nx), bool
        Where science and error are finite.
    bits : int
        DQ bits that still count as good.

    Returns
    -------
    ndarray, (ny, nx), float32
        `exptime` where good, 0 elsewhere: AstroDrizzle's EXP weight.
    """
    weight: FloatImage = np.zeros(usable.shape, dtype=np.float32)
    for rows in row_blocks(usable.shape, SMALL_BLOCK):
        good = usable[rows]
        if dq is not None:
            good = good & ((dq[rows] & np.uint32(ALL_BITS & ~bits)) == 0)
        weight[rows][good] = exptime
    return weight
