"""What the oracle has said of a case, kept from run to run in a folder that the user names.

The key of a result holds everything that it follows from: the scene with its detector and dither,
or the pixels of the frames; parameters; and what `harness.trials.once` adds.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.content import content_key
from harness.cores.oracle import combine
from harness.cores.oracle_contested import find_contested
from harness.cores.oracle_sums import OracleProduct
from harness.exposure_arrays import arrays_of
from harness.metrics.coverage import Holes
from harness.metrics.stars import StarFits
from harness.metrics.weight import Spread
from harness.model import DrizzleParams, OutputGrid
from harness.scenes import load_scene
from harness.trials.case import Case
from harness.trials.expectation import Expectation
from harness.trials.exposures import FrameAccess, exposures_of, key_of_scene, prepare_exposures
from harness.trials.facts import SCENE, split_source
from harness.trials.once import Arrays, make_once, truths_folder
from harness.trials.stars import StarExpectation, StarTruth

TRUTH_FIELDS = ("x", "y", "flux")
FIT_FIELDS = ("x", "y", "x_fwhm", "y_fwhm", "good")


def combine_once(
    case: Case, access: FrameAccess, params: DrizzleParams, *, quiet: bool
) -> OracleProduct:
    """Drizzle a case exactly, or return what was kept of it.

    Parameters
    ----------
    case : Case
    access : FrameAccess
    params : DrizzleParams
    quiet : bool
        Without noise.
    """

    def make() -> OracleProduct:
        ready = exposures_of(case, access)
        return combine((ready.quiet if quiet else None) or ready.exposures, params)

    return make_once(
        ("combine", recipe_of(case, access), quiet, content_of(params)),
        make,
        _product_arrays,
        functools.partial(_product_from, grid=params.grid),
    )


def contest_once(
    case: Case, access: FrameAccess, params: DrizzleParams, *, edge: float
) -> npt.NDArray[np.bool_]:
    """Find the contested pixels of a case, or return what was kept of them.

    Returns
    -------
    ndarray, (ny, nx), bool
        See `harness.cores.oracle_contested.find_contested`.
    """
    return make_once(
        ("contest", recipe_of(case, access), edge, content_of(params)),
        lambda: find_contested(exposures_of(case, access).exposures, params, edge=edge),
        lambda found: {"contested": found},
        lambda arrays: arrays["contested"],
    )


def expect_once(
    case: Case,
    access: FrameAccess,
    params: DrizzleParams,
    make: Callable[[], Expectation],
) -> Expectation:
    """Measure the truth of a case, or return what was kept of that."""
    key = ("measure", recipe_of(case, access), case.id, content_of(params))
    return make_once(key, make, _measured_arrays, _measured_from)


def recipe_of(case: Case, access: FrameAccess) -> Any:
    """Name what the exposures of a case follow from; None where nothing is kept anyway."""
    if truths_folder() is None:
        return None
    kind, name = split_source(case.source)
    shared = (case.source, case.subset, case.scale, case.weighting)
    return *shared, _key_of_scene(name) if kind == SCENE else _pixels_of(*shared, access)


@functools.lru_cache(maxsize=8)
def _key_of_scene(name: str) -> str:
    return key_of_scene(load_scene(name))


@functools.lru_cache(maxsize=2)
def _pixels_of(source: str, subset: int, scale: float, weighting: str, access: FrameAccess) -> str:
    """Name real frames by their pixels."""
    ready = prepare_exposures(source, subset, scale, weighting, access)
    return content_key(
        [
            (one.name, one.chip, one.exptime, one.in_units, one.pixel_scale, arrays_of(one))
            for one in ready.exposures
        ]
    )


def content_of(params: DrizzleParams) -> tuple[Any, ...]:
    """Return what a truth follows from, of the parameters."""
    grid = params.grid
    return params.kernel, params.pixfrac, params.fillval, grid.shape, grid.pixel_scale, grid.wcs


def _product_arrays(product: OracleProduct) -> Arrays:
    arrays: dict[str, npt.NDArray[Any]] = {
        name: getattr(product, name) for name in ("sci", "wht", "contributions", "ctx")
    }
    arrays |= {f"variance{plane}": image for plane, image in enumerate(product.variance)}
    return arrays if product.dq is None else {**arrays, "dq": product.dq}


def _product_from(arrays: Arrays, *, grid: OutputGrid) -> OracleProduct:
    planes = sum(name.startswith("variance") for name in arrays)
    return OracleProduct(
        sci=arrays["sci"],
        wht=arrays["wht"],
        contributions=arrays["contributions"],
        ctx=arrays["ctx"],
        variance=tuple(arrays[f"variance{plane}"] for plane in range(planes)),
        dq=arrays.get("dq"),
        grid=grid,
    )


def _measured_arrays(measured: Expectation) -> Arrays:
    stars = measured.stars
    spreads = [dataclasses.astuple(one) for one in measured.spreads]
    arrays: dict[str, npt.NDArray[Any]] = {
        "weight_max": np.array(measured.weight_max),
        "holes": np.array(dataclasses.astuple(measured.holes)),
        "spreads": np.array(spreads, dtype=np.float64),
    }
    if stars is None:
        return arrays
    arrays |= {
        "stars": np.array([stars.x, stars.y, stars.sums]),
        "of_stars": np.array([stars.fwhm, stars.sky, stars.fewest]),
        "fits": np.array([getattr(stars.fits, name) for name in FIT_FIELDS], dtype=np.float64),
        "region": np.array(stars.region),
    }
    if stars.truth is not None:
        truth = [getattr(stars.truth, name) for name in TRUTH_FIELDS]
        arrays |= {"truth": np.array(truth), "of_truth": np.array(stars.truth.fwhm)}
    return arrays


def _names_of(kind: type[Holes | Spread]) -> list[str]:
    return [one.name for one in dataclasses.fields(kind)]


def _measured_from(arrays: Arrays) -> Expectation:
    counts = zip(_names_of(Holes), map(int, arrays["holes"]), strict=True)
    holes = Holes(**dict(counts))
    first, second = (
        Spread(size=int(size), **dict(zip(_names_of(Spread)[1:], map(float, rest), strict=True)))
        for size, *rest in arrays["spreads"]
    )
    stars = _stars_from(arrays) if "stars" in arrays else None
    return Expectation(
        weight_max=float(arrays["weight_max"]), holes=holes, spreads=(first, second), stars=stars
    )


def _stars_from(arrays: Arrays) -> StarExpectation:
    x, y, sums = np.array(arrays["stars"])
    fwhm, sky, fewest = arrays["of_stars"]
    *fitted, good = np.array(arrays["fits"])
    truth = None
    if "truth" in arrays:
        by_name = dict(zip(TRUTH_FIELDS, np.array(arrays["truth"]), strict=True))
        truth = StarTruth(**by_name, fwhm=float(arrays["of_truth"]))
    return StarExpectation(
        region=str(arrays["region"]),
        x=x,
        y=y,
        fwhm=float(fwhm),
        sky=float(sky),
        fits=StarFits(**dict(zip(FIT_FIELDS, [*fitted, good > 0], strict=True))),
        sums=sums,
        fewest=int(fewest),
        truth=truth,
    )
