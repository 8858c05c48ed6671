"""One case on one core: drizzle, drizzle exactly, measure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.cores.call import run_core
from harness.cores.capability import capabilities_of
from harness.cores.oracle_sums import OracleProduct
from harness.cores.protocol import DrizzleCore
from harness.cores.registry import load_core
from harness.errors import CoreError, MetricError
from harness.exposure_stream import change_each
from harness.gates.subject import Subject
from harness.model import Capabilities, DrizzledProduct, Measurement
from harness.trials.again import AGAIN, repeat_run
from harness.trials.case import Case
from harness.trials.exposures import CaseExposures, FrameAccess, exposures_of, filed_exposures_of
from harness.trials.facts import facts_of
from harness.trials.measure import measure_product, measure_run
from harness.trials.measured import measure_once
from harness.trials.sky_noise import measure_noise
from harness.trials.stars import measure_stars
from harness.trials.truth import find_ambiguous, find_truth, params_of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """What one core made of one case.

    Attributes
    ----------
    case : Case
    subject : harness.gates.subject.Subject
        Facts for specifications.
    product : DrizzledProduct
    measurements : tuple of Measurement
    """

    case: Case
    subject: Subject
    product: DrizzledProduct
    measurements: tuple[Measurement, ...]


def subject_of(core: DrizzleCore, case: Case) -> Subject:
    """Return the facts of a case on a core that decide which specifications apply.

    Parameters
    ----------
    core : DrizzleCore
        Its capabilities are asked.
    case : Case
        Its source is looked up.

    Raises
    ------
    HarnessError
        If there is no such source or the core's capabilities are malformed.
    """
    facts = facts_of(case.source, case.subset)
    return Subject(
        core=core.name,
        core_version=core.version,
        capabilities=capabilities_of(core),
        case=case.id,
        kernel=case.kernel,
        pixfrac=case.pixfrac,
        scale=case.scale,
        weighting=case.weighting,
        pixels=facts.pixels,
        noise="noisy" if facts.noisy else "noise-free",
        dithered=facts.dithered,
        tags=facts.tags | ({AGAIN} if case.again else frozenset()),
    )


def run_trial(
    core: DrizzleCore,
    case: Case,
    *,
    frames_dir: Path | None = None,
    remote: bool = False,
    around: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Trial:
    """Drizzle a case with a core and measure the product.

    Parameters
    ----------
    core : DrizzleCore
        The core under test.
    case : Case
        What to drizzle.
    frames_dir, remote : optional
        Where real frames may come from.
    around : callable, optional
        Returns the context in which the core runs.

    Returns
    -------
    Trial

    Raises
    ------
    UnsupportedCaseError
        If the core excludes the case.
    CoreError
        If the core fails, or returns no product.
    MetricError
        If the oracle fails, or the product cannot be measured.
    HarnessError
        If exposures cannot be had.
    """
    access = FrameAccess(folder=frames_dir, remote=remote)
    subject = subject_of(core, case)
    able = subject.capabilities
    # The truth of the case before is as large as three products; nobody asks for it again.
    find_truth.make_room(case, access)
    find_ambiguous.make_room(case, access)
    ready = (filed_exposures_of if able.files else exposures_of)(case, access)
    with around():
        product = run_core(core, ready.exposures, params_of(case, ready))

    def measure() -> tuple[Measurement, ...]:
        return measure_pixels(product, ready, case, access, able)

    # What a twin makes, and products of other cores, are no part of the key.
    apart = bool(able.files and able.twin) or bool(ready.sky.references)
    measurements = measure() if apart else measure_once(product, case, access, able, measure)
    measurements += measure_run(product, ready)
    if case.again:
        params, exact = params_of(case, ready), find_truth(case, access).product
        with around():
            measurements += repeat_run(core, ready.exposures, params, product, exact)
    return Trial(case=case, subject=subject, product=product, measurements=measurements)


def measure_pixels(
    product: DrizzledProduct,
    ready: CaseExposures,
    case: Case,
    access: FrameAccess,
    able: Capabilities,
) -> tuple[Measurement, ...]:
    """Compare the pixels of a product with the truth.

    Parameters
    ----------
    product : DrizzledProduct
        Of the core.
    ready : CaseExposures
        The exposures that it was given.
    case : Case
        Of the trial.
    access : FrameAccess
        Where frames come from.
    able : Capabilities
        Of the core.

    Returns
    -------
    tuple of Measurement
        In no order.

    Raises
    ------
    MetricError
        If the oracle fails, or the product cannot be measured.
    UsageError
        If the core names a twin that there is not.
    """
    try:
        truth = find_truth(case, access)
        exact = truth.product
        if able.files and able.twin:
            exact = follow_twin(exact, load_core(able.twin), case, ready, product)
        ambiguous = find_ambiguous(case, access) if able.context or able.dq else None
    except CoreError as error:
        # The core under test is not to blame.
        raise MetricError(f"there is no truth to compare with: {error}", where=case.id) from error
    measurements = measure_product(product, truth, exact, ready, case, able, ambiguous)
    if truth.expected.stars is not None:
        measurements += tuple(measure_stars(product, truth.expected.stars))
    if truth.noise is not None:
        measurements += measure_noise(product, truth.noise)
    return measurements


def follow_twin(
    truth: OracleProduct,
    twin: DrizzleCore,
    case: Case,
    ready: CaseExposures,
    product: DrizzledProduct,
) -> OracleProduct:
    """Return the truth for a core that reads files: what its twin makes of the arrays in them.

    Such a core computes positions in its own way, coarser than the pixmaps that the oracle gets.
    Kernel sizes follow the input scale that it tells it has used.

    Parameters
    ----------
    truth : OracleProduct
        What the oracle makes of the case.
    twin : DrizzleCore
        See `Capabilities.twin`.
    case : Case
        Of the trial.
    ready : CaseExposures
        The exposures that are in the files.
    product : DrizzledProduct
        Of the core; its provenance may tell `input_scales`, arcsec.

    Returns
    -------
    OracleProduct
        `truth` with science, weight and context of the twin.

    Raises
    ------
    HarnessError
        As `harness.cores.call.run_core`.
    """
    scales = product.provenance.get("input_scales")
    exposures = ready.exposures
    if scales is not None:
        of_chip = {
            (one.name, one.chip): scale for one, scale in zip(exposures, scales, strict=True)
        }
        exposures = change_each(
            exposures,
            lambda one: dataclasses.replace(one, pixel_scale=of_chip[one.name, one.chip]),
        )
    told = run_core(twin, exposures, params_of(case, ready))
    return dataclasses.replace(
        truth,
        sci=told.sci.astype(np.float64),
        wht=told.wht.astype(np.float64),
        ctx=truth.ctx if told.ctx is None else told.ctx,
    )
