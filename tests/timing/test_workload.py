"""Tests of harness.timing.workload."""

import itertools

import numpy as np
import pytest

from harness.content import content_key
from harness.geometry import compute_pixmap
from harness.model import KERNELS
from harness.scenes.detector import load_detector
from harness.timing.workload import Workload, list_workloads, make_exposures, prepare


def test_ids_tell_workloads_apart() -> None:
    """Every workload of a list has its own, readable id."""
    listed = list_workloads((256, 1014), (0.2, 0.6, 1.0))
    ids = [workload.id for workload in listed]
    assert len(set(ids)) == len(ids) == 2 * 2 * (3 * 3 + 3 + 1)
    assert "square-p0.6-1014x4" in ids
    assert {workload.kernel for workload in listed} == set(KERNELS)
    assert Workload(scale=1.0, planes=True).id == "square-p0.6-256x1-s1-planes"


def test_workloads_on_the_same_exposures_stand_together() -> None:
    """Nothing is made twice because the order jumps between frame sizes or numbers."""
    keys = [
        (workload.size, workload.frames, workload.planes)
        for workload in list_workloads((256, 1014), (1.0,))
    ]
    changes = sum(one != other for one, other in itertools.pairwise(keys))
    assert changes == len(set(keys)) - 1


def test_exposures_are_the_detector_s() -> None:
    """Four frames lie at the dithers of the box, on true WFC3/IR pixels, with their distortion."""
    exposures, grid = make_exposures(64, 4, 0.5)
    assert [exposure.data.shape for exposure in exposures] == [(64, 64)] * 4
    assert grid.pixel_scale == pytest.approx(0.5 * load_detector("wfc3-ir").pixel_scale, rel=1e-6)
    shifts = np.array([one.pixmap[32, 32] - exposures[0].pixmap[32, 32] for one in exposures])
    expected = np.array([[0.0, 0.0], [0.542, 0.182], [0.339, 0.485], [-0.203, 0.303]])
    seen = -shifts * grid.pixel_scale
    # POSTARG moves the target on the detector, so the frame moves the other way on the sky; which
    # way the axes of the output run does not matter here.
    assert np.abs(seen) == pytest.approx(np.abs(expected), abs=2e-3)
    steps = np.diff(exposures[0].pixmap[32, :, 0]) * grid.pixel_scale
    assert np.abs(steps).mean() == pytest.approx(0.1355, abs=2e-4)
    assert np.ptp(steps) > 1e-6


def test_pixmaps_are_exact() -> None:
    """What is timed is the real geometry."""
    (exposure,), grid = make_exposures(300, 1, 1.0)
    exact = compute_pixmap(exposure.wcs, (300, 300), grid, exact=True)
    assert np.abs(exposure.pixmap - exact).max() < 1e-6


def test_exposures_are_the_same_bits_again() -> None:
    """A benchmark means the same in every session."""
    first, _ = make_exposures(48, 2, 0.5, True)
    make_exposures.cache_clear()
    second, _ = make_exposures(48, 2, 0.5, True)
    assert first[0] is not second[0]
    for one, other in zip(first, second, strict=True):
        for name in ("data", "weight_map", "dq", "pixmap"):
            assert content_key(getattr(one, name)) == content_key(getattr(other, name))
    assert content_key(first[0].data) != content_key(first[1].data)


def test_planes_come_only_where_asked_for() -> None:
    """Variance and DQ are there for the workloads that time them."""
    plain, _ = prepare(Workload(size=48))
    planes, params = prepare(Workload(size=48, planes=True, kernel="turbo", pixfrac=0.3))
    assert plain[0].dq is None
    assert plain[0].variance == ()
    assert 0 < np.count_nonzero(planes[0].dq) < 0.05 * 48**2
    assert planes[0].variance[0].dtype == np.float32
    assert (params.kernel, params.pixfrac) == ("turbo", 0.3)
