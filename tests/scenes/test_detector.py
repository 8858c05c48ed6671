"""Detectors: areas, distortion of realistic size, errors."""

import numpy as np
import pytest

from harness.errors import FixtureError, SceneError
from harness.scenes.detector import band_of, load_detector
from harness.scenes.optics import PixelFrame, pixel_areas

AREA_ERROR = 1e-9
"""Relative; twelve digits are given of the scale."""
CHIPS_ERROR = 0.025
"""Of the area: how far the chips of ACS/WFC and WFC3/UVIS are from their nominal scale (ACS
Instrument Handbook section 5.3: 5 % in scale from corner to corner)."""
CORNER_SHIFTS = {
    "wfc3-ir": (3.0, 15.0),
    "wfc3-uvis": (10.0, 90.0),
    "acs-wfc": (10.0, 120.0),
    "acs-hrc": (0.5, 10.0),
    "jwst-niriss": (0.1, 5.0),
    "roman-wfi": (5.0, 120.0),
}
"""Pixels by which the non-linear terms move the corners, least and most, from the distortion plots
of the instrument handbooks: percents across HST's detectors, tenths of a percent for NIRISS."""


def test_reference_pixel_has_the_declared_area(detector):
    """One chip: its scale squared. Two chips: their areas scatter about it."""
    areas = [abs(np.linalg.det(np.array(chip.matrix))) for chip in detector.chips]
    tolerance = AREA_ERROR if len(areas) == 1 else 2 * CHIPS_ERROR
    np.testing.assert_allclose(areas, detector.pixel_scale**2, rtol=tolerance)
    if len(areas) > 1:
        assert np.sqrt(np.mean(areas)) == pytest.approx(detector.pixel_scale, rel=CHIPS_ERROR)


def test_infrared_pixels_are_anisotropic():
    """WFC3/IR has pixels of 0.1355 by 0.1211 arcsec (WFC3 Instrument Handbook 7.3)."""
    matrix = np.array(load_detector("wfc3-ir").chips[0].matrix)
    sides = np.hypot(*matrix)
    np.testing.assert_allclose(sides, [0.1355, 0.1211], rtol=AREA_ERROR)
    square = np.hypot(*np.array(load_detector("wfc3-ir-isotropic").chips[0].matrix))
    np.testing.assert_allclose(square, 0.1283, rtol=AREA_ERROR)


@pytest.mark.parametrize("name", sorted(CORNER_SHIFTS))
def test_distortion_is_of_realistic_size(name):
    """The SIP terms move a corner of the chip by the pixels that handbooks show."""
    least, most = CORNER_SHIFTS[name]
    for chip in load_detector(name).chips:
        ny, nx = chip.shape
        corners = np.array([(x, y) for x in (1, nx) for y in (1, ny)], float) - chip.crpix
        shifts = np.zeros_like(corners)
        for axis, terms in enumerate((chip.sip_a, chip.sip_b)):
            for key, value in terms.items():
                p, q = (int(power) for power in key.split("_"))
                assert p + q >= 2
                shifts[:, axis] += value * corners[:, 0] ** p * corners[:, 1] ** q
        assert least < np.hypot(*shifts.T).max() < most


def test_areas_are_those_of_polygons(detector):
    """The area of a pixel is that of its outline, corners carried to the sky."""
    chip = detector.chips[-1]
    frame = PixelFrame(chip=chip, corner=(0, 0), shape=(6, 7))
    y, x = np.mgrid[0:7, 0:8].astype(float) - 0.5
    u, v = x + 1 - chip.crpix[0], y + 1 - chip.crpix[1]
    bent = [u.copy(), v.copy()]
    for plane, terms in zip(bent, (chip.sip_a, chip.sip_b), strict=True):
        for key, value in terms.items():
            p, q = (int(power) for power in key.split("_"))
            plane += value * u**p * v**q
    sx, sy = np.tensordot(np.array(chip.matrix), np.array(bent), 1)
    ring = [(slice(0, -1), slice(0, -1)), (slice(0, -1), slice(1, None))]
    ring += [(slice(1, None), slice(1, None)), (slice(1, None), slice(0, -1))]
    twice = sum(
        sx[a] * sy[b] - sx[b] * sy[a] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    )
    # Shoelace sums of positions 100 arcsec off lose eight digits of areas of 0.001.
    np.testing.assert_allclose(pixel_areas(frame), np.abs(twice) / 2, rtol=1e-6)


def test_reference_pixels_and_v2v3_are_told(detector):
    """AstroDrizzle takes zero V2 and V3 for no distortion model."""
    for chip in detector.chips:
        assert all(chip.v2v3)
        assert 0 < chip.crpix[0] < chip.shape[1]
        assert 0 < chip.crpix[1] < chip.shape[0]
    assert set(detector.sources) >= {"geometry", "distortion", "psf", "noise", "background"}


def test_unknown_filter_names_those_there_are():
    """The error lists the filters."""
    with pytest.raises(SceneError, match="F160W"):
        band_of(load_detector("wfc3-ir"), "F999W")


def test_unknown_detector_names_those_there_are():
    """The error lists the detectors."""
    with pytest.raises(FixtureError, match="wfc3-uvis"):
        load_detector("wfc4-ir")
