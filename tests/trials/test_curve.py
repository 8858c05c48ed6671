"""The curve of RMS/median over pixfrac, beside figures that were got elsewhere."""

import pytest

from harness.cores.registry import load_core
from harness.trials.curve import PIXFRACS, trace_curve

ISOTROPIC = 0.065 / 0.1283
ANISOTROPIC = 0.065 / 0.128097814189
"""0.065 arcsec in units of the native scale of square pixels, and of those of WFC3/IR."""
HOLES = (0.050, 0.008, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
UNIFORMITY = (0.607, 0.507, 0.419, 0.329, 0.246, 0.167, 0.105, 0.062, 0.034, 0.0)
"""Four IR-DITHERBOX exposures of a full frame of square pixels, output 0.065 arcsec."""
UNEVEN_PHASES = 0.006
"""How far a region of 190 input pixels may lie from a full frame: the output pixel is no simple
fraction of the input pixel, so that a small region holds some sub-pixel phases more often."""
FLOAT32 = 1e-5
"""Between cores, on the same exposures."""
TRUE_UNIFORMITY = (0.1594, 0.1004, 0.0653, 0.0403, 0.0133, 0.0266, 0.0277, 0.0241, 0.0173, 0.0045)
"""The same box on the anisotropic pixels for which it was made: 1e-4 is the last digit."""


@pytest.fixture(scope="module")
def curve_of():
    """Return the function that traces a curve, once for each core and source."""
    traced = {}

    def curve(name, source, scale, pixfracs=PIXFRACS):
        key = (name, source, pixfracs)
        if key not in traced:
            if name != "oracle":
                pytest.importorskip(name.replace("astrodrizzle", "drizzlepac"))
            traced[key] = trace_curve([load_core(name)], source, scale=scale, pixfracs=pixfracs)
        return traced[key]

    return curve


@pytest.mark.parametrize("name", ["oracle", "drizzle", "drizzlepac"])
def test_square_pixels_follow_the_known_figures(curve_of, name):
    """Holes and RMS/median of every core are those of a full frame, and fall with pixfrac."""
    points = curve_of(name, "scene/ir-box-isotropic", ISOTROPIC)
    assert [one.holes for one in points] == pytest.approx(HOLES, abs=UNEVEN_PHASES)
    assert [one.uniformity for one in points] == pytest.approx(UNIFORMITY, abs=UNEVEN_PHASES)
    spread = [one.uniformity for one in points]
    assert spread == sorted(spread, reverse=True)
    assert points[-1].uniformity == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", ["oracle", "drizzle", "drizzlepac"])
def test_true_pixels_have_no_holes(curve_of, name):
    """On the pixels for which the box was made, every pixfrac passes the advice of 0.2."""
    points = curve_of(name, "scene/ir-box", ANISOTROPIC)
    assert [one.holes for one in points] == [0.0] * 10
    assert [one.uniformity for one in points] == pytest.approx(TRUE_UNIFORMITY, abs=1e-4)


@pytest.mark.parametrize("name", ["drizzle", "drizzlepac"])
@pytest.mark.parametrize(
    ("source", "scale"), [("scene/ir-box-isotropic", ISOTROPIC), ("scene/ir-box", ANISOTROPIC)]
)
def test_cores_agree_with_exact_geometry(curve_of, name, source, scale):
    """A core's figures are the oracle's in float32, by both recipes."""
    for one, exact in zip(
        curve_of(name, source, scale), curve_of("oracle", source, scale), strict=True
    ):
        assert one.holes == exact.holes
        assert one.uniformity == pytest.approx(exact.uniformity, abs=FLOAT32)
        assert one.uniformity_positive == pytest.approx(exact.uniformity_positive, abs=FLOAT32)


def test_holes_separate_the_two_recipes(curve_of):
    """Where there are holes, weights above zero alone are spread less; elsewhere both agree."""
    for one in curve_of("oracle", "scene/ir-box-isotropic", ISOTROPIC):
        if one.holes:
            assert one.uniformity_positive < one.uniformity - 0.005
            assert one.largest_hole == 1.0
        else:
            assert one.uniformity_positive == one.uniformity


def test_astrodrizzle_follows_within_its_positions(curve_of):
    """Positions at every tenth pixel move the weights by less than a thousandth."""
    (one,) = curve_of("astrodrizzle", "scene/ir-box", ANISOTROPIC, (0.6,))
    assert one.holes == 0.0
    assert one.uniformity == pytest.approx(TRUE_UNIFORMITY[5], abs=1e-3)
