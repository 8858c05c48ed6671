import dataclasses

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.capability import capabilities_of

ROUNDOFF = 6e-8
"""Half a float32 unit in the last place."""
GAUSSIAN = 1e-6
"""The cores evaluate the exponential in another order."""
CONSERVING = ("square", "point", "turbo")


def tolerance(contributions):
    """Return what float32 sums of that many contributions may differ by, relative to the max."""
    return ROUNDOFF * (4 + 2 * np.sqrt(contributions))


def overlap_of_pixel(exposure, y, x, pixfrac, shape):
    """Return the share of one drop that falls on each output pixel, from polygon overlap."""
    import shapely

    step_x = exposure.pixmap[y, x + 1] - exposure.pixmap[y, x]
    step_y = exposure.pixmap[y + 1, x] - exposure.pixmap[y, x]
    corners = [
        exposure.pixmap[y, x] + pixfrac / 2 * (sx * step_x + sy * step_y)
        for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    drop = shapely.Polygon(corners)
    jj, ii = np.mgrid[: shape[0], : shape[1]]
    pixels = shapely.box(ii - 0.5, jj - 0.5, ii + 0.5, jj + 0.5)
    return shapely.area(shapely.intersection(drop, pixels)) / drop.area


@pytest.mark.parametrize("kernel", CONSERVING)
def test_whole_pixel_shift_copies_the_input(core, make_exposure, make_params, kernel):
    """At the input scale, a shift by whole pixels moves data and weights unchanged."""
    exposure = make_exposure(scale=1.0, shift=(3.0, 5.0))
    params = make_params((50, 60), scale=1.0, pixfrac=1.0, kernel=kernel)
    product = run_core(core, [exposure], params)
    inside = np.s_[5:45, 3:47]
    np.testing.assert_allclose(product.sci[inside], exposure.data, rtol=tolerance(1))
    np.testing.assert_allclose(product.wht[inside], exposure.weight_map, rtol=tolerance(1))
    assert product.wht.sum(dtype=float) == pytest.approx(exposure.weight_map.sum(dtype=float))
    assert (product.ctx[0] == (product.wht > 0)).all()


@pytest.mark.parametrize("kernel", ["square", "turbo"])
def test_part_pixel_shift_shares_the_weight(core, make_exposure, make_params, kernel):
    """A shift by a quarter pixel gives three quarters of a weight to one pixel."""
    exposure = make_exposure(scale=1.0, shift=(3.25, 5.0))
    params = make_params((50, 60), scale=1.0, pixfrac=1.0, kernel=kernel)
    product = run_core(core, [exposure], params)
    weights = exposure.weight_map.astype(float)
    expected = np.pad(0.75 * weights, ((0, 0), (0, 1))) + np.pad(0.25 * weights, ((0, 0), (1, 0)))
    np.testing.assert_allclose(product.wht[5:45, 3:48], expected, rtol=tolerance(2))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns(core, make_exposure, make_params, turns):
    """A rotation by quarter turns permutes the pixels."""
    shift = {1: (45.0, 5.0), 2: (45.0, 45.0), 3: (5.0, 45.0)}[turns]
    exposure = make_exposure((40, 40), scale=1.0, angle=90.0 * turns, shift=shift)
    params = make_params((50, 50), scale=1.0, pixfrac=0.5)
    product = run_core(core, [exposure], params)
    y0, x0 = (shift[1] - 39 if turns > 1 else shift[1]), (shift[0] - 39 if turns < 3 else shift[0])
    found = product.sci[int(y0) : int(y0) + 40, int(x0) : int(x0) + 40]
    # The y axis points up: a turn from x to y is clockwise in array order.
    np.testing.assert_allclose(found, np.rot90(exposure.data, -turns), rtol=tolerance(1))


@pytest.mark.parametrize("scale", [0.4, 1.0, 1.7])
@pytest.mark.parametrize("pixfrac", [0.3, 1.0])
def test_rotated_drop_overlaps_as_polygons_do(core, make_exposure, make_params, scale, pixfrac):
    """One rotated square drop, anywhere and on the border, lands as shapely says."""
    for y, x in ((20, 20), (0, 0), (39, 10)):
        weights = np.zeros((40, 44), np.float32)
        weights[y, x] = 2.0
        exposure = make_exposure(scale=scale, angle=31.0, shift=(90.0, 40.0), weight_map=weights)
        params = make_params((190, 220), scale=scale, pixfrac=pixfrac)
        product = run_core(core, [exposure], params)
        at = (min(y, 38), min(x, 42))
        step = exposure.pixmap[y, x] - exposure.pixmap[at]
        moved = dataclasses.replace(exposure, pixmap=exposure.pixmap + step)
        expected = 2.0 * overlap_of_pixel(moved, *at, pixfrac, (190, 220))
        np.testing.assert_allclose(product.wht, expected, atol=2.0 * tolerance(1), rtol=0)


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.0])
def test_uniform_brightness_stays(core, make_exposure, make_params, scale):
    """Brightness per input-pixel area does not depend on the output scale."""
    flat = np.full((40, 44), 7.25, np.float32)
    exposures = [make_exposure(scale=scale, seed=seed, data=flat) for seed in (1, 2)]
    product = run_core(core, exposures, make_params(scale=scale))
    np.testing.assert_allclose(product.sci[product.wht > 0], 7.25, rtol=tolerance(8))


def test_counts_are_divided_by_the_exposure_time(core, make_exposure, make_params):
    """Counts give the product of the rates they come from, and the input is as before."""
    rates = [make_exposure(seed=seed, exptime=9.0 + seed, angle=5.0) for seed in (1, 2, 3)]
    counts = [
        dataclasses.replace(e, data=e.data * np.float32(e.exptime), in_units="counts")
        for e in rates
    ]
    before = [e.data.copy() for e in counts]
    params = make_params((130, 130), fillval=0.0)
    one, other = run_core(core, rates, params), run_core(core, counts, params)
    np.testing.assert_array_equal(one.wht, other.wht)
    np.testing.assert_allclose(one.sci, other.sci, atol=tolerance(3) * one.sci.max(), rtol=0)
    for exposure, data in zip(counts, before, strict=True):
        np.testing.assert_array_equal(exposure.data, data)


@pytest.mark.parametrize("number", [1, 32, 33, 40])
def test_context_has_the_bits_of_the_contributors(core, make_exposure, make_params, number):
    """Bit k of plane k // 32 is set just where exposure k alone has weight."""
    rng = np.random.default_rng(number)
    exposures = []
    for k in range(number):
        weights = (rng.random((10, 10)) < 0.3).astype(np.float32)
        shift = tuple(rng.uniform(3.0, 6.0, 2))
        exposures.append(make_exposure((10, 10), shift=shift, weight_map=weights, seed=k))
    params = make_params((30, 30), pixfrac=0.6)
    product = run_core(core, exposures, params)
    assert product.ctx.shape == ((number - 1) // 32 + 1, 30, 30)
    for k, exposure in enumerate(exposures):
        bit = (product.ctx[k // 32].view(np.uint32) >> (k % 32)) & 1
        alone = run_core(core, [exposure], params)
        np.testing.assert_array_equal(bit.astype(bool), alone.wht > 0)
    assert (product.ctx[-1].view(np.uint32) >> ((number - 1) % 32) <= 1).all()


@pytest.mark.parametrize("kernel", CONSERVING)
def test_fill_values(core, make_exposure, make_params, kernel):
    """Pixels that nothing reaches get the fill value, or NaN without one."""
    exposures = [make_exposure(seed=seed) for seed in (1, 2)]
    filled = run_core(core, exposures, make_params(kernel=kernel, pixfrac=0.2, fillval=-4.5))
    left = run_core(core, exposures, make_params(kernel=kernel, pixfrac=0.2))
    empty = filled.wht == 0
    assert empty.any()
    assert (filled.sci[empty] == -4.5).all()
    assert np.isnan(left.sci[empty]).all()
    np.testing.assert_array_equal(filled.sci[~empty], left.sci[~empty])
    assert (filled.sci[~empty] > 0).all()


def test_masked_pixels_do_not_count(core, make_exposure, make_params):
    """A pixel of weight 0 gives neither data nor a context bit, filled or not."""
    exposure = make_exposure(scale=1.0, shift=(3.0, 5.0))
    exposure.weight_map[10, 10] = 0.0
    exposure.data[10, 10] = 1e6
    params = make_params((50, 60), scale=1.0, pixfrac=0.9, fillval=0.0)
    product = run_core(core, [exposure], params)
    assert (product.sci[15, 13], product.wht[15, 13], product.ctx[0, 15, 13]) == (0, 0, 0)
    assert product.sci.max() < 20


@pytest.mark.parametrize("kernel", [*CONSERVING, "gaussian"])
@pytest.mark.parametrize("pixfrac", [0.0, 0.4, 1.0])
def test_cores_agree(in_memory_cores, make_exposure, make_params, kernel, pixfrac):
    """Given the same pixmaps inside the output, both cores make the same product."""
    exposures = [
        make_exposure(angle=20.0 + 4 * seed, shift=(50.0 + seed / 7, 9.0), seed=seed)
        for seed in (1, 2, 3)
    ]
    params = make_params((150, 160), kernel=kernel, pixfrac=pixfrac, fillval=0.0)
    one, other = (run_core(core, exposures, params) for core in in_memory_cores.values())
    limit = GAUSSIAN if kernel == "gaussian" else tolerance(len(exposures))
    assert np.abs(one.wht - other.wht).max() <= limit * other.wht.max()
    weighty = other.wht > 1e-3 * other.wht.max()
    assert np.abs(one.sci - other.sci)[weighty].max() <= limit * other.sci.max()
    np.testing.assert_array_equal(one.ctx, other.ctx)


def test_cores_agree_on_mixed_pixel_scales(in_memory_cores, make_exposure, make_params):
    """Exposures of unlike pixel size are averaged as they are."""
    coarse = make_exposure((30, 30), scale=0.5, shift=(12.0, 12.0), seed=1)
    fine = make_exposure((60, 60), scale=1.0, shift=(11.0, 11.5), seed=2, pixel_scale=0.5)
    params = make_params((90, 90), kernel="turbo", fillval=0.0)
    one, other = (run_core(core, [coarse, fine], params) for core in in_memory_cores.values())
    assert np.abs(one.wht - other.wht).max() <= tolerance(8) * other.wht.max()
    assert np.abs(one.sci - other.sci).max() <= tolerance(8) * other.sci.max()


@pytest.mark.parametrize("kernel", ["square", "lanczos3"])
@pytest.mark.parametrize("pixfrac", [0.0, 1.0])
def test_cores_are_quiet(core, make_exposure, make_params, capfd, caplog, kernel, pixfrac):
    """Nothing is printed, warned of or logged, even where points miss the output."""
    caplog.set_level("DEBUG")
    product = run_core(
        core, [make_exposure(shift=(30.0, 8.0))], make_params(kernel=kernel, pixfrac=pixfrac)
    )
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert product.provenance["nmiss"] > 0


def test_capabilities_are_those_that_the_core_has(core, make_exposure, make_params):
    """Every kernel and unit that a core declares runs."""
    capabilities = capabilities_of(core)
    for kernel in capabilities.kernels:
        for units in capabilities.units:
            exposure = make_exposure(in_units=units)
            product = run_core(core, [exposure], make_params(kernel=kernel, pixfrac=1.0))
            assert product.wht.max() > 0
            conserves = product.wht.sum(dtype=float) == pytest.approx(
                exposure.weight_map.sum(dtype=float), rel=1e-5
            )
            assert conserves == (kernel in capabilities.flux_conserving)
