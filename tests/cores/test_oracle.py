import dataclasses

import numpy as np
import pytest
import shapely

from harness.cores.oracle import combine, load
from harness.cores.protocol import DrizzleCore
from harness.errors import CoreError, UnsupportedCaseError
from harness.model import DrizzleParams, Exposure, OutputGrid

ROUNDOFF = 1e-12
"""Sums of some hundred float64 products of order 100."""


def make_exposure(
    ny: int = 12, nx: int = 10, *, seed: int = 1, ratio: float = 0.7, shift: float = 0.0, **fields
) -> Exposure:
    """Return an exposure turned, sheared and slightly curved on an output of finer pixels."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((ny, nx), dtype=float)
    u, v = x + 0.002 * x * y, y - 0.003 * x**2
    pixmap = np.stack(
        [(u - 0.3 * v) / ratio + 7.3 + shift, (0.25 * u + v) / ratio + 2.2 + shift], axis=-1
    )
    settings = {
        "name": f"exposure{seed}",
        "data": rng.normal(100, 20, (ny, nx)).astype(np.float32),
        "weight_map": rng.uniform(0.5, 2, (ny, nx)).astype(np.float32),
        "exptime": 4.0,
        "in_units": "cps",
        "pixel_scale": 0.1,
        "pixmap": pixmap,
        "variance": (rng.uniform(1, 2, (ny, nx)).astype(np.float32),),
        "dq": (1 << rng.integers(0, 31, (ny, nx))).astype(np.uint32),
    }
    return Exposure(**settings | fields)


def make_params(**fields) -> DrizzleParams:
    """Return parameters for an output that holds `make_exposure` entirely."""
    grid = OutputGrid(shape=(32, 28), pixel_scale=0.07)
    return DrizzleParams(**{"kernel": "square", "pixfrac": 0.8, "grid": grid} | fields)


def bilinear(pixmap: np.ndarray, y: float, x: float) -> np.ndarray:
    """Interpolate a pixmap at a position, or extrapolate beyond its border."""
    ny, nx = pixmap.shape[:2]
    j, i = min(max(int(np.floor(y)), 0), ny - 2), min(max(int(np.floor(x)), 0), nx - 2)
    t, s = y - j, x - i
    cell = pixmap[j : j + 2, i : i + 2]
    return (1 - t) * ((1 - s) * cell[0, 0] + s * cell[0, 1]) + t * (
        (1 - s) * cell[1, 0] + s * cell[1, 1]
    )


def brute_force(exposures: list[Exposure], params: DrizzleParams) -> dict[str, np.ndarray]:
    """Drizzle by polygon intersections, pixel by pixel, from Fruchter & Hook's equations."""
    ny, nx = params.grid.shape
    cells = np.array(
        [[shapely.box(i - 0.5, j - 0.5, i + 0.5, j + 0.5) for i in range(nx)] for j in range(ny)]
    )
    half = params.pixfrac / 2
    weight, science, variance = np.zeros((3, ny, nx))
    count, context, dq = np.zeros((3, ny, nx), dtype=np.int64)
    for number, exposure in enumerate(exposures):
        for j, i in np.ndindex(exposure.data.shape):
            w = float(exposure.weight_map[j, i])
            if w == 0:
                continue
            steps = [(-half, -half), (-half, half), (half, half), (half, -half)]
            drop = shapely.Polygon([bilinear(exposure.pixmap, j + b, i + a) for b, a in steps])
            fraction = shapely.area(shapely.intersection(cells, drop)) / drop.area
            hit = fraction > 0
            weight += fraction * w
            science += fraction * w * float(exposure.data[j, i])
            variance += (fraction * w) ** 2 * float(exposure.variance[0][j, i])
            count += hit
            context |= hit * (1 << number)
            dq |= hit * int(exposure.dq[j, i])
    with np.errstate(invalid="ignore"):
        return {
            "wht": weight,
            "sci": science / weight,
            "variance": np.nan_to_num(variance / weight**2),
            "contributions": count,
            "ctx": context,
            "dq": dq,
        }


@pytest.mark.parametrize("pixfrac", [0.4, 1.0])
def test_combine_agrees_with_polygons_pixel_by_pixel(pixfrac: float) -> None:
    """Every image of two overlapping exposures equals what intersections of polygons give."""
    exposures = [make_exposure(seed=1), make_exposure(seed=2, shift=1.37)]
    exposures[0].weight_map[3:5, 4] = 0
    params = make_params(pixfrac=pixfrac)
    product = combine(exposures, params)
    expected = brute_force(exposures, params)
    assert np.abs(product.wht - expected["wht"]).max() < ROUNDOFF
    assert np.nanmax(np.abs(product.sci - expected["sci"])) < 100 * ROUNDOFF
    assert (np.isnan(product.sci) == (expected["wht"] == 0)).all()
    assert np.abs(product.variance[0] - expected["variance"]).max() < ROUNDOFF
    assert (product.contributions == expected["contributions"]).all()
    assert (product.ctx[0] == expected["ctx"]).all()
    assert (product.dq == expected["dq"]).all()


@pytest.mark.parametrize("kernel", ["square", "point", "turbo"])
@pytest.mark.parametrize("pixfrac", [0.05, 0.5, 1.0])
def test_weight_is_conserved(kernel: str, pixfrac: float) -> None:
    """Kernels that conserve weight put out what they took in, with distortion too."""
    exposure = make_exposure()
    product = combine([exposure], make_params(kernel=kernel, pixfrac=pixfrac))
    total = exposure.weight_map.astype(float).sum()
    assert product.wht.sum() == pytest.approx(total, rel=ROUNDOFF)
    flux = (exposure.weight_map.astype(float) * exposure.data).sum()
    assert np.nansum(product.sci * product.wht) == pytest.approx(flux, rel=ROUNDOFF)


@pytest.mark.parametrize("kernel", ["square", "point", "turbo", "gaussian", "lanczos3"])
def test_a_cropped_output_is_a_cut_of_the_whole(kernel: str) -> None:
    """What falls outside the output changes nothing inside, on all four sides."""
    exposures = [make_exposure(seed=1), make_exposure(seed=2, shift=1.37)]
    whole = combine(exposures, make_params(kernel=kernel))
    cut = [dataclasses.replace(e, pixmap=e.pixmap - [9.0, 6.0]) for e in exposures]
    grid = OutputGrid(shape=(11, 8), pixel_scale=0.07)
    part = combine(cut, make_params(kernel=kernel, grid=grid))
    rows, columns = slice(6, 17), slice(9, 17)
    assert np.abs(part.wht - whole.wht[rows, columns]).max() < ROUNDOFF
    assert (part.contributions == whole.contributions[rows, columns]).all()
    assert (part.ctx[0] == whole.ctx[0][rows, columns]).all()
    assert (part.dq == whole.dq[rows, columns]).all()


def test_parity_does_not_matter() -> None:
    """A mirrored output gives the mirrored product."""
    exposure = make_exposure()
    params = make_params()
    straight = combine([exposure], params)
    mirrored = dataclasses.replace(exposure, pixmap=exposure.pixmap * [-1, 1] + [27, 0])
    flipped = combine([mirrored], params)
    assert np.abs(flipped.wht[:, ::-1] - straight.wht).max() < ROUNDOFF


def test_tiles_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of tiles and batches does not show in the product."""
    params = make_params()
    whole = combine([make_exposure()], params)
    monkeypatch.setattr("harness.cores.oracle_kernels.TILE", 5)
    monkeypatch.setattr("harness.cores.oracle_kernels.BATCH", 16)
    tiled = combine([make_exposure()], params)
    assert np.abs(tiled.wht - whole.wht).max() < ROUNDOFF
    assert (tiled.contributions == whole.contributions).all()
    assert (tiled.dq == whole.dq).all()


def test_counts_are_divided_by_the_exposure_time() -> None:
    """Counts come out per second, variances per second squared; weights stay."""
    cps = make_exposure()
    counts = dataclasses.replace(
        cps,
        in_units="counts",
        data=cps.data * np.float32(4),
        variance=(cps.variance[0] * np.float32(16),),
    )
    one, other = combine([cps], make_params()), combine([counts], make_params())
    assert np.nanmax(np.abs(one.sci - other.sci)) < 100 * ROUNDOFF
    assert np.abs(one.variance[0] - other.variance[0]).max() < ROUNDOFF
    assert (one.wht == other.wht).all()


def test_pixels_without_weight_contribute_nothing() -> None:
    """NaN data, flags and wild variances behind weight zero leave no trace."""
    clean, dirty = make_exposure(), make_exposure()
    for exposure in (clean, dirty):
        exposure.weight_map[4:7, 3:6] = 0
    dirty.data[4:7, 3:6] = np.nan
    dirty.variance[0][4:7, 3:6] = np.inf
    dirty.dq[4:7, 3:6] = 2**31
    one, other = combine([clean], make_params()), combine([dirty], make_params())
    assert np.array_equal(one.sci, other.sci, equal_nan=True)
    assert (one.variance[0] == other.variance[0]).all()
    assert (one.dq == other.dq).all()


def test_drops_that_are_not_finite_are_left_out() -> None:
    """A NaN in the pixmap removes the drops whose corners need it: the pixel and its ring."""
    torn, masked = make_exposure(), make_exposure()
    torn.pixmap[6, 5] = np.nan
    masked.weight_map[5:8, 4:7] = 0
    one, other = combine([torn], make_params()), combine([masked], make_params())
    assert (one.wht == other.wht).all()
    masked = make_exposure()
    masked.weight_map[6, 5] = 0
    turbo = make_params(kernel="turbo")
    assert (combine([torn], turbo).wht == combine([masked], turbo).wht).all()


def test_fillval_fills_what_no_weight_reached() -> None:
    """Output pixels without weight get fillval, or NaN, in science and 0 elsewhere."""
    product = combine([make_exposure()], make_params(fillval=-7.0))
    empty = product.wht == 0
    assert empty.any()
    assert (product.sci[empty] == -7).all()
    assert (product.variance[0][empty] == 0).all()
    assert (product.ctx[0][empty] == 0).all()


def test_context_goes_beyond_one_plane() -> None:
    """The 32nd exposure sets the sign bit, the 33rd the first bit of the second plane."""
    exposures = [make_exposure(seed=k) for k in range(34)]
    exposures[30] = make_exposure(seed=99, weight_map=np.zeros((12, 10), dtype=np.float32))
    product = combine(exposures, make_params())
    assert product.ctx.shape == (2, 32, 28)
    covered = product.wht > 0
    bits = product.ctx.view(np.uint32)
    assert (bits[0][covered] == 0xFFFFFFFF & ~(1 << 30)).all()
    assert (bits[1][covered] == 3).all()
    assert (bits[:, ~covered] == 0).all()


def test_the_core_gives_the_float32_form_of_the_same() -> None:
    """`load()` satisfies the protocol, and its product has the model's types."""
    core = load()
    assert isinstance(core, DrizzleCore)
    assert core.capabilities.variance
    exposures = [make_exposure()]
    before = exposures[0].data.copy(), exposures[0].pixmap.copy()
    product = core.drizzle(exposures, make_params())
    exact = combine(exposures, make_params())
    assert product.sci.dtype == product.wht.dtype == product.variance[0].dtype == np.float32
    assert np.array_equal(product.sci, exact.sci.astype(np.float32), equal_nan=True)
    assert product.ctx.dtype == np.int32
    assert product.dq.dtype == np.uint32
    assert (exposures[0].data == before[0]).all()
    assert (exposures[0].pixmap == before[1]).all()


def test_weights_too_small_for_float32_are_none() -> None:
    """The wings of a narrow Gaussian: weight, science, count and context end at one place."""
    params = make_params(kernel="gaussian", pixfrac=0.08)
    exact, product = combine([make_exposure()], params), load().drizzle([make_exposure()], params)
    weighty = product.wht > 0
    assert 50 < weighty.sum() < 600
    assert (np.isfinite(product.sci) == weighty).all()
    assert ((exact.contributions > 0) == weighty).all()
    assert ((product.ctx[0] != 0) == weighty).all()
    assert exact.wht[weighty].min() < 1e-35


def test_optional_images_may_be_absent() -> None:
    """Without DQ or variance there is none in the product; one variance image too few drops it."""
    bare = make_exposure(dq=None, variance=())
    product = combine([bare, make_exposure(seed=2)], make_params())
    assert product.variance == ()
    assert product.dq is not None
    assert combine([bare], make_params()).dq is None


@pytest.mark.parametrize(
    ("fields", "settings", "error", "message"),
    [
        ({"pixmap": None}, {}, CoreError, "no pixmap"),
        ({"pixmap": np.zeros((3, 3, 2))}, {}, CoreError, "disagree"),
        ({"in_units": "counts", "exptime": 0.0}, {}, CoreError, "exposure time 0.0"),
        ({}, {"kernel": "tophat"}, UnsupportedCaseError, "kernel 'tophat'"),
    ],
)
def test_unusable_input_is_named(
    fields: dict, settings: dict, error: type[Exception], message: str
) -> None:
    """What cannot be drizzled is refused with what was found."""
    with pytest.raises(error, match=message):
        combine([make_exposure(**fields)], make_params(**settings))


def test_no_exposures_are_refused() -> None:
    """An empty list has no product."""
    with pytest.raises(CoreError, match="no exposures"):
        combine([], make_params())


@pytest.mark.parametrize("jump", [5000.0, 1e300])
def test_torn_pixmaps_are_refused(jump: float) -> None:
    """A jump in the pixmap would smear one pixel over the whole output."""
    exposure = make_exposure()
    exposure.pixmap[:, 5:] += [jump, 0.0]
    with pytest.raises(CoreError, match=r"a drop spans [\de+.]+ output pixels"):
        combine([exposure], make_params())
