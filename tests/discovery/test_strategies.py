"""What the strategies can draw: everything that cores have been seen to stumble on."""

from collections import Counter

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, seed, settings

from harness.discovery.features import features_of
from harness.discovery.layout import LAYOUTS, lay_out, layout_of
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.strategies.requests import blot_requests, drizzle_requests, sound_requests
from harness.discovery.strategies.scope import INTERPOLATIONS, Scope
from harness.model import KERNELS

PROFILE = settings(
    max_examples=2500,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
DRIZZLE_FEATURES = {
    "geometry:enlarged", "geometry:reduced", "geometry:rotated", "geometry:sheared",
    "geometry:flipped", "geometry:anisotropic", "geometry:curved", "geometry:folded",
    "geometry:degenerate", "overlap:partial", "overlap:none", "image:larger", "image:1xN",
    "image:Nx1", "image:1x1", "image:empty", "output:empty", "output:1xN", "output:Nx1",
    "pixmap:nan", "pixmap:inf", "pixmap:far", "pixmap:tie",
    "data:nan", "data:inf", "data:denormal", "data:huge",
    "dtype:data:f8", "dtype:data:i4", "dtype:data:swapped-f4", "dtype:data:swapped-i2",
    "dtype:data:u2", "dtype:weight:f8", "dtype:pixmap:f4", "dtype:pixmap:swapped-f8",
    "layout:data:fortran", "layout:data:strided", "layout:data:reversed", "layout:data:readonly",
    "layout:weight:strided", "layout:pixmap:fortran", "layout:pixmap:readonly",
    "weight:none", "weight:zero", "weight:negative", "weight:nan", "weight:cancelling",
    "weight:extreme", "exptime:denormal", "exptime:0", "exptime:huge", "exptime:negative",
    "exptime:nan", "units:counts", "units:unknown", "fillval:nan", "fillval:'INDEF'",
    "fillval:none", "limits", "limits:beyond", "pixfrac:0", "pixfrac:point", "pixfrac:below-1",
    "pixfrac:above-1", "pixfrac:not-finite", "images:33+", "images:several", "previous",
    "layout:previous.wht:fortran", "dtype:previous.sci:f8", "variance", "variance:with-none",
    "dq", "dq:bit31", "dtype:dq:i8", "dtype:dq:f4", "dtype:dq:u2", "dtype:dq:swapped-i2",
    "ratio:none", "ratio:set", "ratio:nan", "iscale:set", "weight_scale:set", "max_images:small",
}  # fmt: skip
BLOT_FEATURES = {
    "image:1x1", "image:1xN", "image:Nx1", "image:empty", "target:empty", "target:1x1",
    "pixmap:nan", "pixmap:inf", "pixmap:far", "pixmap:tie", "overlap:none", "overlap:partial",
    "data:nan", "data:inf", "dtype:data:f8", "dtype:data:swapped-f4", "layout:data:fortran",
    "layout:pixmap:strided", "geometry:enlarged", "geometry:reduced", "geometry:rotated",
    "iscale:set", "exptime:set", "sinscl:0", "fillval:nan",
}  # fmt: skip


ROUNDS = 4
"""The rarest features come five times in 2500 examples: one time in 150 they do not, and every
release of hypothesis draws others."""


def undrawn(strategy, name, wanted):
    """Return which features, kernels or interpolations are not among many examples."""
    seen = Counter()

    @PROFILE
    @given(strategy)
    def look(request):
        seen.update(features_of(request))
        seen[getattr(request, name)] += 1

    for number in range(ROUNDS):
        seed(number)(look)()
        if wanted <= set(seen):
            break
    return sorted(wanted - set(seen))


def test_everything_that_issues_are_made_of_is_drawn():
    """Every feature of drizzle requests, and every kernel, occurs in some thousand examples."""
    assert undrawn(drizzle_requests(), "kernel", DRIZZLE_FEATURES | set(KERNELS)) == []


def test_everything_that_blot_can_meet_is_drawn():
    """Every feature of blot requests, and every interpolation, occurs in some thousand examples."""
    assert undrawn(blot_requests(), "interp", BLOT_FEATURES | set(INTERPOLATIONS)) == []


def test_sound_requests_are_sound():
    """Nothing that the oracle refuses, and nothing that is not finite, is drawn as sound."""
    oracle = OraclePerformer()
    everything = {
        "tiny": True, "layouts": True, "variance": True, "dq": True, "limits": True,
        "iscale": True, "weight_scale": True, "defaults": True, "wild_data": True, "empty": True,
    }  # fmt: skip

    @settings(PROFILE, max_examples=200)
    @given(sound_requests(**everything))
    def look(request):
        for image in request.images:
            assert np.isfinite(np.asarray(image.data, dtype=float)).all()
            assert np.isfinite(np.asarray(image.pixmap, dtype=float)).all()
            assert 0 < image.pixfrac <= 1
        reply = oracle.perform(request)
        # Positions that are rounded to integers may leave a pixel no area to estimate a ratio from.
        refused = {
            "dtype:dq:i8", "dtype:dq:u8", "dtype:dq:f4", "dtype:dq:b1", "geometry:degenerate",
        }  # fmt: skip
        assert reply.outcome != "raised" or refused & features_of(request), reply.message

    look()


def test_contained_means_contained():
    """Images that are drawn as contained reach the output with all their centres."""

    @settings(PROFILE, max_examples=200)
    @given(sound_requests(placement="contained"))
    def look(request):
        assert not {"overlap:none", "overlap:partial"} & features_of(request)

    look()


def test_examples_shrink_to_the_plainest_request():
    """Without a reason for anything else, an example has no remarkable feature."""
    quiet = settings(database=None, deadline=None, derandomize=True, max_examples=200)
    smallest = find(drizzle_requests(Scope()), lambda request: True, settings=quiet)
    assert features_of(smallest) == frozenset()
    assert smallest.kernel == "square"


def test_layouts_keep_values_and_are_recognised():
    """An array laid out anew keeps its values (broadcast: its first row) and tells its layout."""
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    for layout in LAYOUTS:
        other = lay_out(array, layout)
        assert layout_of(other) == layout
        np.testing.assert_array_equal(other, array[[0, 0, 0]] if layout == "broadcast" else array)


def test_layouts_of_pixmaps_are_recognised():
    """Three axes too."""
    array = np.arange(24, dtype=np.float64).reshape(3, 4, 2)
    for layout in LAYOUTS:
        assert layout_of(lay_out(array, layout)) == layout
