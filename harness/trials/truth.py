"""What is true of a case, the same for every core: the oracle's product, regions, expectations.

It costs more than the core does, so it is kept: the last one in memory, and all of them from run to
run in a folder that the user names (`harness.trials.kept`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_sums import OracleProduct
from harness.geometry import region_mask
from harness.metrics.coverage import find_holes
from harness.metrics.selection import peak_in
from harness.metrics.weight import find_spreads
from harness.model import FOOTPRINT, FULL_COVERAGE, DrizzleParams, Region
from harness.trials.case import Case
from harness.trials.expectation import Expectation
from harness.trials.exposures import CaseExposures, FrameAccess, exposures_of, prepare_exposures
from harness.trials.facts import facts_of
from harness.trials.inputs import InputTotals, total_inputs
from harness.trials.kept import combine_once, contest_once, expect_once
from harness.trials.latest import keep_latest
from harness.trials.sky_noise import NoiseExpectation, expect_noise
from harness.trials.stars import StarExpectation, expect_stars, find_stars

EDGE = 1e-6
"""Relative change of pixfrac that tells a sliver from a contribution: ten float32 roundoffs. Where
it changes who contributes, roundoff may too, and context and DQ are not judged."""
Masks = dict[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Truth:
    """What the oracle says of a case, the same for every core.

    Attributes
    ----------
    product : OracleProduct
        Of the same exposures.
    masks : dict of str to ndarray
        Region name to (ny, nx) bool.
    inputs : InputTotals
    expected : Expectation
    noise : NoiseExpectation or None
        For scenes of blank sky with noise.
    """

    product: OracleProduct
    masks: Masks
    inputs: InputTotals
    expected: Expectation
    noise: NoiseExpectation | None


def params_of(case: Case, ready: CaseExposures) -> DrizzleParams:
    """Return the parameters with which a case is drizzled."""
    return DrizzleParams(
        kernel=case.kernel,
        pixfrac=case.pixfrac,
        grid=ready.grid,
        weighting=case.weighting,
        # Cores that read files mask by DQ themselves, with the bits that the reader took as good.
        bits=int(ready.exposures[0].origin.get("bits", "0")),
    )


@keep_latest
def find_truth(case: Case, access: FrameAccess) -> Truth:
    """Drizzle a case exactly and select its regions."""
    ready = exposures_of(case, access)
    params = params_of(case, ready)
    product = combine_once(case, access, params, quiet=False)
    masks, inputs = find_regions(case.source, case.subset, case.scale, case.weighting, access)
    covered = masks[FULL_COVERAGE.name]
    facts = facts_of(case.source, case.subset)
    blank = facts.noisy and "blank" in facts.tags

    def measure() -> Expectation:
        quiet = product
        if ready.quiet is not None and "isolated" in facts.tags:
            quiet = combine_once(case, access, params, quiet=True)
        return Expectation(
            weight_max=peak_in(product.wht, masks["output"]),
            holes=find_holes(product.wht, covered),
            spreads=find_spreads(product.wht, covered),
            stars=_expect_stars(ready, quiet, covered, case),
        )

    return Truth(
        product=product,
        masks=masks,
        inputs=inputs,
        expected=expect_once(case, access, params, measure),
        noise=expect_noise(ready, params, covered) if blank else None,
    )


@keep_latest
def find_regions(
    source: str, subset: int, scale: float, weighting: str, access: FrameAccess
) -> tuple[Masks, InputTotals]:
    """Select the regions of exposures on an output grid, the same for all kernels and pixfracs."""
    ready = prepare_exposures(source, subset, scale, weighting, access)
    masks = {
        region.name: region_mask(region, ready.grid, ready.exposures)
        for region in (FULL_COVERAGE, FOOTPRINT, whole_output(ready))
    }
    return masks, total_inputs(ready.exposures)


@keep_latest
def find_ambiguous(case: Case, access: FrameAccess) -> npt.NDArray[np.bool_]:
    """Select the output pixels on whose contributors float32 roundoff decides.

    Parameters
    ----------
    case : Case
        Exposures and parameters.
    access : FrameAccess
        Where frames come from.

    Returns
    -------
    ndarray, (ny, nx), bool
        True where it does.
    """
    params = params_of(case, exposures_of(case, access))
    return contest_once(case, access, params, edge=EDGE)


def _expect_stars(
    ready: CaseExposures, quiet: OracleProduct, covered: npt.NDArray[np.bool_], case: Case
) -> StarExpectation | None:
    facts = facts_of(case.source, case.subset)
    if "isolated" in facts.tags:
        return expect_stars(ready, quiet, covered, case)
    return find_stars(ready, quiet, covered, most=facts.stars) if facts.stars else None


def whole_output(ready: CaseExposures) -> Region:
    """Return the region of all output pixels."""
    ny, nx = ready.grid.shape
    return Region(name="output", kind="pixel_box", box=(0, ny, 0, nx))
