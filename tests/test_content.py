"""Tests of harness.content."""

import subprocess
import sys

import numpy as np
import pytest

from harness.content import content_key
from harness.errors import HarnessError
from harness.model import OutputGrid

PARTS = "('a', 1, 2.5, None, {'x': (1, 2), 'y': b'z'})"


def test_key_is_the_same_in_another_process() -> None:
    """No hash randomisation or address enters the key."""
    code = f"from harness.content import content_key; print(content_key(*{PARTS}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == content_key("a", 1, 2.5, None, {"x": (1, 2), "y": b"z"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (("ab", "c"), ("a", "bc")),
        (np.zeros(4, np.float32), np.zeros(4, np.int32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        ({"a": 1}, {"a": 2}),
        (((1,), 2), ((1, 2),)),
    ],
    ids=["number type", "bool", "joints", "dtype", "shape", "value", "nesting"],
)
def test_different_content_has_different_keys(one: object, other: object) -> None:
    """Values that merely look alike do not share a key."""
    assert content_key(one) != content_key(other)


def test_array_layout_does_not_matter() -> None:
    """The same pixels in Fortran order or a strided view have one key."""
    image = np.arange(12.0).reshape(3, 4)
    assert content_key(image) == content_key(np.asfortranarray(image))
    assert content_key(image[::-1]) == content_key(image[::-1].copy())


def test_wcs_counts_by_its_distortion_too() -> None:
    """Two frames that differ in one SIP coefficient differ in their key."""
    from astropy.wcs import WCS, Sip

    def distorted(term: float) -> WCS:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
        a = np.zeros((3, 3))
        a[2, 0] = term
        wcs.sip = Sip(a, np.zeros((3, 3)), None, None, [1.0, 1.0])
        return wcs

    keys = {
        content_key(OutputGrid(shape=(2, 2), pixel_scale=1.0, wcs=distorted(term)))
        for term in (1e-5, 2e-5)
    }
    assert len(keys) == 2


def test_unknown_content_is_an_error() -> None:
    """An object without defined content is refused, not keyed by its address."""
    with pytest.raises(HarnessError, match="no content key for a value of type object"):
        content_key(object())
