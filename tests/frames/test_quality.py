"""DQ bits and the weights that follow from them."""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest

from harness.errors import FrameError
from harness.frames.quality import (
    ALL_BITS,
    GOOD_BITS,
    check_bits,
    default_bits,
    exposure_weight,
    unsigned_dq,
)

HAP = {
    ("WFC3", "IR"): "wfc3/ir/wfc3_ir_astrodrizzle_any_n4.json",
    ("WFC3", "UVIS"): "wfc3/uvis/wfc3_uvis_astrodrizzle_any_n6.json",
    ("ACS", "WFC"): "acs/wfc/acs_wfc_astrodrizzle_any_n6.json",
    ("ACS", "HRC"): "acs/hrc/acs_hrc_astrodrizzle_any_n6.json",
    ("ACS", "SBC"): "acs/sbc/acs_sbc_astrodrizzle_any_any.json",
}


def find_key(content: object, key: str) -> object:
    """Return the value of the first key of that name at any depth."""
    if isinstance(content, dict):
        if key in content:
            return content[key]
        found = (find_key(value, key) for value in content.values())
        return next((value for value in found if value is not None), None)
    return None


@pytest.mark.parametrize("camera", GOOD_BITS, ids="/".join)
def test_good_bits_are_those_of_drizzlepac(camera: tuple[str, str]) -> None:
    """The defaults are the `final_bits` that the installed drizzlepac uses for its products."""
    try:
        package = importlib.metadata.distribution("drizzlepac")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("drizzlepac is not installed")
    folder = Path(str(package.locate_file("drizzlepac/pars/hap_pars/svm_parameters")))
    content = json.loads((folder / HAP[camera]).read_text())
    assert find_key(content, "final_bits") == str(GOOD_BITS[camera])


def test_jwst_masks_do_not_use_only() -> None:
    """For JWST every bit but DO_NOT_USE is good, for unknown cameras none."""
    bits = default_bits("JWST", "NIRISS", "NIS")
    dq = np.array([[0, 1, 2, 4, 5, 0x80000000]], dtype=np.uint32)
    weight = exposure_weight(10.0, dq, np.ones((1, 6), dtype=bool), bits)
    assert weight.tolist() == [[10, 0, 10, 10, 0, 10]]
    assert default_bits("HST", "STIS", "CCD") == 0


def test_weight_follows_bits_and_finite_pixels() -> None:
    """Flagged pixels count only where their bits are good, and never where not usable."""
    dq = np.array([[0, 16, 512, 16 + 512, 16 + 4096]], dtype=np.uint32)
    usable = np.array([[True, True, True, True, True]])
    assert exposure_weight(2.0, dq, usable, 528).tolist() == [[2, 2, 2, 2, 0]]
    assert exposure_weight(2.0, dq, usable, 16).tolist() == [[2, 2, 0, 0, 0]]
    assert exposure_weight(2.0, dq, usable, 0).tolist() == [[2, 0, 0, 0, 0]]
    assert exposure_weight(2.0, dq, usable, ALL_BITS).tolist() == [[2, 2, 2, 2, 2]]
    assert exposure_weight(2.0, dq, ~usable, ALL_BITS).tolist() == [[0, 0, 0, 0, 0]]
    assert exposure_weight(2.0, None, usable, 0).tolist() == [[2, 2, 2, 2, 2]]


@pytest.mark.parametrize("kind", [">i2", "<i2", ">i4", "u1", "u2", "u4"])
def test_dq_keeps_the_highest_bit(kind: str) -> None:
    """The sign bit of FITS integers is a flag and becomes that bit of uint32, nothing else."""
    raw = np.zeros((2, 3), dtype=kind)
    width = 8 * raw.dtype.itemsize
    raw[1, 2] = -(2 ** (width - 1)) if raw.dtype.kind == "i" else 2 ** (width - 1)
    raw[0, 0] = 5
    dq = unsigned_dq(raw)
    assert dq.dtype == np.uint32
    assert dq.tolist() == [[5, 0, 0], [0, 0, 2 ** (width - 1)]]


@pytest.mark.parametrize("bits", [-1, 2**32])
def test_impossible_bits_are_refused(bits: int) -> None:
    """Bits that no DQ image has are an error with the allowed range."""
    with pytest.raises(FrameError, match=rf"x\.fits: bits is {bits}\. Allowed: 0"):
        check_bits(bits, where="x.fits")
