"""What stands between the user and the C code: the adapter, and the checked call.

Layers, each timed on the same workload: "c" is the compiled function alone with the arrays that
it needs, "adapter" is `core.drizzle`, "run_core" the call with its checks, "unchecked" the same
without the comparison of the inputs. "c-own-mapping" is cdriz with the mapping that it makes from
the WCS itself, as under AstroDrizzle, where no Python runs between the rows.

A ratio of two benchmarks says little on a shared machine. `extra_info["over_c"]` holds the ratio
of each layer to "c" from pairs of calls in random order, with its 95 % interval.
"""

import dataclasses
import importlib

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.timing.pace import choose_rounds, find_pace
from harness.timing.paired import compare_times
from harness.timing.selection import pair_up, select_cores
from harness.timing.workload import Workload, prepare

KERNELS = ("square", "point")
"""The usual kernel, and the cheapest, beside which everything else weighs most."""
CONTEXT_BITS = 32
PIXFRAC = 0.8


def call_cdrizzle(exposures, params):
    """Return the bare call of the `drizzle` package."""
    tdriz = importlib.import_module("drizzle.cdrizzle").tdriz

    def call():
        sci, wht, ctx = allocate(exposures, params)
        for number, exposure in enumerate(exposures):
            ny, nx = exposure.data.shape
            tdriz(
                input=exposure.data,
                weights=exposure.weight_map,
                pixmap=exposure.pixmap,
                output=sci,
                counts=wht,
                context=ctx[number // CONTEXT_BITS],
                input2=None,
                output2=None,
                dq=None,
                outdq=None,
                uniqid=number % CONTEXT_BITS + 1,
                xmin=0,
                xmax=nx - 1,
                ymin=0,
                ymax=ny - 1,
                iscale=1.0,
                pscale_ratio=params.grid.pixel_scale / exposure.pixel_scale,
                pixfrac=params.pixfrac,
                kernel=params.kernel,
                in_units="cps",
                expscale=1.0,
                wtscale=1.0,
                fillstr="NaN",
                fillstr2="NaN",
            )
        return {"sci": sci, "wht": wht, "ctx": ctx}

    return call


def call_cdriz(exposures, params):
    """Return the bare call of drizzlepac, with the rows of the pixmap at hand."""
    from harness.cores.drizzlepac import PixmapMapping

    mappings = [PixmapMapping(exposure.pixmap).forward for exposure in exposures]
    return cdriz_with(lambda number: mappings[number], exposures, params)


def call_cdriz_by_wcs(exposures, params):
    """Return the bare call of drizzlepac that maps by WCS, in C throughout."""
    cdriz = importlib.import_module("drizzlepac.cdriz")
    stepsize = importlib.import_module("harness.cores.drizzlepac").STEPSIZE

    def map_by_wcs(number):
        ny, nx = exposures[number].data.shape
        return cdriz.DefaultWCSMapping(exposures[number].wcs, params.grid.wcs, nx, ny, stepsize)

    return cdriz_with(map_by_wcs, exposures, params)


def cdriz_with(mapping_of, exposures, params):
    """Return the bare call of drizzlepac with some mapping."""
    tdriz = importlib.import_module("drizzlepac.cdriz").tdriz

    def call():
        sci, wht, ctx = allocate(exposures, params)
        for number, exposure in enumerate(exposures):
            tdriz(
                exposure.data,
                exposure.weight_map,
                sci,
                wht,
                ctx[number // CONTEXT_BITS],
                number + 1,
                0,
                1,
                1,
                exposure.data.shape[0],
                params.grid.pixel_scale / exposure.pixel_scale,
                1.0,
                1.0,
                "center",
                params.pixfrac,
                params.kernel,
                "cps",
                1.0,
                1.0,
                "INDEF",
                0,
                0,
                1,
                mapping_of(number),
            )
        return {"sci": sci, "wht": wht, "ctx": ctx}

    return call


def allocate(exposures, params):
    """Return the empty output images."""
    shape = params.grid.shape
    planes = (len(exposures) - 1) // CONTEXT_BITS + 1
    return (
        np.full(shape, np.nan, dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        np.zeros((planes, *shape), dtype=np.int32),
    )


FLOORS = {
    "drizzle": {"c": call_cdrizzle},
    "drizzlepac": {"c": call_cdriz, "c-own-mapping": call_cdriz_by_wcs},
}
"""The compiled functions behind the cores whose adapters are ours."""
LAYERS = {
    "adapter": lambda core, exposures, params: lambda: core.drizzle(exposures, params),
    "run_core": lambda core, exposures, params: lambda: run_core(core, exposures, params),
    "unchecked": lambda core, exposures, params: (
        lambda: run_core(core, exposures, params, check_inputs=False)
    ),
}


def pytest_generate_tests(metafunc):
    """Make one benchmark for each core, layer and workload."""
    size = find_pace(metafunc.config.getoption("--profile")).large
    cores = select_cores(tuple(metafunc.config.getoption("--core")))
    workloads = [Workload(kernel=kernel, pixfrac=PIXFRAC, size=size) for kernel in KERNELS]
    metafunc.parametrize(
        ("core", "layer", "workload"),
        [
            pytest.param(core, layer, workload, id=f"{core.name}-{layer}-{workload.id}")
            for core, workload in pair_up(cores, workloads)
            for layer in (*FLOORS.get(core.name, {}), *LAYERS)
        ],
    )


def test_overhead(benchmark, timed, pace, core, layer, workload):
    """Time one layer, and its ratio to the compiled function."""
    exposures, params = prepare(workload)
    floors = FLOORS.get(core.name, {})

    def call_of(name):
        if name in LAYERS:
            return LAYERS[name](core, exposures, params)
        return floors[name](exposures, params)

    info = {"core": core.name, "version": core.version, "layer": layer}
    timed(
        call_of(layer),
        group=f"overhead {core.name} {workload.id}",
        input_pixels=workload.pixels,
        info={**info, **dataclasses.asdict(workload)},
    )
    if layer == "c" or "c" not in floors or benchmark.disabled:
        return
    pairs = choose_rounds(benchmark.stats.stats.median, pace, fewest=pace.pairs)
    ratio = compare_times(call_of("c"), call_of(layer), pairs=pairs)
    benchmark.extra_info["over_c"] = dataclasses.asdict(ratio)
    made, floor = (np.asarray(wht_of(call_of(name)())) for name in (layer, "c"))
    benchmark.extra_info["same_weight"] = bool(np.array_equal(made, floor))


def wht_of(product):
    """Return the weight map of a product in either form."""
    return product["wht"] if isinstance(product, dict) else product.wht
