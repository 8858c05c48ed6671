"""Each metric alone, on products as large as frames of the profile make at half the scale.

The product is a piece of what the oracle makes of a small workload, laid side by side until it is
large enough: its holes, weights and flags are real, and it costs nothing to make. A metric gets
what its parameters are named after; see `make_inputs`.
"""

import functools
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import harness.metrics
from harness.content import content_key
from harness.cores.oracle import OracleCore, combine
from harness.metrics.photometry import sum_apertures
from harness.metrics.stars import fit_stars
from harness.model import DrizzledProduct, Measurement
from harness.timing.pace import find_pace
from harness.timing.workload import Workload, prepare

PIECE = Workload(kernel="square", pixfrac=0.3, size=160, frames=2, planes=True)
"""Two exposures leave holes between their drops, so that holes are there to be counted."""
MARGIN = 48
"""Output pixels left out along the sides of the piece, where only one exposure reaches."""
PRODUCT_PER_FRAME = 2
"""Output pixels per input pixel along a side, at half the native scale."""
STAR_COUNT = 40
"""As many as the gate fits."""
STAR_FWHM = 2.5
"""Output pixels; about what F160W has at half the native scale."""
STEPS = {"fit_stars": fit_stars, "sum_apertures": sum_apertures}
"""What the metrics of stars rest on, and where their time goes."""


def find_metrics():
    """Return every function `measure_*` of `harness.metrics`, and `STEPS`, by name."""
    found = dict(STEPS)
    for module in pkgutil.iter_modules(harness.metrics.__path__, "harness.metrics."):
        for name, member in vars(importlib.import_module(module.name)).items():
            if name.startswith("measure_") and inspect.isfunction(member):
                found[name] = member
    return dict(sorted(found.items()))


def pytest_generate_tests(metafunc):
    """Make one benchmark for each metric and product size."""
    pace = find_pace(metafunc.config.getoption("--profile"))
    metafunc.parametrize(
        ("metric", "size"),
        [
            pytest.param(metric, size, id=f"{name.removeprefix('measure_')}-{size}")
            for size in sorted({pace.large, pace.largest})
            for name, metric in find_metrics().items()
        ],
    )


@functools.lru_cache(maxsize=1)
def make_inputs(size):
    """Return what metrics are given, by parameter name, for frames of some size.

    What one metric understands otherwise than the others stands under the name of the metric. A
    parameter without an input is a TypeError of the metric: add the input here.
    """
    exposures, params = prepare(PIECE)
    product, truth = OracleCore().drizzle(exposures, params), combine(exposures, params)
    side = PRODUCT_PER_FRAME * size

    def spread(image):
        piece = image[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        copies = [1] * (image.ndim - 2) + [-(-side // length) for length in piece.shape[-2:]]
        return np.ascontiguousarray(np.tile(piece, copies)[..., :side, :side])

    mask = np.zeros((side, side), dtype=bool)
    mask[8:-8, 8:-8] = True
    spread_product = DrizzledProduct(
        sci=spread(product.sci), wht=spread(product.wht), grid=product.grid
    )
    keys = {exposure.name: content_key(exposure.data) for exposure in exposures}
    return {
        "sci": spread(product.sci),
        "wht": spread(product.wht),
        "ctx": spread(product.ctx),
        "dq": spread(product.dq),
        "variance": spread(product.variance[0]),
        "expected_sci": spread(truth.sci),
        "expected_wht": spread(truth.wht),
        "expected_ctx": spread(truth.ctx),
        "expected_dq": spread(truth.dq),
        "expected_variance": spread(truth.variance[0]),
        "contributions": spread(truth.contributions),
        "ambiguous": np.zeros((side, side), dtype=bool),
        "mask": mask,
        "footprint": np.ones((side, side), dtype=bool),
        "region": "timed",
        "kernel": PIECE.kernel,
        "fillval": None,
        "before": keys,
        "after": keys,
        "metric": "integrity.repeat",
        "product": spread_product,
        "again": spread_product,
        "given": float(sum(exposure.weight_map.sum() for exposure in exposures)),
        **make_stars(side),
    }


def make_stars(side):
    """Return a field of Gaussian stars on noise, and what metrics of stars are given."""
    generator = np.random.default_rng(side)
    sky = generator.standard_normal((side, side), dtype=np.float32) * np.float32(0.01)
    per_row = int(np.ceil(STAR_COUNT**0.5))
    spacing = side / per_row
    row, column = np.divmod(np.arange(STAR_COUNT), per_row)
    phase = generator.random((2, STAR_COUNT))
    x, y = (column + 0.5) * spacing + phase[0], (row + 0.5) * spacing + phase[1]
    sci = sky.copy()
    reach = int(4 * STAR_FWHM)
    for at_x, at_y in zip(x, y, strict=True):
        x0, y0 = int(at_x) - reach, int(at_y) - reach
        v, u = np.mgrid[y0 : y0 + 2 * reach + 1, x0 : x0 + 2 * reach + 1]
        squares = ((u - at_x) ** 2 + (v - at_y) ** 2) / STAR_FWHM**2
        sci[y0 : y0 + 2 * reach + 1, x0 : x0 + 2 * reach + 1] += np.exp(-4 * np.log(2) * squares)
    fits = fit_stars(sci, x, y, fwhm=STAR_FWHM)
    sums = sum_apertures(sci, x, y, radius=1.5 * STAR_FWHM)
    return {
        "x": x,
        "y": y,
        "fwhm": STAR_FWHM,
        "radius": 1.5 * STAR_FWHM,
        "pixel_scale": 0.065,
        "fits": fits,
        "sums": sums,
        "truth": np.ones(STAR_COUNT),
        "block": 8,
        "fit_stars": {"sci": sci},
        "sum_apertures": {"sci": sci},
        "measure_psf": {"expected": fits},
        "measure_offset": {"expected": fits, "truth": (x, y)},
        "measure_scatter": {"expected": fits, "truth": (x, y)},
        "measure_flux_ratio": {"expected": sums},
        "measure_aperture_scatter": {"expected": sums},
        "measure_background": {"sci": sky, "unit": "electron/s"},
        "measure_noise_correlation": {"sci": sky},
    }


@pytest.mark.scale
def test_metric(benchmark, timed, metric, size):
    """Time one metric, and keep what it measured."""
    inputs = make_inputs(size)
    inputs = inputs | inputs.get(metric.__name__, {})
    named = inspect.signature(metric).parameters
    given = {name: inputs[name] for name in named if name in inputs}
    measured = timed(
        lambda: metric(**given),
        group=f"metric {size}",
        input_pixels=(PRODUCT_PER_FRAME * size) ** 2,
        info={"metric": metric.__name__, "product_side": PRODUCT_PER_FRAME * size},
        scale=("pixels along a side of a product", PRODUCT_PER_FRAME * size, metric.__name__),
    )
    measured = measured if isinstance(measured, tuple) else (measured,)
    benchmark.extra_info["value"] = {
        one.metric: one.value for one in measured if isinstance(one, Measurement)
    }
